"""How far a grade may be trusted, by fixed rules.

The rules are conservative and not calibrated: `confidence_score` ranks grades, and is no
probability, until a calibrator fitted on a site's own ratings takes its place.
"""

from dataclasses import dataclass
from decimal import Decimal

from grading.enums import Confidence, Flag
from grading.scoring.bands import SCORE_STEP

# Something is wrong with the response, or no model's word stands behind the score at all.
SERIOUS_FLAGS = frozenset(
    {
        Flag.EMPTY,
        Flag.TOO_SHORT_TO_JUDGE,
        Flag.PROMPT_COPY,
        Flag.OFF_TOPIC,
        Flag.NON_ENGLISH,
        Flag.INJECTION_SUSPECTED,
        Flag.REPLY_UNUSABLE,
        Flag.MODEL_REFUSED,
        Flag.NO_MODEL,
        Flag.PROVIDERS_DOWN,
    }
)
# The score may well stand, but somebody should look: a cap of second-hand source was applied
# (underlength), the words are fewer than they seem (repetition), or an alarm went off.
CAUTION_FLAGS = frozenset(
    {
        Flag.UNDERLENGTH,
        Flag.REPETITION,
        Flag.CRITERION_WITHOUT_EVIDENCE,
        Flag.REPLY_REPAIRED,
        Flag.MODEL_SUBSTITUTED,
        Flag.FAR_FROM_LOCAL_SCORER,
        Flag.QUESTION_UNKNOWN,
    }
)
# Within half a rounding step of a cut, one half step in one criterion (0.125 of the mean) taken
# twice changes the level.
NEAR_CUT = SCORE_STEP / 2
# Below three quarters found, the model invents rather than misspells what it quotes.
MIN_LOCATED_SHARE = 0.75
# The difference at which two raters of one response call a third.
MAX_MEAN_SPREAD = Decimal("1.0")
# The width of the narrowest band, B1: a gap as wide as a whole level.
FAR_FROM_LOCAL = Decimal("2.0")

_RANGES = {
    Confidence.HIGH: (0.75, 0.90),
    Confidence.MEDIUM: (0.50, 0.74),
    Confidence.LOW: (0.05, 0.49),
}


@dataclass(frozen=True)
class Signals:
    """What a confidence is made of; points on the 0-10 scale, shares in 0-1."""

    flags: frozenset[Flag]
    distance_to_cut: Decimal
    located_share: float = 1.0
    criteria_without_evidence: int = 0
    repairs: int = 0
    mean_spread: Decimal = Decimal(0)
    tries_asked: int = 1
    tries_valid: int = 1
    local_only: bool = False


def confidence_of(signals: Signals) -> tuple[Confidence, float]:
    """High, medium or low, and a score of 0-1 that falls within the range of each."""
    level = _level(signals)
    lowest, highest = _RANGES[level]
    return level, round(max(lowest, min(highest, highest - _doubt(signals))), 3)


def _level(signals: Signals) -> Confidence:
    if signals.local_only or signals.flags & SERIOUS_FLAGS:
        return Confidence.LOW
    return Confidence.MEDIUM if _asks_for_caution(signals) else Confidence.HIGH


def _asks_for_caution(signals: Signals) -> bool:
    return bool(
        signals.flags & CAUTION_FLAGS
        or signals.distance_to_cut <= NEAR_CUT
        or signals.located_share < MIN_LOCATED_SHARE
        or signals.criteria_without_evidence
        or signals.repairs
        or signals.mean_spread >= MAX_MEAN_SPREAD
        or signals.tries_valid * 2 <= signals.tries_asked
    )


def _doubt(signals: Signals) -> float:
    """What is taken off the top of the level's range: each sign of doubt a little.

    The weights only order grades within a level; none of them moves a grade to another.
    """
    nearness = max(0.0, 1 - float(signals.distance_to_cut / (2 * NEAR_CUT)))
    return (
        0.10 * nearness
        + 0.10 * (1 - signals.located_share)
        + 0.03 * signals.criteria_without_evidence
        + 0.03 * signals.repairs
        + 0.03 * float(signals.mean_spread)
        + 0.03 * len(signals.flags & CAUTION_FLAGS)
        + 0.10 * len(signals.flags & SERIOUS_FLAGS)
    )
