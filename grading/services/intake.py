"""Takes a submission in: the row and its wake-up in one transaction, once per id."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from grading.enums import AuditKind, RunState, Skill, Status, Task
from grading.models import Client, GradingRun, Question, QuestionVersion, Submission
from grading.schemas import SubmissionIn
from grading.schemas.intake import LONGEST_METADATA, InlineQuestionIn
from grading.services.audit import record
from grading.services.questions import min_words_of
from grading.services.settling import lock_submission
from grading.services.status import IllegalTransition, change_status
from grading.services.wakeups import wake_workers

TASK_OF_TYPE = {"email": Task.WRITING_TASK_1, "essay": Task.WRITING_TASK_2}


class Refused(Exception):
    """Input that cannot be taken: the field, a code, and what would be right."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field, self.code, self.message = field, code, message


class Conflict(Exception):
    """The id is taken by another body, or the state does not allow what was asked."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Taken:
    submission: Submission
    is_new: bool


def take_submission(client: Client, content: SubmissionIn, metadata_text: str | None) -> Taken:
    """Store a submission and wake the workers, or find it when it was taken before.

    Refused for input that cannot be graded, Conflict for a used id with another body.
    """
    if metadata_text is not None and len(metadata_text) > LONGEST_METADATA:
        raise Refused("metadata", "too_long", f"must be at most {LONGEST_METADATA} characters")
    if known := _known(client, content):
        return Taken(known, is_new=False)
    if content.skill != Skill.WRITING:
        raise Refused("skill", "skill_not_supported", "speaking cannot be graded yet; writing can")
    try:
        with transaction.atomic():
            return Taken(_store(client, content, metadata_text), is_new=True)
    except IntegrityError:
        # Another request with the same id was faster; it has committed by now.
        if known := _known(client, content):
            return Taken(known, is_new=False)
        raise


def _known(client: Client, content: SubmissionIn) -> Submission | None:
    if content.submission_id is None:
        return None
    known = Submission.objects.filter(client=client, submission_id=content.submission_id).first()
    if known is not None and known.fingerprint != content.fingerprint():
        raise Conflict(
            "submission_exists",
            "A submission with this submissionId and other content was taken before.",
        )
    return known


def _store(client: Client, content: SubmissionIn, metadata_text: str | None) -> Submission:
    version = _question_version(client, content)
    submission = Submission.objects.create(
        client=client,
        submission_id=content.submission_id or str(uuid.uuid4()),
        fingerprint=content.fingerprint(),
        question_version=version,
        question_ref=content.question_id,
        skill=content.skill,
        task=version.task,
        answer_text=content.answer.text,
        answer_extra=_answer_extra(content),
        metadata_text=metadata_text,
        candidate_id=content.candidate_id,
        group=content.group,
        other_scores=(
            content.other_scores.model_dump(exclude_none=True) if content.other_scores else None
        ),
        client_priority=content.priority,
        due_at=content.due_at,
        dispatched_at=content.dispatched_at,
    )
    GradingRun.objects.create(submission=submission)
    record(submission, AuditKind.RECEIVED, characters=len(content.answer.text))
    wake_workers()
    return submission


def _answer_extra(content: SubmissionIn) -> dict[str, Any]:
    return content.answer.model_dump(by_alias=True, exclude={"text"}, exclude_none=True)


def _question_version(client: Client, content: SubmissionIn) -> QuestionVersion:
    stored = None
    if content.question_id is not None:
        question = Question.objects.filter(client=client, question_id=content.question_id).first()
        stored = question.newest if question else None
    if content.question is not None:
        version = _inline_version(content, content.question, stored)
    elif stored is not None:
        version = stored
    elif content.question_id is not None:
        raise Refused(
            "questionId",
            "question_unknown",
            "is not a question of yours: PUT it to questions/{id} first, or send question inline",
        )
    else:
        raise Refused("question", "question_unknown", "send questionId, or question inline")
    if Task(version.task).skill != content.skill:
        raise Refused("skill", "skill_mismatch", f"the question's task is {version.task}")
    return version


def _inline_version(
    content: SubmissionIn, inline: InlineQuestionIn, stored: QuestionVersion | None
) -> QuestionVersion:
    task = inline.task or _task_from_answer(content) or (Task(stored.task) if stored else None)
    if task is None:
        raise Refused(
            "question.task",
            "task_unknown",
            "send question.task, or answer.taskType (email or essay)",
        )
    min_words = min_words_of(task, inline.min_words)
    if stored and (stored.task, stored.prompt, stored.min_words) == (
        task.value,
        inline.prompt,
        min_words,
    ):
        return stored
    return QuestionVersion.objects.create(
        task=task, prompt=inline.prompt, min_words=min_words, content=inline.content
    )


def _task_from_answer(content: SubmissionIn) -> Task | None:
    return TASK_OF_TYPE.get(content.answer.task_type or "")


@transaction.atomic
def cancel_submission(submission: Submission) -> Submission:
    """Cancel what no worker has claimed yet; Conflict for anything further on."""
    run = (
        GradingRun.objects.select_for_update()
        .filter(submission=submission, state__in=[RunState.QUEUED, RunState.RUNNING])
        .first()
    )
    locked = lock_submission(submission.pk)
    if run is None or run.state != RunState.QUEUED or locked.status != Status.PENDING:
        raise Conflict(
            "not_cancellable",
            f"Only what has not been started can be cancelled; it is {locked.status}.",
        )
    run.state = RunState.CANCELLED
    run.save(update_fields=["state"])
    try:
        change_status(locked, Status.CANCELLED)
    except IllegalTransition as error:
        raise Conflict("not_cancellable", str(error)) from None
    return locked


@transaction.atomic
def regrade_submission(submission: Submission) -> Submission:
    """Ask for one more machine grade; Conflict while one is being made or nothing was graded."""
    locked = lock_submission(submission.pk)
    if locked.status not in {Status.REVIEW_PENDING, Status.COMPLETED}:
        raise Conflict(
            "not_regradable",
            f"Only a graded submission can be graded again; it is {locked.status}.",
        )
    newest = GradingRun.objects.filter(submission=locked).order_by("-number").first()
    if newest and newest.state in {RunState.QUEUED, RunState.RUNNING}:
        raise Conflict("regrade_running", "It is being graded again already.")
    GradingRun.objects.create(submission=locked, number=(newest.number if newest else 0) + 1)
    record(locked, AuditKind.REGRADE_REQUESTED)
    wake_workers()
    return locked
