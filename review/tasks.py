"""Queue entry points: one service call each."""

from review.services.ratings import settle_due_ratings


def settle_ratings() -> int:
    """Let ratings count whose undo window is over."""
    return settle_due_ratings()
