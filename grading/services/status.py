"""The one place where a submission's status changes."""

from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from grading.enums import FINAL_STATUSES, AuditKind, EventType, Status
from grading.models import AuditEvent, OutgoingEvent, Submission
from grading.queries.status_body import encode, status_body
from grading.services.audit import record

ALLOWED: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.PROCESSING, Status.CANCELLED}),
    Status.PROCESSING: frozenset(
        {Status.PENDING, Status.REVIEW_PENDING, Status.COMPLETED, Status.FAILED}
    ),
    Status.REVIEW_PENDING: frozenset({Status.REVIEW_PENDING, Status.COMPLETED}),
    # A regrade may move what counts, or send a released grade to a rater after all.
    Status.COMPLETED: frozenset({Status.COMPLETED, Status.REVIEW_PENDING}),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}

OUTGOING: dict[Status, EventType] = {
    Status.REVIEW_PENDING: EventType.REVIEW_PENDING,
    Status.COMPLETED: EventType.COMPLETED,
    Status.FAILED: EventType.FAILED,
}

AUDIT: dict[Status, AuditKind] = {
    Status.PENDING: AuditKind.RELEASED,
    Status.PROCESSING: AuditKind.STARTED,
    Status.REVIEW_PENDING: AuditKind.ROUTED,
    Status.COMPLETED: AuditKind.COMPLETED,
    Status.FAILED: AuditKind.FAILED,
    Status.CANCELLED: AuditKind.CANCELLED,
}

# All that may change together with a status; the response itself is never written again.
SAVED_WITH_A_STATUS = (
    "status",
    "grading_mode",
    "review_priority",
    "route_reasons",
    "flags",
    "counting_grade",
    "machine_grade",
    "error_code",
    "error_message",
    "review_since",
    "completed_at",
)


class IllegalTransition(Exception):
    """The submission is in a state from which the asked one cannot be reached."""


def change_status(
    submission: Submission, to: Status, *, actor: Any | None = None, **data: Any
) -> AuditEvent:
    """Move a row-locked submission on: row, audit event and outgoing event in one transaction.

    IllegalTransition where the state machine has no such way; nothing is written then.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a status changes only inside a transaction")
    before = Status(submission.status)
    if to not in ALLOWED[before]:
        raise IllegalTransition(f"{before} cannot become {to}")
    submission.status = to
    _set_times(submission, to)
    submission.save(update_fields=SAVED_WITH_A_STATUS)
    submission.refresh_from_db(fields=["review_since", "completed_at"])
    event = record(submission, AUDIT[to], actor, **{"from": before.value, **data})
    if to in OUTGOING:
        write_outgoing_event(submission, OUTGOING[to])
    return event


def _set_times(submission: Submission, to: Status) -> None:
    if to == Status.REVIEW_PENDING:
        submission.review_since = Now()
        submission.completed_at = None
    if to in FINAL_STATUSES:
        submission.completed_at = Now()


def write_outgoing_event(submission: Submission, event_type: EventType) -> OutgoingEvent:
    """Queue an event with the submission's public body as it is now."""
    return OutgoingEvent.objects.create(
        client_id=submission.client_id,
        submission=submission,
        type=event_type,
        body=encode(status_body(submission)).decode(),
    )
