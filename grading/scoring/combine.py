"""From several tries to one set of criterion scores."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import median

from grading.enums import Criterion, Skill
from grading.scoring.bands import round_half_up, task_mean

Scores = Mapping[Criterion, Decimal]


def combine(tries: Sequence[Scores]) -> dict[Criterion, Decimal]:
    """The median of at least one try per criterion, rounded half up to 0.5.

    The median, because one try that went astray then moves nothing.
    """
    return {
        criterion: round_half_up(median(scores[criterion] for scores in tries))
        for criterion in tries[0]
    }


def spread(tries: Sequence[Scores]) -> dict[Criterion, Decimal]:
    """Points between the highest and the lowest try, per criterion."""
    return {
        criterion: max(s[criterion] for s in tries) - min(s[criterion] for s in tries)
        for criterion in tries[0]
    }


def mean_spread(tries: Sequence[Scores], skill: Skill) -> Decimal:
    """Points between the highest and the lowest mean of a try."""
    means = [task_mean(scores, skill) for scores in tries]
    return max(means) - min(means)


def most_typical(tries: Sequence[Scores], combined: Scores) -> int:
    """Position of the try nearest to the combined scores, the first of equals."""
    distances = [
        sum(abs(scores[criterion] - combined[criterion]) for criterion in combined)
        for scores in tries
    ]
    return distances.index(min(distances))
