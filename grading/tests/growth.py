"""Whether work grows with the length of a text and not with its square, measured in one run."""

from collections.abc import Callable
from time import process_time

# Linear work takes eight times as long for eight times the text, quadratic work sixty-four times.
PARTS = 8
LARGEST_RATIO = 24
# Below this the clock measures itself.
UNMEASURABLE_SECONDS = 0.02


def assert_grows_linearly(action: Callable[[str], object], text: str) -> None:
    """AssertionError when an action takes out of all proportion longer for the whole text."""
    whole = fastest(action, text)
    if whole < UNMEASURABLE_SECONDS:
        return
    part = max(fastest(action, text[: len(text) // PARTS]), UNMEASURABLE_SECONDS / PARTS)
    assert whole / part < LARGEST_RATIO


def fastest(action: Callable[[str], object], text: str) -> float:
    times = []
    for _ in range(3):
        started = process_time()
        action(text)
        times.append(process_time() - started)
    return min(times)
