"""Rows of the queue's tables."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User

from grading.enums import RouteReason, Skill
from grading.models import Grade, Submission
from grading.nlp.text import count_words
from review import wording
from review.models import Claim, Rating
from review.outcomes import Outcome, outcome_of

GENERAL = RouteReason.NOT_CALIBRATED
CONFIDENCE = {RouteReason.CONFIDENCE_LOW, RouteReason.CONFIDENCE_MEDIUM}


@dataclass(frozen=True)
class QueueRow:
    submission: Submission
    words: int
    reasons: list[str]
    claim: Claim | None
    is_mine: bool

    @property
    def machine(self) -> Grade | None:
        return self.submission.machine_grade

    @property
    def is_held(self) -> bool:
        return self.claim is not None and not self.claim.ran_out


@dataclass(frozen=True)
class RatedRow:
    rating: Rating
    words: int

    @property
    def submission(self) -> Submission:
        return self.rating.submission

    @property
    def machine(self) -> Grade | None:
        return self.rating.submission.machine_grade

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.rating, Skill(self.submission.skill))


def queue_rows(submissions: Iterable[Submission], rater: User) -> list[QueueRow]:
    """Rows for responses read with `queries.awaiting`."""
    return [queue_row(submission, rater) for submission in submissions]


def shares_general_reason(submissions: Iterable[Submission]) -> bool:
    """While no calibrator has earned trust most responses carry that reason: said once for all."""
    return any(GENERAL in each.route_reasons for each in submissions)


def telling_reasons(submission: Submission) -> list[str]:
    """What sets a response apart from its neighbours in the queue; its own page tells all.

    The row shows the confidence beside the score already.
    """
    special = [reason for reason in submission.route_reasons if reason != GENERAL]
    telling = [reason for reason in special if reason not in CONFIDENCE]
    return telling or special


def reasons_of(submission: Submission) -> list[str]:
    """In words; that something was noticed is said by naming what."""
    noticed = wording.noticed(submission.flags)
    return [
        noticed
        if reason == RouteReason.FLAGGED and noticed
        else wording.words_for(wording.ROUTE_REASONS, RouteReason, reason)
        for reason in telling_reasons(submission)
    ]


def queue_row(submission: Submission, rater: User) -> QueueRow:
    claims: list[Claim] = getattr(submission, "open_claims", [])
    claim = claims[0] if claims else None
    return QueueRow(
        submission=submission,
        words=count_words(submission.answer_text),
        reasons=reasons_of(submission),
        claim=claim,
        is_mine=claim is not None and claim.rater_id == rater.pk,
    )


def rated_rows(ratings: Iterable[Rating]) -> list[RatedRow]:
    return [RatedRow(rating, count_words(rating.submission.answer_text)) for rating in ratings]
