"""The seam to the queue: a task says that there is work, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from django.db.models.functions import Now
from django_q.models import Failure
from django_q.tasks import async_task

# Long enough to look into a failed task, short enough that they do not pile up: django-q2 keeps
# failures for ever.
FAILURES_KEPT_DAYS = 7


log = structlog.get_logger(__name__)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class TaskFailed(Exception):
    """All that the queue is told of a failure: the class of what went wrong."""


def codes_only(task: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Keep messages out of the queue's tables and logs: a database error quotes whole rows."""

    @wraps(task)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return task(*args, **kwargs)
        except Exception as error:
            log.exception("task_failed", task=task.__name__)
            failure = type(error).__name__
        raise TaskFailed(failure)

    return guarded


def wake_workers() -> None:
    """Tell the workers that something is due; commits or rolls back with the caller's rows."""
    async_task("grading.tasks.drain")


def forget_old_failures() -> None:
    """Delete what django-q2 keeps of failed tasks once nobody will look at it any more."""
    Failure.objects.filter(stopped__lt=Now() - timedelta(days=FAILURES_KEPT_DAYS)).delete()
