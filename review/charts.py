"""Bars as coordinates: pictures drawn by the server, with no style and no script."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    label: str
    value: int
    x: float
    y: float
    width: float
    height: float


def rows(values: Sequence[tuple[str, int]], width: int, row: int = 28) -> list[Bar]:
    """Lying bars, one under the other; the longest takes the width (pixels)."""
    longest = max((value for _, value in values), default=0) or 1
    return [
        Bar(label, value, 0, number * row, round(width * value / longest, 1), row - 8)
        for number, (label, value) in enumerate(values)
    ]


def columns(values: Sequence[tuple[str, int]], width: int, height: int) -> list[Bar]:
    """Standing bars side by side; the tallest takes the height (pixels)."""
    tallest = max((value for _, value in values), default=0) or 1
    step = width / max(len(values), 1)
    return [
        Bar(
            label,
            value,
            round(number * step, 1),
            round(height - height * value / tallest, 1),
            round(step - 2, 1),
            round(height * value / tallest, 1),
        )
        for number, (label, value) in enumerate(values)
    ]
