"""Whether a grade completes by itself or goes to a rater, how urgently, and why."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from grading.enums import (
    AutoReleasePolicy,
    Confidence,
    Flag,
    GradeSource,
    Priority,
    RouteReason,
)
from grading.scoring.confidence import NEAR_CUT

URGENCY = {Priority.LOW: 1, Priority.MEDIUM: 2, Priority.HIGH: 3}

# What is worth knowing but does not by itself put a grade in doubt.
HARMLESS_FLAGS = frozenset({Flag.AUDIT_DIFFERENCE})


@dataclass(frozen=True)
class Route:
    """`priority` is None exactly when the grade is released."""

    confidence: Confidence
    priority: Priority | None
    reasons: tuple[RouteReason, ...]

    @property
    def releases(self) -> bool:
        return self.priority is None


def route(
    *,
    confidence: Confidence,
    source: GradeSource,
    flags: Collection[Flag],
    distance_to_cut: Decimal,
    policy: AutoReleasePolicy,
    client_priority: Priority | None = None,
) -> Route:
    """Route a grade: `high` completes, `medium` waits at priority medium, `low` at high.

    Without a calibrator nothing is `high` unless the operator chose the fixed rules. What the
    confidence should have seen already, a flag or a near cut, is looked at here once more: a
    grade that completes by itself has passed both. `distance_to_cut` is in points, 0-10.
    """
    reasons: list[RouteReason] = []
    if policy != AutoReleasePolicy.FIXED:
        reasons.append(RouteReason.NOT_CALIBRATED)
        confidence = Confidence.MEDIUM if confidence == Confidence.HIGH else confidence
    if source != GradeSource.AI:
        reasons.append(RouteReason.LOCAL_SCORER_ONLY)
        confidence = Confidence.LOW
    if set(flags) - HARMLESS_FLAGS:
        reasons.append(RouteReason.FLAGGED)
        confidence = Confidence.MEDIUM if confidence == Confidence.HIGH else confidence
    if distance_to_cut <= NEAR_CUT:
        reasons.append(RouteReason.NEAR_BAND_CUT)
        confidence = Confidence.MEDIUM if confidence == Confidence.HIGH else confidence
    return _conclude(confidence, reasons, client_priority)


def _conclude(
    confidence: Confidence, reasons: list[RouteReason], client_priority: Priority | None
) -> Route:
    if confidence == Confidence.HIGH:
        return Route(confidence, None, ())
    if confidence == Confidence.LOW:
        reasons.insert(0, RouteReason.CONFIDENCE_LOW)
        priority = Priority.HIGH
    else:
        reasons.insert(0, RouteReason.CONFIDENCE_MEDIUM)
        priority = Priority.MEDIUM
    if client_priority and URGENCY[client_priority] > URGENCY[priority]:
        reasons.append(RouteReason.CLIENT_PRIORITY)
        priority = client_priority
    return Route(confidence, priority, tuple(reasons))
