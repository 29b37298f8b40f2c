from dataclasses import replace
from decimal import Decimal

import pytest

from grading.enums import Confidence, Flag
from grading.scoring.confidence import SERIOUS_FLAGS, Signals, confidence_of

SOUND = Signals(flags=frozenset(), distance_to_cut=Decimal("0.75"), tries_asked=3, tries_valid=3)


def level(signals: Signals) -> Confidence:
    return confidence_of(signals)[0]


def test_a_grade_with_nothing_against_it_is_of_high_confidence():
    assert level(SOUND) is Confidence.HIGH


@pytest.mark.parametrize("flag", sorted(SERIOUS_FLAGS))
def test_a_serious_flag_makes_it_low(flag):
    assert level(replace(SOUND, flags=frozenset({flag}))) is Confidence.LOW


def test_a_local_score_is_never_more_than_low():
    assert level(replace(SOUND, local_only=True)) is Confidence.LOW


@pytest.mark.parametrize(
    "change",
    [
        {"distance_to_cut": Decimal("0.25")},
        {"located_share": 0.74},
        {"criteria_without_evidence": 1},
        {"repairs": 1},
        {"mean_spread": Decimal("1.0")},
        {"tries_valid": 1},
        *(
            {"flags": frozenset({flag})}
            for flag in (
                Flag.QUESTION_UNKNOWN,
                Flag.MODEL_SUBSTITUTED,
                Flag.FAR_FROM_LOCAL_SCORER,
                Flag.UNDERLENGTH,
                Flag.REPETITION,
            )
        ),
    ],
)
def test_a_doubt_makes_it_medium(change):
    assert level(replace(SOUND, **change)) is Confidence.MEDIUM


def test_just_past_every_threshold_it_is_high():
    near = replace(
        SOUND,
        distance_to_cut=Decimal("0.26"),
        located_share=0.75,
        mean_spread=Decimal("0.99"),
        tries_valid=2,
    )
    assert level(near) is Confidence.HIGH


def test_the_score_orders_grades_as_their_levels_do_and_stays_within_0_and_1():
    worst = Signals(SERIOUS_FLAGS, Decimal(0), 0.0, 4, 9, Decimal(10), 3, 1, local_only=True)
    sorry = replace(SOUND, repairs=5, distance_to_cut=Decimal(0), located_share=0.0)
    shaky = replace(SOUND, distance_to_cut=Decimal("0.3"))
    numbers = [confidence_of(signals)[1] for signals in (worst, sorry, shaky, SOUND)]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 4
    assert numbers[0] > 0
    assert numbers[-1] < 1
