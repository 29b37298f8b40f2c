"""Rounding, means and bands of VSTEP.3-5, in Decimal."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_FLOOR, Decimal

from grading.enums import CRITERIA, Band, Criterion, Skill

SCORE_MIN = Decimal("0")
SCORE_MAX = Decimal("10")
SCORE_STEP = Decimal("0.5")

# Cut scores of the VSTEP.3-5 scale, from the highest.
BAND_CUTS: tuple[tuple[Decimal, Band], ...] = (
    (Decimal("8.5"), Band.C1),
    (Decimal("6.0"), Band.B2),
    (Decimal("4.0"), Band.B1),
)


def round_half_up(score: Decimal, step: Decimal = SCORE_STEP) -> Decimal:
    """Round a score in 0-10 to the nearest step; a tie goes up (6.25 gives 6.5)."""
    steps = (score / step + Decimal("0.5")).to_integral_value(rounding=ROUND_FLOOR)
    return (steps * step).quantize(Decimal("0.1"))


def is_legal_score(score: Decimal, step: Decimal = SCORE_STEP) -> bool:
    """A score may be stored: within 0-10 and on a step."""
    return SCORE_MIN <= score <= SCORE_MAX and score % step == 0


def mean(scores: Iterable[Decimal]) -> Decimal:
    """Unrounded mean of at least one score; ValueError for none."""
    values = list(scores)
    if not values:
        raise ValueError("the mean of no scores does not exist")
    return sum(values, Decimal(0)) / len(values)


def task_mean(criteria: Mapping[Criterion, Decimal], skill: Skill) -> Decimal:
    """Unrounded mean of a task's criteria, equal weights; KeyError names a missing one."""
    return mean(criteria[criterion] for criterion in CRITERIA[skill])


def task_score(criteria: Mapping[Criterion, Decimal], skill: Skill) -> Decimal:
    """A task's own score as shown: the mean rounded half up to 0.5."""
    return round_half_up(task_mean(criteria, skill))


def band_of(score: Decimal) -> Band:
    """The band a rounded score of 0-10 falls in."""
    for cut, band in BAND_CUTS:
        if score >= cut:
            return band
    return Band.NONE


def distance_to_cut(unrounded: Decimal) -> Decimal:
    """Points between an unrounded score and the nearest value at which its band would change.

    A cut at 6.0 is reached from 5.75, since scores round half up to 0.5 first.
    """
    return min(abs(unrounded - (cut - SCORE_STEP / 2)) for cut, _ in BAND_CUTS)
