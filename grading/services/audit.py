"""The append-only history of a submission."""

from typing import Any

from grading.enums import AuditKind
from grading.models import AuditEvent, Submission


def record(
    submission: Submission, kind: AuditKind, actor: Any | None = None, **data: Any
) -> AuditEvent:
    """Add one event to a submission's history, in the caller's transaction; `data` is JSON."""
    return AuditEvent.objects.create(
        submission=submission, kind=kind, status=submission.status, actor=actor, data=data
    )
