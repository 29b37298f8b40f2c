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


def telling_reasons(submission: Submission) -> list[str]:
    """What sets a response apart from its neighbours in the queue; its own page tells all.

    While no calibrator has earned trust every response carries that reason, and the row shows the
    confidence beside the score already.
    """
    usual = {RouteReason.NOT_CALIBRATED, RouteReason.CONFIDENCE_LOW, RouteReason.CONFIDENCE_MEDIUM}
    telling = [reason for reason in submission.route_reasons if reason not in usual]
    return telling or list(submission.route_reasons)


def queue_row(submission: Submission, rater: User) -> QueueRow:
    claims: list[Claim] = getattr(submission, "open_claims", [])
    claim = claims[0] if claims else None
    return QueueRow(
        submission=submission,
        words=count_words(submission.answer_text),
        reasons=wording.sentences_for(
            wording.ROUTE_REASONS, RouteReason, telling_reasons(submission)
        ),
        claim=claim,
        is_mine=claim is not None and claim.rater_id == rater.pk,
    )


def rated_rows(ratings: Iterable[Rating]) -> list[RatedRow]:
    return [RatedRow(rating, count_words(rating.submission.answer_text)) for rating in ratings]
