"""The shape a rubric must have before anything is graded with it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from grading.enums import CRITERIA, Skill, Task

BAND_SCORES = list(range(10, -1, -1))
Words = Annotated[str, Field(min_length=1)]


class RubricPart(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", str_strip_whitespace=True)


class InBothLanguages(RubricPart):
    en: Words
    vi: Words


class BandText(InBothLanguages):
    score: int


class CriterionText(RubricPart):
    key: str
    name: InBothLanguages
    about: InBothLanguages
    bands: list[BandText]


class CapStep(RubricPart):
    """Below this share of missing words (0-1) this cap (0-10, null for none)."""

    shortBelow: Annotated[float, Field(gt=0, le=1)] | None = None
    cap: Annotated[float, Field(ge=0, le=10)] | None


_CRITERIA = TypeAdapter(list[CriterionText])
_CAPS = TypeAdapter(dict[str, list[CapStep]])


def rubric_problems(skill: Skill, criteria: Any, underlength_caps: Any) -> list[str]:
    """What is wrong with a rubric, a sentence each; empty when it may be used."""
    return _criteria_problems(skill, criteria) + _caps_problems(underlength_caps)


def _criteria_problems(skill: Skill, criteria: Any) -> list[str]:
    try:
        texts = _CRITERIA.validate_python(criteria)
    except ValidationError as error:
        return _in_words("Criteria", error, criteria)
    wanted = [criterion.value for criterion in CRITERIA[skill]]
    keys = [text.key for text in texts]
    problems = [f"Criteria: {key} is missing." for key in wanted if key not in keys]
    problems += [
        f"Criteria: {key} is not a criterion of {skill}. They are {', '.join(wanted)}."
        for key in keys
        if key not in wanted
    ]
    problems += [
        f"Criteria: {key} stands {keys.count(key)} times." for key in wanted if keys.count(key) > 1
    ]
    return problems + [
        f"Criteria: {text.key} must describe each band from 10 down to 0 once."
        for text in texts
        if [band.score for band in text.bands] != BAND_SCORES
    ]


def _caps_problems(caps: Any) -> list[str]:
    try:
        steps_of = _CAPS.validate_python(caps)
    except ValidationError as error:
        return _in_words("Underlength caps", error, caps)
    problems = [
        f"Underlength caps: {task} is not a task. They are {', '.join(Task)}."
        for task in steps_of
        if task not in set(Task)
    ]
    return problems + [
        f"Underlength caps: the steps of {task} must name growing shares in shortBelow, and only "
        "the last one none."
        for task, steps in steps_of.items()
        if not _grow([step.shortBelow for step in steps])
    ]


def _grow(bounds: list[float | None]) -> bool:
    named = [bound for bound in bounds[:-1] if bound is not None]
    is_named = len(named) == len(bounds) - 1 and bounds[-1] is None
    return is_named and named == sorted(set(named))


def _in_words(field: str, error: ValidationError, value: Any) -> list[str]:
    return [
        f"{field}: {_place(problem['loc'], value)}{problem['msg']}." for problem in error.errors()
    ]


def _place(path: tuple[int | str, ...], value: Any) -> str:
    """Where a fault is, by the criterion's own key rather than by its number."""
    names: list[str] = []
    for step in path:
        value = value[step] if _holds(value, step) else None
        key = value.get("key", value.get("score")) if isinstance(value, dict) else None
        names.append(str(key) if isinstance(step, int) and key is not None else str(step))
    return f"{' / '.join(names)}: " if names else ""


def _holds(value: Any, step: int | str) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)
