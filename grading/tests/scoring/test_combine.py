from decimal import Decimal

from grading.enums import Criterion, Skill
from grading.scoring.combine import combine, mean_spread, most_typical, spread

TASK, ORDER, WORDS, GRAMMAR = (
    Criterion.TASK_FULFILLMENT,
    Criterion.ORGANIZATION,
    Criterion.VOCABULARY,
    Criterion.GRAMMAR,
)


def scores(*values: str) -> dict[Criterion, Decimal]:
    return dict(zip((TASK, ORDER, WORDS, GRAMMAR), map(Decimal, values), strict=True))


def test_one_try_that_went_astray_moves_nothing():
    tries = [
        scores("6", "6", "6", "6"),
        scores("6.5", "6", "5.5", "6"),
        scores("0", "10", "6", "6"),
    ]
    assert combine(tries) == scores("6.0", "6.0", "6.0", "6.0")


def test_two_tries_meet_in_the_middle_and_a_tie_goes_up():
    tries = [scores("6", "8", "5", "7"), scores("6.5", "8.5", "6", "7")]
    assert combine(tries) == scores("6.5", "8.5", "5.5", "7.0")


def test_one_try_is_taken_as_it_is():
    assert combine([scores("6", "6.5", "7", "7.5")]) == scores("6", "6.5", "7", "7.5")


def test_the_spread_is_told_by_criterion_and_for_the_mean():
    tries = [scores("6", "6", "6", "6"), scores("7", "6", "6", "6"), scores("6", "5", "6", "6")]
    assert spread(tries) == scores("1", "1", "0", "0")
    assert mean_spread(tries, Skill.WRITING) == Decimal("0.5")


def test_the_typical_try_is_the_nearest_to_the_combined_scores():
    tries = [scores("9", "9", "9", "9"), scores("6", "6", "6", "6.5"), scores("6", "6", "6", "5")]
    assert most_typical(tries, combine(tries)) == 1
