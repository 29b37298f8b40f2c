from decimal import Decimal

import pytest

from grading.enums import Task
from grading.scoring.length import DEFAULT_MIN_WORDS, underlength_cap

ONE, TWO = Task.WRITING_TASK_1, Task.WRITING_TASK_2


@pytest.mark.parametrize(
    ("task", "words", "cap"),
    [
        # Task 1 asks for 120: 10 % short at 108, 16 % between 101 and 100, 30 % at 84.
        (ONE, 300, None),
        (ONE, 120, None),
        (ONE, 109, None),
        (ONE, 108, "6"),
        (ONE, 101, "6"),
        (ONE, 100, "5"),
        (ONE, 85, "5"),
        (ONE, 84, "4"),
        (ONE, 0, "4"),
        # Task 2 asks for 250: 10 % short at 225, 16 % at 210, 26 % at 185.
        (TWO, 250, None),
        (TWO, 226, None),
        (TWO, 225, "6"),
        (TWO, 211, "6"),
        (TWO, 210, "5"),
        (TWO, 186, "5"),
        (TWO, 185, "4"),
        (TWO, 1, "4"),
    ],
)
def test_the_cap_changes_exactly_at_its_edges(task, words, cap):
    expected = None if cap is None else Decimal(cap)
    assert underlength_cap(words, DEFAULT_MIN_WORDS[task], task) == expected


def test_speech_and_a_task_without_a_minimum_know_no_cap():
    assert underlength_cap(1, 100, Task.SPEAKING_PART_1) is None
    assert underlength_cap(1, 0, ONE) is None


def test_the_steps_can_be_configured():
    steps = {ONE: ((50, None),)}
    assert underlength_cap(61, 120, ONE, steps) is None
    assert underlength_cap(60, 120, ONE, steps) == Decimal(4)
