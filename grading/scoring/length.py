"""What a response shorter than its task asks for may at most get for task fulfilment."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from grading.enums import Task

DEFAULT_MIN_WORDS: Mapping[Task, int] = {Task.WRITING_TASK_1: 120, Task.WRITING_TASK_2: 250}

# Percent short, exclusive, and the cap from there on: trainers' annotations, no regulation.
CapSteps = Sequence[tuple[int, Decimal | None]]
UNDERLENGTH_STEPS: Mapping[Task, CapSteps] = {
    Task.WRITING_TASK_1: ((10, None), (16, Decimal(6)), (30, Decimal(5))),
    Task.WRITING_TASK_2: ((10, None), (16, Decimal(6)), (26, Decimal(5))),
}
LOWEST_CAP = Decimal(4)


def underlength_cap(
    words: int,
    min_words: int,
    task: Task,
    steps: Mapping[Task, CapSteps] = UNDERLENGTH_STEPS,
) -> Decimal | None:
    """The most task fulfilment (0-10) may be at this length; None where length sets no limit."""
    if task not in steps or min_words <= 0:
        return None
    missing = min_words - words
    for percent, cap in steps[task]:
        if missing * 100 < percent * min_words:
            return cap
    return LOWEST_CAP
