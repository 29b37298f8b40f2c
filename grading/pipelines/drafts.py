"""Draft grades: from a panel's replies, or from the local scorer alone."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from grading.enums import Flag, GradeSource, Skill
from grading.nlp.plain import plain_text
from grading.pipelines.findings import located_errors, located_evidence
from grading.pipelines.readings import Reading
from grading.pipelines.views import LocalView
from grading.schemas import DraftGrade, Evidence, GrammarError, TryRecord
from grading.scoring.bands import band_of, distance_to_cut, task_mean, task_score
from grading.scoring.confidence import Signals, confidence_of

_LONGEST_FEEDBACK = 6000
_CENT = Decimal("0.01")


def local_draft(
    view: LocalView, flags: frozenset[Flag], tries: tuple[TryRecord, ...] = ()
) -> DraftGrade:
    """The local scorer's grade; always of low confidence, so that a rater decides."""
    scores = view.rounded_local()
    raised = view.finding.flags | flags
    distance = distance_to_cut(task_mean(scores, Skill.WRITING))
    confidence, confidence_score = confidence_of(Signals(raised, distance, local_only=True))
    overall = task_score(scores, Skill.WRITING)
    return DraftGrade(
        source=GradeSource.LOCAL,
        criteria_scores=scores,
        overall_score=overall,
        band=band_of(overall),
        feedback="",
        confidence=confidence,
        confidence_score=confidence_score,
        flags=_in_order(raised),
        tries=tries,
        signals={"distance_to_cut": float(distance), "facts": view.finding.as_signals()},
        **_local_part(view),
    )


def ai_draft(view: LocalView, reading: Reading, tries: tuple[TryRecord, ...]) -> DraftGrade:
    """The grade that the readable replies of a panel add up to."""
    confidence, confidence_score = confidence_of(reading.signals)
    overall = task_score(reading.scores, Skill.WRITING)
    feedback = "" if reading.tells_the_prompt else reading.typical.feedback
    return DraftGrade(
        source=GradeSource.AI,
        criteria_scores=reading.scores,
        overall_score=overall,
        band=band_of(overall),
        feedback=plain_text(feedback, _LONGEST_FEEDBACK),
        evidence=_evidence(view, reading),
        grammar_errors=_grammar_errors(view, reading),
        confidence=confidence,
        confidence_score=confidence_score,
        flags=_in_order(reading.signals.flags),
        models=reading.models,
        tries=tries,
        signals={**reading.as_signals(), "facts": view.finding.as_signals()},
        **_local_part(view),
    )


def _evidence(view: LocalView, reading: Reading) -> tuple[Evidence, ...]:
    located = located_evidence(reading.typical, view.response.text)
    if not reading.tells_the_prompt:
        return located
    return tuple(item.model_copy(update={"comment": ""}) for item in located)


def _grammar_errors(view: LocalView, reading: Reading) -> tuple[GrammarError, ...]:
    if reading.tells_the_prompt:
        return ()
    return located_errors(reading.typical, view.response.text)


def _local_part(view: LocalView) -> dict[str, Any]:
    return {
        "local_scores": {c: score.quantize(_CENT) for c, score in view.local.criteria.items()},
        "local_reasons": view.local.reasons,
        "local_version": view.local.version,
    }


def _in_order(flags: Collection[Flag]) -> tuple[Flag, ...]:
    return tuple(flag for flag in Flag if flag in flags)
