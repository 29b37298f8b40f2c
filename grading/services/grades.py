"""Writes grades: append-only, with their scores and what they were made from."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from grading.enums import CRITERIA, Confidence, Criterion, GradeSource, Skill
from grading.models import CriterionScore, Grade, GradingRun, ModelTry, Submission
from grading.schemas import DraftGrade, HumanDecision, TryRecord
from grading.scoring.bands import band_of, is_legal_score, task_score


class IllegalScores(ValueError):
    """Scores that may not be stored: a criterion missing or extra, off the scale or off a step."""


def check_scores(scores: Mapping[Criterion, Decimal], skill: Skill) -> None:
    """IllegalScores unless exactly the skill's criteria are there, each 0-10 in half steps."""
    if set(scores) != set(CRITERIA[skill]):
        raise IllegalScores(f"expected {', '.join(CRITERIA[skill])}")
    for criterion, score in scores.items():
        if not is_legal_score(score):
            raise IllegalScores(f"{criterion} is {score}: 0 to 10 in steps of 0.5 is right")


def write_machine_grade(
    run: GradingRun, submission: Submission, draft: DraftGrade, confidence: Confidence
) -> Grade:
    """Store a draft as the one grade of its run; overall and band are computed here again."""
    scores = draft.criteria_scores
    grade = _write(
        submission,
        scores,
        run=run,
        source=draft.source,
        feedback=draft.feedback,
        evidence=[item.model_dump(mode="json") for item in draft.evidence],
        grammar_errors=[item.model_dump(mode="json") for item in draft.grammar_errors],
        confidence=confidence,
        confidence_score=draft.confidence_score,
        flags=list(draft.flags),
        models_used=list(draft.models),
        tries_count=len(draft.tries),
        local_scores={key: float(value) for key, value in draft.local_scores.items()},
        local_reasons={key: list(value) for key, value in draft.local_reasons.items()},
        local_version=draft.local_version,
        signals=draft.signals,
        rubric_version_id=run.rubric_version_id,
        prompt_version_id=run.prompt_version_id if draft.source == GradeSource.AI else None,
    )
    write_tries(run, draft.tries)
    return grade


def write_human_grade(submission: Submission, decision: HumanDecision) -> Grade:
    """Store a rater's decision beside the machine's grade."""
    machine = submission.machine_grade
    return _write(
        submission,
        decision.criteria_scores,
        source=GradeSource.HUMAN,
        feedback=decision.feedback,
        evidence=machine.evidence if machine else [],
        grammar_errors=machine.grammar_errors if machine else [],
        graded_by_id=decision.rater_id,
        rubric_version_id=machine.rubric_version_id if machine else None,
    )


def _write(submission: Submission, scores: Mapping[Criterion, Decimal], **fields: Any) -> Grade:
    skill = Skill(submission.skill)
    check_scores(scores, skill)
    overall = task_score(scores, skill)
    grade = Grade.objects.create(
        submission=submission, overall_score=overall, band=band_of(overall), **fields
    )
    CriterionScore.objects.bulk_create(
        CriterionScore(grade=grade, criterion=criterion, score=scores[criterion])
        for criterion in CRITERIA[skill]
    )
    return grade


def write_tries(run: GradingRun, tries: tuple[TryRecord, ...]) -> None:
    """Keep every call of an attempt, usable or not."""
    ModelTry.objects.bulk_create(
        ModelTry(
            run=run,
            attempt=run.attempts,
            criteria_scores=(
                {key: float(score) for key, score in record.criteria_scores.items()}
                if record.criteria_scores
                else None
            ),
            # PostgreSQL text holds neither NUL nor half a surrogate pair.
            raw_reply=record.raw_reply.replace("\x00", "�").encode(errors="replace").decode(),
            error_detail=record.error_detail[:500],
            **record.model_dump(exclude={"criteria_scores", "raw_reply", "error_detail"}),
        )
        for record in tries
    )
