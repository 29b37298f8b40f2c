"""The judgement about a cluster: pure, by the supervisor's monotonic clock, in seconds."""

from dataclasses import dataclass

# Canaries come every 2 s and one worker is always free for them. A busy machine of two cores has
# been seen to need 3 s; a false alarm costs the model calls in flight, so leave room.
SILENCE_SECONDS = 15.0
# Importing litellm takes 3 s on a quiet machine.
STARTUP_SECONDS = 30.0
LONGEST_STARTUP_SECONDS = 120.0
# After the database is back: django-q2's pusher sleeps 10 s on an error before it ends.
DATABASE_GRACE_SECONDS = 30.0
# A cluster that proved itself this long before it failed did not fail at its start.
PROVEN_SECONDS = 10.0
LONGEST_DELAY_SECONDS = 30.0


@dataclass
class Health:
    """What a cluster has shown, and until when it may stay silent."""

    deadline: float
    first_proof: float | None = None
    last_proof: float | None = None
    was_run_only: bool = False

    @classmethod
    def at_start(cls, now: float, failures: int) -> "Health":
        """A cluster after `failures` that never got going has more time to get going."""
        grace = min(STARTUP_SECONDS * (1 + failures), LONGEST_STARTUP_SECONDS)
        return cls(deadline=now + grace)

    def observe(self, now: float, *, acknowledged: int, run_only: int) -> None:
        """Take in a look at the canaries."""
        self.was_run_only = run_only > 0
        if not acknowledged:
            return
        if self.first_proof is None:
            self.first_proof = self.deadline = now  # the patience for the start ends here
        self.last_proof = now
        self.grant(now, SILENCE_SECONDS)

    def grant(self, now: float, seconds: float) -> None:
        """Silence is allowed for this long from now at least."""
        self.deadline = max(self.deadline, now + seconds)

    def excuse(self, seconds: float) -> None:
        """The supervisor itself could not look for this long: the machine stood still."""
        self.deadline += seconds

    def failure(self, now: float) -> str | None:
        """Why the cluster must be replaced; None while it need not be."""
        if now < self.deadline:
            return None
        if self.was_run_only:
            return "canaries_not_acknowledged"
        return "canaries_not_run" if self.first_proof else "does_not_start"

    @property
    def was_proven(self) -> bool:
        """It worked for PROVEN_SECONDS."""
        if self.first_proof is None or self.last_proof is None:
            return False
        return self.last_proof - self.first_proof >= PROVEN_SECONDS


def restart_delay(failures: int) -> float:
    """Seconds before the next start after this many failures in a row without a proven cluster."""
    return 0.0 if failures < 2 else min(2.0 ** (failures - 2), LONGEST_DELAY_SECONDS)
