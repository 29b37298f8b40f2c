"""What the queue may call: one service call each, no arguments but ids."""

from grading.services import drain as drain_service
from grading.services import idempotency, leases, wakeups
from grading.services.supervision import canaries
from grading.services.wakeups import codes_only


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
