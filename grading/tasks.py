"""What the queue may call: one service call each, no arguments but ids."""

from grading.services import drain as drain_service
from grading.services import leases, wakeups


def drain() -> int:
    """Grade what is due, until nothing is or the time is up; how many were settled."""
    return drain_service.drain()


def sweep() -> int:
    """Find what a lost wake-up or a dead worker left behind; how many runs were recovered."""
    recovered = leases.recover_expired()
    if drain_service.is_work_due():
        wakeups.wake_workers()
    return recovered
