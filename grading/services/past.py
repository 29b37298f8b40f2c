"""Rows as work done earlier today would have left them; only the demonstration writes a past.

No outgoing events are written: nobody was waiting for them when these things are said to have
happened.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models.functions import Now

from grading.enums import (
    CRITERIA,
    FINAL_STATUSES,
    AuditKind,
    Criterion,
    GradeSource,
    RunState,
    Skill,
    Status,
)
from grading.models import (
    AuditEvent,
    Client,
    CriterionScore,
    Grade,
    GradingRun,
    QuestionVersion,
    RubricVersion,
    Submission,
)
from grading.schemas import SubmissionIn
from grading.scoring.bands import band_of, task_score
from grading.services.grades import check_scores
from grading.services.status import ALLOWED, AUDIT, IllegalTransition


def store_received(
    client: Client, content: SubmissionIn, version: QuestionVersion, at: datetime
) -> Submission:
    """A response as it was taken in at a time."""
    submission = Submission.objects.create(
        client=client,
        submission_id=content.submission_id or "",
        fingerprint=content.fingerprint(),
        question_version=version,
        question_ref=content.question_id,
        skill=content.skill,
        task=version.task,
        answer_text=content.answer.text,
        answer_extra=content.answer.model_dump(by_alias=True, exclude={"text"}, exclude_none=True),
        candidate_id=content.candidate_id,
        dispatched_at=content.dispatched_at,
        created_at=at,
    )
    record_at(submission, AuditKind.RECEIVED, at, characters=len(content.answer.text))
    return submission


def store_ended_run(
    submission: Submission, state: RunState, at: datetime, *, attempts: int = 1, error: str = ""
) -> GradingRun:
    """A run that no worker will claim; it names the rubric that is in force."""
    rubric = RubricVersion.objects.filter(skill=submission.skill, is_active=True).first()
    return GradingRun.objects.create(
        submission=submission,
        state=state,
        attempts=attempts,
        fence=attempts,
        last_error=error,
        rubric_version=rubric if state == RunState.DONE else None,
        due_at=submission.created_at,
        created_at=submission.created_at,
        ended_at=at,
    )


def store_grade(
    submission: Submission,
    source: GradeSource,
    scores: Mapping[Criterion, Decimal],
    at: datetime,
    **fields: Any,
) -> Grade:
    """A grade given at a time; IllegalScores for scores that may not be stored."""
    skill = Skill(submission.skill)
    check_scores(scores, skill)
    overall = task_score(scores, skill)
    grade = Grade.objects.create(
        submission=submission,
        source=source,
        overall_score=overall,
        band=band_of(overall),
        created_at=at,
        **fields,
    )
    CriterionScore.objects.bulk_create(
        CriterionScore(grade=grade, criterion=criterion, score=scores[criterion])
        for criterion in CRITERIA[skill]
    )
    if grade.rubric_version_id is not None:
        used = RubricVersion.objects.filter(pk=grade.rubric_version_id, frozen_at=None)
        used.update(frozen_at=Now())
    return grade


def move(
    submission: Submission, to: Status, at: datetime, *, actor: Any | None = None, **data: Any
) -> None:
    """Move a response on at a time, by the state machine's own rules."""
    before = Status(submission.status)
    if to not in ALLOWED[before]:
        raise IllegalTransition(f"{before} cannot become {to}")
    submission.status = to
    if to == Status.REVIEW_PENDING:
        submission.review_since = at
    if to in FINAL_STATUSES:
        submission.completed_at = at
    submission.save()
    record_at(submission, AUDIT[to], at, actor, **{"from": before.value, **data})


def record_at(
    submission: Submission,
    kind: AuditKind,
    at: datetime,
    actor: Any | None = None,
    **data: Any,
) -> None:
    """One event of a response's history; call it in the order of the history."""
    AuditEvent.objects.create(
        submission=submission, kind=kind, status=submission.status, actor=actor, data=data, at=at
    )
