"""A grade without any language model: fitted traits for the language, facts for the task."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from grading.enums import CRITERIA, Criterion, Skill, Task
from grading.nlp.facts import Facts, observe
from grading.nlp.features import measure
from grading.nlp.fulfilment import Judgement, judge_fulfilment
from grading.nlp.language_caps import language_caps
from grading.nlp.linking import HUNDREDTH, language_scores
from grading.nlp.reading import read
from grading.nlp.reasons import language_reasons
from grading.nlp.trait_model import TRAITS, ModelFileError, TraitModel, content_hash, restore

__all__ = [
    "LocalModel",
    "LocalScores",
    "ModelFileError",
    "load_model",
    "predict_traits",
    "score_response",
]

MODEL_FILE = Path(__file__).with_name("local_scorer.npz")
SCORER_VERSION = "local-1"
NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class LocalScores:
    """Unrounded criterion scores of 0-10, the facts behind each, and the model's version."""

    criteria: dict[Criterion, Decimal]
    reasons: dict[Criterion, list[str]]
    version: str


@dataclass(frozen=True)
class LocalModel:
    """The fitted traits and the version that names scorer and model file."""

    traits: TraitModel
    version: str


@cache
def load_model() -> LocalModel:
    """The shipped model, read once per process; ModelFileError when it is unusable."""
    return LocalModel(restore(MODEL_FILE), f"{SCORER_VERSION}-{content_hash(MODEL_FILE)}")


def predict_traits(text: str) -> dict[str, float]:
    """The corpus traits of a text, each 1.0-5.0, unrounded."""
    predicted = load_model().traits.predict(read(text))
    return dict(zip(TRAITS, map(float, predicted), strict=True))


def score_response(
    text: str, *, task: Task, prompt: str, min_words: int, facts: Facts | None = None
) -> LocalScores:
    """Score a written response to a prompt; ValueError for a speaking task.

    Language scores come from the fitted traits, task fulfilment from checkable facts alone;
    `facts` are those of the same text and prompt, where they are known already.
    """
    if task.skill is not Skill.WRITING:
        raise ValueError(f"the local scorer reads writing only, not {task.value}")
    version = load_model().version
    facts = facts or observe(text, prompt=prompt)
    if facts.words == 0:
        return _nothing_written(version)
    fulfilment = judge_fulfilment(text, facts, task=task, prompt=prompt, min_words=min_words)
    return _with_language(text, facts, fulfilment, version)


def _nothing_written(version: str) -> LocalScores:
    criteria = CRITERIA[Skill.WRITING]
    return LocalScores(
        criteria=dict.fromkeys(criteria, NOTHING),
        reasons={criterion: ["Nothing was written."] for criterion in criteria},
        version=version,
    )


def _with_language(text: str, facts: Facts, fulfilment: Judgement, version: str) -> LocalScores:
    reading = read(text)
    measures = measure(reading)
    model = load_model().traits
    criteria = {Criterion.TASK_FULFILLMENT: fulfilment.score}
    criteria |= language_scores(model.predict(reading, measures), model)
    reasons = {Criterion.TASK_FULFILLMENT: list(fulfilment.reasons)}
    reasons |= language_reasons(facts, measures)
    for cap, reason in language_caps(reading, facts):
        for criterion in CRITERIA[Skill.WRITING]:
            criteria[criterion] = min(criteria[criterion], cap).quantize(HUNDREDTH)
            reasons[criterion].append(reason)
    ordered = {criterion: criteria[criterion] for criterion in CRITERIA[Skill.WRITING]}
    return LocalScores(ordered, reasons, version)
