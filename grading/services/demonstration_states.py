"""What became of each response of the demonstration, written as its past."""

from datetime import datetime, timedelta
from typing import Any

from grading.enums import (
    AuditKind,
    Confidence,
    ErrorCode,
    Flag,
    GradeSource,
    GradingMode,
    Priority,
    RouteReason,
    RunState,
    Skill,
    Status,
    Task,
)
from grading.models import Grade, GradingRun, Submission
from grading.pipelines.guards import examine
from grading.schemas import HumanDecision, WritingResponse
from grading.schemas.demonstration import DemoResponse, DemoStage
from grading.scoring.bands import distance_to_cut, task_mean
from grading.scoring.confidence import NEAR_CUT
from grading.services import past
from grading.services.settling import AUDIT_DIFFERENCE

STARTED_AFTER = timedelta(seconds=1)
GRADED_AFTER = timedelta(seconds=6)
CRASHED_AFTER = timedelta(seconds=40)
CRASHES = 3
CRASH_MESSAGE = (
    f"Part of the demonstration: grading it ended its process {CRASHES} times; it is not tried "
    "again."
)

# No model made these grades: the figures only put each response where it is meant to be seen.
CONFIDENCE_SHOWN: dict[Priority, tuple[Confidence, float]] = {
    Priority.HIGH: (Confidence.LOW, 0.41),
    Priority.MEDIUM: (Confidence.MEDIUM, 0.68),
    Priority.LOW: (Confidence.MEDIUM, 0.79),
}
CONFIDENCE_OF_THE_RELEASED = (Confidence.HIGH, 0.93)


def write_past(submission: Submission, response: DemoResponse) -> None:
    """Bring a received response to its state; those shown as rated still wait for their rater."""
    received = submission.created_at
    graded = received + GRADED_AFTER
    if response.stage == DemoStage.CANCELLED:
        past.store_ended_run(submission, RunState.CANCELLED, graded, attempts=0)
        past.move(submission, Status.CANCELLED, graded)
        return
    if response.stage == DemoStage.FAILED:
        _fail(submission, received)
        return
    past.move(submission, Status.PROCESSING, received + STARTED_AFTER)
    if response.stage == DemoStage.RATED_HUMAN:
        submission.review_priority = Priority.MEDIUM
        past.move(submission, Status.REVIEW_PENDING, graded)
        return
    grade = _store_demo_grade(submission, response, graded)
    if response.stage == DemoStage.RATED_AUTO:
        _release(submission, grade)
    else:
        _send_to_raters(submission, grade, response.priority or Priority.MEDIUM)


def complete(submission: Submission, decision: HumanDecision, rater: Any, at: datetime) -> Grade:
    """Make a rater's decision count at a time, as settle_human_grade does now."""
    machine = submission.machine_grade
    grade = past.store_grade(
        submission,
        GradeSource.HUMAN,
        decision.criteria_scores,
        at,
        feedback=decision.feedback,
        evidence=machine.evidence if machine else [],
        grammar_errors=machine.grammar_errors if machine else [],
        graded_by=rater,
        rubric_version_id=machine.rubric_version_id if machine else None,
    )
    submission.counting_grade = grade
    submission.grading_mode = GradingMode.HYBRID if machine else GradingMode.HUMAN
    submission.review_priority = None
    if machine and abs(machine.overall_score - grade.overall_score) > AUDIT_DIFFERENCE:
        submission.flags = sorted({*submission.flags, Flag.AUDIT_DIFFERENCE})
    reason = decision.override_reason
    past.move(submission, Status.COMPLETED, at, actor=rater, grade=grade.pk, overrideReason=reason)
    return grade


def _fail(submission: Submission, at: datetime) -> None:
    for crash in range(1, CRASHES + 1):
        past.move(submission, Status.PROCESSING, at + STARTED_AFTER)
        at += CRASHED_AFTER
        if crash < CRASHES:
            past.move(submission, Status.PENDING, at, reason="worker_lost")
    submission.error_code = ErrorCode.CRASHED
    submission.error_message = CRASH_MESSAGE
    past.store_ended_run(submission, RunState.FAILED, at, attempts=CRASHES, error="crashed")
    past.move(submission, Status.FAILED, at, code=ErrorCode.CRASHED, attempts=CRASHES)


def _store_demo_grade(submission: Submission, response: DemoResponse, at: datetime) -> Grade:
    run = past.store_ended_run(submission, RunState.DONE, at)
    grade = past.store_grade(
        submission,
        GradeSource.DEMO,
        response.demo_scores,
        at,
        run=run,
        rubric_version_id=run.rubric_version_id,
        **_findings(submission, response),
    )
    _note(submission, grade, run)
    return grade


def _note(submission: Submission, grade: Grade, run: GradingRun) -> None:
    submission.machine_grade = grade
    submission.flags = list(grade.flags)
    past.record_at(
        submission,
        AuditKind.GRADED,
        grade.created_at,
        grade=grade.pk,
        source=grade.source,
        run=run.number,
    )


def _release(submission: Submission, grade: Grade) -> None:
    submission.counting_grade = grade
    submission.grading_mode = GradingMode.AUTO
    past.move(submission, Status.COMPLETED, grade.created_at, grade=grade.pk)


def _send_to_raters(submission: Submission, grade: Grade, priority: Priority) -> None:
    reasons = _reasons(grade)
    submission.review_priority = priority
    submission.route_reasons = reasons
    past.move(submission, Status.REVIEW_PENDING, grade.created_at, grade=grade.pk, reasons=reasons)


def _findings(submission: Submission, response: DemoResponse) -> dict[str, Any]:
    confidence, confidence_score = (
        CONFIDENCE_OF_THE_RELEASED
        if response.stage == DemoStage.RATED_AUTO
        else CONFIDENCE_SHOWN[response.priority or Priority.MEDIUM]
    )
    return {
        "feedback": response.feedback,
        "evidence": [
            {**item.model_dump(mode="json"), **_place(response.text, item.quote)}
            for item in response.evidence
        ],
        "grammar_errors": [
            {**item.model_dump(mode="json", exclude={"quote"}), **_place(response.text, item.quote)}
            for item in response.grammar_errors
        ],
        "confidence": confidence,
        "confidence_score": confidence_score,
        "flags": _flags(submission),
    }


def _place(text: str, quote: str) -> dict[str, int]:
    return {"offset": text.index(quote), "length": len(quote)}


def _flags(submission: Submission) -> list[Flag]:
    """What the guards notice in the text, as they would in anybody's."""
    question = submission.question_version
    finding = examine(
        WritingResponse(
            text=submission.answer_text,
            task=Task(submission.task),
            question_prompt=question.prompt,
            min_words=question.min_words,
        )
    )
    return sorted(finding.flags)


def _reasons(grade: Grade) -> list[RouteReason]:
    is_low = grade.confidence == Confidence.LOW
    reasons = [
        RouteReason.CONFIDENCE_LOW if is_low else RouteReason.CONFIDENCE_MEDIUM,
        RouteReason.NOT_CALIBRATED,
    ]
    if grade.flags:
        reasons.append(RouteReason.FLAGGED)
    mean = task_mean(grade.criteria_scores, Skill(grade.submission.skill))
    if distance_to_cut(mean) <= NEAR_CUT:
        reasons.append(RouteReason.NEAR_BAND_CUT)
    return reasons
