"""What a benchmark reports."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure beside the peer or limit it is read against; machines are noisy, so
    only the ratio is worth comparing across runs."""

    name: str
    value: float
    unit: str
    peer: str
    peer_value: float

    @property
    def ratio(self) -> float:
        return self.value / self.peer_value if self.peer_value else float("inf")


def median_seconds(action: Callable[[], object], repeats: int) -> float:
    """Median wall time of an action in seconds, after one run that is not counted."""
    action()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
