"""What the queue may call: one service call each, no arguments but ids."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog

from grading.services import drain as drain_service
from grading.services import idempotency, leases, wakeups
from grading.services.supervision import canaries

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


@codes_only
def drain() -> int:
    """Grade what is due, until nothing is or the time is up; how many were settled."""
    return drain_service.drain()


@codes_only
def sweep() -> int:
    """Find what a lost wake-up or a dead worker left behind; how many runs were recovered."""
    recovered = leases.recover_expired()
    if drain_service.is_work_due():
        wakeups.wake_workers()
    idempotency.forget_old_keys()
    wakeups.forget_old_failures()
    return recovered


@codes_only
def canary(canary_id: int) -> bool:
    """Show the supervisor that this cluster runs tasks; acknowledging it shows the rest."""
    return canaries.record_canary(canary_id)
