"""Task fulfilment from checkable facts: length, relation to the prompt, copying, form.

Facts cannot tell whether an idea convinces, so the score begins in the middle of the scale and
ends at 8; every step is the product's own and to be refitted on the site's ratings.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from grading.enums import Task
from grading.nlp.facts import Facts, topic_words
from grading.nlp.language_caps import own_words
from grading.nlp.text import composed, count_words, paragraphs_of
from grading.scoring.length import underlength_cap

BASE = Decimal("4.5")
LENGTH_MET = Decimal(1)
LENGTH_WELL_MET = Decimal("1.5")
WELL_MET_SHARE = 1.15
TOPIC_FULL = Decimal(1)
FORM_FULL = Decimal(1)
# Taking up this share of the prompt's topic words counts in full.
TOPIC_SHARE = 0.5
# Too few topic words in a prompt to say that a response missed them.
FEWEST_TOPIC_WORDS = 4
OFF_TOPIC_SHARE = 0.1
OFF_TOPIC_CAP = Decimal(3)
# The share from which a response counts as copied, as for the flag of the same name.
COPIED_SHARE = 0.4
COPIED_CAP = Decimal(3)
COPIED_PARTLY_SHARE = 0.15
COPIED_PARTLY_CAP = Decimal(5)
PARAGRAPH_WORDS = 20

GREETING = re.compile(
    r"\b(?:dear|hi|hello|hey|to whom it may concern|good (?:morning|day))\b", re.I
)
CLOSING = re.compile(
    r"\b(?:yours|sincerely|faithfully|regards|best wishes|all the best|love|cheers|see you|"
    r"take care|write (?:back|soon)|looking forward|look forward|hear from you|thank you|thanks|"
    r"lots of love|your friend|warmly|respectfully)\b",
    re.I,
)


@dataclass(frozen=True)
class Judgement:
    """A score of 0-10 and the facts it stands on."""

    score: Decimal
    reasons: tuple[str, ...]


Part = tuple[Decimal, str]


def _length(words: int, min_words: int) -> Part:
    if words >= min_words * WELL_MET_SHARE:
        return LENGTH_WELL_MET, f"{words} words, well over the {min_words} asked for."
    if words >= min_words:
        return LENGTH_MET, f"{words} words, {min_words} asked for."
    return Decimal(0), f"{words} words, fewer than the {min_words} asked for."


def _topic(facts: Facts, prompt: str) -> Part:
    if not topic_words(prompt):
        return TOPIC_FULL / 2, "No prompt to compare with: the topic was not checked."
    share = min(facts.prompt_overlap / TOPIC_SHARE, 1.0)
    reason = f"{facts.prompt_overlap:.0%} of the prompt's topic words are taken up."
    return TOPIC_FULL * Decimal(str(round(share, 2))), reason


def _letter_form(text: str) -> Part:
    lines = paragraphs_of(text)
    opens = bool(GREETING.search(" ".join(lines[:2])[:120]))
    closes = bool(CLOSING.search(" ".join(lines[-3:])[-200:]))
    said = (
        f"The letter has {'a' if opens else 'no'} greeting and {'a' if closes else 'no'} closing."
    )
    return FORM_FULL * (opens + closes) / 2, said


def _essay_form(text: str) -> Part:
    blocks = sum(count_words(block) >= PARAGRAPH_WORDS for block in paragraphs_of(text))
    said = f"{blocks} paragraph{'' if blocks == 1 else 's'} of {PARAGRAPH_WORDS} words or more."
    return FORM_FULL * (min(max(blocks, 1), 3) - 1) / 2, said


def _caps(facts: Facts, words: int, task: Task, prompt: str, min_words: int) -> list[Part]:
    caps: list[Part] = []
    if (cap := underlength_cap(words, min_words, task)) is not None:
        short = (min_words - words) / min_words
        caps.append((cap, f"{short:.0%} under the length asked for: at most {cap}."))
    copied = f"{facts.copied_share:.0%} of the text is copied from the prompt"
    if facts.copied_share >= COPIED_SHARE:
        caps.append((COPIED_CAP, f"{copied}: at most {COPIED_CAP}."))
    elif facts.copied_share >= COPIED_PARTLY_SHARE:
        caps.append((COPIED_PARTLY_CAP, f"{copied}: at most {COPIED_PARTLY_CAP}."))
    if len(topic_words(prompt)) >= FEWEST_TOPIC_WORDS and facts.prompt_overlap < OFF_TOPIC_SHARE:
        caps.append((OFF_TOPIC_CAP, f"Hardly related to the prompt: at most {OFF_TOPIC_CAP}."))
    return caps


def judge_fulfilment(
    text: str, facts: Facts, *, task: Task, prompt: str, min_words: int
) -> Judgement:
    """Task fulfilment of 0-10, unrounded; repeated text does not count for length."""
    shown, asked, words = composed(text), composed(prompt), own_words(facts)
    form = _letter_form(shown) if task is Task.WRITING_TASK_1 else _essay_form(shown)
    parts = [_length(words, min_words), _topic(facts, asked), form]
    score = BASE + sum((points for points, _ in parts), Decimal(0))
    reasons = [reason for _, reason in parts]
    for cap, reason in _caps(facts, words, task, asked, min_words):
        if score > cap:
            score = cap
        reasons.append(reason)
    return Judgement(score.quantize(Decimal("0.01")), tuple(reasons))
