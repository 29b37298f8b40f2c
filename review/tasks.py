"""Queue entry points: one service call each."""

from grading.services.wakeups import codes_only
from review.services.ratings import settle_due_ratings


@codes_only
def settle_ratings() -> int:
    """Let ratings count whose undo window is over."""
    return settle_due_ratings()
