from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.enums import CRITERIA, Band, Skill
from grading.scoring.bands import (
    band_of,
    distance_to_cut,
    is_legal_score,
    mean,
    round_half_up,
    task_mean,
    task_score,
)

HALF_STEPS = [Decimal(twice) / 2 for twice in range(21)]
scores = st.decimals(0, 10, places=4)


def reference(score: Decimal) -> Decimal:
    """Half up, by the decimal module's own rounding."""
    return (score * 2).quantize(Decimal(1), rounding=ROUND_HALF_UP) / 2


@given(scores)
def test_rounding_is_half_up_everywhere(score):
    assert round_half_up(score) == reference(score)


@given(scores)
def test_a_rounded_score_is_legal_near_and_stays_as_it_is(score):
    rounded = round_half_up(score)
    assert is_legal_score(rounded)
    assert abs(rounded - score) <= Decimal("0.25")
    assert round_half_up(rounded) == rounded


@given(scores, scores)
def test_a_better_score_never_gets_a_lower_band(one, other):
    order = [Band.NONE, Band.B1, Band.B2, Band.C1]
    low, high = sorted([one, other])
    assert order.index(band_of(round_half_up(low))) <= order.index(band_of(round_half_up(high)))


@pytest.mark.parametrize(
    ("unrounded", "score", "band"),
    [
        ("0", "0.0", Band.NONE),
        ("3.7499", "3.5", Band.NONE),
        ("3.75", "4.0", Band.B1),
        ("5.7499", "5.5", Band.B1),
        ("5.75", "6.0", Band.B2),
        ("6.2499", "6.0", Band.B2),
        ("6.25", "6.5", Band.B2),
        ("8.2499", "8.0", Band.B2),
        ("8.25", "8.5", Band.C1),
        ("10", "10.0", Band.C1),
    ],
)
def test_ties_go_up_and_bands_begin_exactly_at_their_cuts(unrounded, score, band):
    rounded = round_half_up(Decimal(unrounded))
    assert (str(rounded), band_of(rounded)) == (score, band)


def test_every_combination_of_four_half_step_criteria_lands_on_a_legal_score():
    for combination in combinations_with_replacement(HALF_STEPS, 4):
        shown = task_score(
            dict(zip(CRITERIA[Skill.WRITING], combination, strict=True)), Skill.WRITING
        )
        assert is_legal_score(shown)
        assert shown == reference(sum(combination) / 4)


@given(st.sampled_from(Skill), st.data())
def test_a_tasks_score_is_its_mean_rounded_once(skill, data):
    given_scores = {one: data.draw(st.sampled_from(HALF_STEPS)) for one in CRITERIA[skill]}
    exact = sum(given_scores.values()) / len(given_scores)
    assert task_mean(given_scores, skill) == exact
    assert task_score(given_scores, skill) == reference(exact)


@given(st.decimals(-100, 100, places=2))
def test_a_score_is_legal_on_the_scale_and_on_a_half_step_only(score):
    assert is_legal_score(score) == (score in HALF_STEPS)


def test_no_scores_have_no_mean_and_a_missing_criterion_is_named():
    with pytest.raises(ValueError, match="mean of no scores"):
        mean([])
    partial = dict.fromkeys(CRITERIA[Skill.WRITING][1:], Decimal(6))
    with pytest.raises(KeyError, match=CRITERIA[Skill.WRITING][0]):
        task_mean(partial, Skill.WRITING)


@given(scores)
def test_the_distance_to_a_cut_is_what_it_takes_to_change_the_band(score):
    distance = distance_to_cut(score)
    band = band_of(round_half_up(score))
    tiny = Decimal("0.0001")
    above, below = (
        band_of(round_half_up(other)) for other in (score + distance, score - distance - tiny)
    )
    assert {above, below} != {band}
    if distance > tiny:
        inside = distance - tiny
        assert band_of(round_half_up(score + inside)) == band
        assert band_of(round_half_up(score - inside)) == band
