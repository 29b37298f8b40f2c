"""Turns a draft or a rater's decision into what counts, in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now

from grading.enums import (
    AuditKind,
    AutoReleasePolicy,
    ErrorCode,
    Flag,
    GradeSource,
    GradingMode,
    Priority,
    RouteReason,
    RunState,
    Skill,
    Status,
)
from grading.models import AuditEvent, Grade, GradingRun, PromptVersion, RubricVersion, Submission
from grading.schemas import DraftGrade, HumanDecision
from grading.scoring.bands import distance_to_cut, task_mean
from grading.scoring.routing import Route, route
from grading.services.audit import record
from grading.services.grades import write_human_grade, write_machine_grade
from grading.services.status import change_status

log = structlog.get_logger(__name__)

# A difference above this between machine and rater is flagged for audit (VSTEP rater practice).
AUDIT_DIFFERENCE = Decimal("0.5")

RATERS_STEPS = (
    AuditKind.CLAIMED,
    AuditKind.CLAIM_RELEASED,
    AuditKind.RATED,
    AuditKind.RATING_UNDONE,
)


@dataclass(frozen=True)
class Outcome:
    """A finished grading that still has to be written."""

    run_id: int
    fence: int
    draft: DraftGrade


def settle_batch(outcomes: Iterable[Outcome]) -> int:
    """Settle several drafts in one transaction; how many were written. One bad draft stops none."""
    written = 0
    with transaction.atomic():
        # In one order everywhere, so that two batches never wait for each other.
        for outcome in sorted(outcomes, key=lambda item: item.run_id):
            try:
                with transaction.atomic():
                    written += settle_machine_grade(outcome.run_id, outcome.fence, outcome.draft)
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                log.exception("draft_refused", run=outcome.run_id)
    return written


@transaction.atomic
def settle_machine_grade(run_id: int, fence: int, draft: DraftGrade) -> bool:
    """Write a draft, route it, and tell the outside; False when the fence no longer stands."""
    run = GradingRun.objects.select_for_update().get(pk=run_id)
    submission = lock_submission(run.submission_id)
    if run.fence != fence or run.state != RunState.RUNNING:
        record(submission, AuditKind.STALE_RESULT_REFUSED, fence=fence, current=run.fence)
        log.warning("stale_result_refused", submission_id=submission.submission_id)
        return False
    chosen = route_draft(submission, draft)
    grade = write_machine_grade(run, submission, draft, chosen.confidence)
    _freeze_versions(run)
    run.state = RunState.DONE
    run.ended_at = Now()
    run.leased_until = None
    run.save(update_fields=["state", "ended_at", "leased_until"])
    record(submission, AuditKind.GRADED, grade=grade.pk, source=grade.source, run=run.number)
    _apply(submission, grade, chosen)
    return True


def route_draft(submission: Submission, draft: DraftGrade) -> Route:
    """The route of a draft under the policy in force."""
    return route(
        confidence=draft.confidence,
        source=draft.source,
        flags=draft.flags,
        distance_to_cut=distance_to_cut(task_mean(draft.criteria_scores, Skill(submission.skill))),
        policy=AutoReleasePolicy(settings.AUTO_RELEASE_POLICY),
        client_priority=(
            Priority(submission.client_priority) if submission.client_priority else None
        ),
    )


def _apply(submission: Submission, grade: Grade, chosen: Route) -> None:
    counting = submission.counting_grade
    previous = submission.machine_grade
    submission.machine_grade = grade
    if counting is not None and counting.source == GradeSource.HUMAN:
        submission.save(update_fields=["machine_grade"])
        record(submission, AuditKind.SUPERSEDED, grade=grade.pk)
        return
    submission.flags = list(grade.flags)
    releases = chosen.releases and not _is_with_a_rater(submission)
    reasons = list(chosen.reasons or submission.route_reasons)
    differs = previous is not None and previous.band != grade.band
    if differs and not releases and RouteReason.REGRADE_DIFFERS not in reasons:
        reasons.append(RouteReason.REGRADE_DIFFERS)
    if releases:
        submission.counting_grade = grade
        submission.grading_mode = GradingMode.AUTO
        submission.review_priority = None
        submission.route_reasons = []
        change_status(submission, Status.COMPLETED, grade=grade.pk)
        return
    submission.counting_grade = None
    submission.grading_mode = None
    submission.review_priority = chosen.priority or submission.review_priority
    submission.route_reasons = reasons
    change_status(submission, Status.REVIEW_PENDING, grade=grade.pk, reasons=reasons)


def _is_with_a_rater(submission: Submission) -> bool:
    """Somebody is rating it, or has and may still undo: what they decide is what counts."""
    if submission.status != Status.REVIEW_PENDING:
        return False
    last = (
        AuditEvent.objects.filter(submission=submission, kind__in=RATERS_STEPS)
        .order_by("-id")
        .first()
    )
    return last is not None and last.kind in {AuditKind.CLAIMED, AuditKind.RATED}


@transaction.atomic
def settle_human_grade(submission_id: UUID, decision: HumanDecision) -> Grade:
    """Make a rater's decision count and complete the submission; the machine's grade stays whole.

    IllegalScores for scores off the scale, IllegalTransition where no rater is awaited any more.
    """
    submission = lock_submission(submission_id)
    grade = write_human_grade(submission, decision)
    machine = submission.machine_grade
    submission.counting_grade = grade
    submission.grading_mode = GradingMode.HYBRID if machine else GradingMode.HUMAN
    submission.review_priority = None
    if machine and abs(machine.overall_score - grade.overall_score) > AUDIT_DIFFERENCE:
        submission.flags = sorted({*submission.flags, Flag.AUDIT_DIFFERENCE.value})
    rater = grade.graded_by
    change_status(
        submission,
        Status.COMPLETED,
        actor=rater,
        grade=grade.pk,
        overrideReason=decision.override_reason,
    )
    return grade


@transaction.atomic
def fail_run(run_id: int, code: ErrorCode, message: str) -> None:
    """End a run for good; its submission fails unless a grade of it counts already."""
    run = GradingRun.objects.select_for_update().get(pk=run_id)
    submission = lock_submission(run.submission_id)
    run.state = RunState.FAILED
    run.ended_at = Now()
    run.leased_until = None
    run.last_error = f"{code}: {message}"[:200]
    run.save(update_fields=["state", "ended_at", "leased_until", "last_error"])
    if submission.status == Status.PROCESSING:
        submission.error_code = code
        submission.error_message = message[:500]
        change_status(submission, Status.FAILED, code=code.value, attempts=run.attempts)
    else:
        record(submission, AuditKind.FAILED, run=run.number, code=code.value)


def lock_submission(submission_id: UUID) -> Submission:
    """The row locked for this transaction, with what its public body needs."""
    return (
        Submission.objects.select_for_update(of=("self",))
        .select_related(
            "client",
            "question_version__question",
            "counting_grade",
            "machine_grade__rubric_version",
        )
        .get(pk=submission_id)
    )


def _freeze_versions(run: GradingRun) -> None:
    for model, pk in (
        (RubricVersion, run.rubric_version_id),
        (PromptVersion, run.prompt_version_id),
    ):
        if pk is not None:
            model.objects.filter(pk=pk, frozen_at=None).update(frozen_at=Now())
