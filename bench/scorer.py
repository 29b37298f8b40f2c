"""The local scorer: time for one essay, beside counting its words."""

import time

from bench.figures import Figure, median_seconds
from conftest import LETTER, PROMPT
from grading.enums import Task
from grading.nlp.local_scorer import load_model, score_response

# An answer may take this long at most, since it is computed between calls of the event loop.
LIMIT_SECONDS = 0.030
# A worker loads it once, before its first grade.
LOADING_LIMIT = 0.5


def measure() -> list[Figure]:
    """Seconds to score a text of about 350 words, against the limit."""
    load_model.cache_clear()
    started = time.perf_counter()
    load_model()
    loading = time.perf_counter() - started
    essay = " ".join([LETTER, LETTER.replace("beach", "market")])

    def score() -> object:
        return score_response(essay, task=Task.WRITING_TASK_2, prompt=PROMPT, min_words=250)

    return [
        Figure("loading the local scorer", loading * 1000, "ms", "limit", LOADING_LIMIT * 1000),
        Figure(
            "local scorer", median_seconds(score, 20) * 1000, "ms", "limit", LIMIT_SECONDS * 1000
        ),
    ]
