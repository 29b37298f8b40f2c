"""Counts of what is under way; each reads a partial index, never the whole table."""

from django.db.models import Count
from django.db.models.functions import Now

from grading.enums import RunState, Status
from grading.models import GradingRun, OutgoingEvent, Submission

OPEN_STATUSES = (Status.PENDING, Status.PROCESSING, Status.REVIEW_PENDING)


def count_by_status() -> dict[str, int]:
    """How many submissions are in each status that is not final."""
    counts = {status.value: 0 for status in OPEN_STATUSES}
    for statuses in ((Status.PENDING, Status.PROCESSING), (Status.REVIEW_PENDING,)):
        rows = Submission.objects.filter(status__in=statuses).values_list("status")
        counts.update(rows.annotate(Count("pk")).order_by())
    return counts


def count_due_runs() -> int:
    """Grading runs that a worker could claim now."""
    return GradingRun.objects.filter(state=RunState.QUEUED, due_at__lte=Now()).count()


def count_events_to_send() -> int:
    """Outgoing events that have not been sent."""
    return OutgoingEvent.objects.filter(sent_at=None).count()
