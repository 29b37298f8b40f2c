"""The seam to the queue: a task says that there is work, and nothing else."""

from datetime import timedelta

from django.db.models.functions import Now
from django_q.models import Failure
from django_q.tasks import async_task

# Long enough to look into a failed task, short enough that they do not pile up: django-q2 keeps
# failures for ever.
FAILURES_KEPT_DAYS = 7


def wake_workers() -> None:
    """Tell the workers that something is due; commits or rolls back with the caller's rows."""
    async_task("grading.tasks.drain")


def forget_old_failures() -> None:
    """Delete what django-q2 keeps of failed tasks once nobody will look at it any more."""
    Failure.objects.filter(stopped__lt=Now() - timedelta(days=FAILURES_KEPT_DAYS)).delete()
