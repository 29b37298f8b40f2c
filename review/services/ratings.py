"""What raters decide, and the time in which they may take it back."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, cast
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from grading.enums import CRITERIA, AuditKind, Criterion, OverrideReason, Skill
from grading.models import Submission
from grading.schemas import HumanDecision
from grading.scoring.bands import SCORE_STEP, is_legal_score, task_score
from grading.services import audit
from grading.services.settling import settle_human_grade
from review.models import Claim, Rating
from review.services.claims import ClaimLost, hold, lock_claim, lock_submission, require_pending

FEEDBACK_LIMIT = 6000
COMMENT_LIMIT = 2000

log = structlog.get_logger(__name__)


class RatingInvalid(Exception):
    """`errors` has one sentence per field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


class AlreadyRated(Exception):
    """The lease was submitted before, with other content; what was sent first stands."""


class TooLateToUndo(Exception):
    """The undo window is over, or the rating was taken back before."""


def submit_rating(
    lease_id: UUID,
    rater: User,
    criteria_scores: Mapping[str, object],
    feedback: str = "",
    override_reason: str = "",
    comment: str = "",
) -> Rating:
    """Rate a claimed response (0-10 in half steps per criterion); counts after UNDO_SECONDS.

    ClaimLost, NoLongerPending, or RatingInvalid with a sentence per field. The same content twice
    gives the rating already made with the lease, other content AlreadyRated.
    """
    with transaction.atomic():
        try:
            held = lock_claim(lease_id, rater)
        except ClaimLost:
            rating = already_submitted(lease_id, rater)
            if not says_the_same(rating, criteria_scores, feedback, override_reason, comment):
                raise AlreadyRated from None
            return rating
        require_pending(held.submission)
        decision = decide(held.submission, rater, criteria_scores, override_reason)
        texts = check_texts(feedback, comment)
        rating = write(held, decision, texts, override_reason)
        if settings.UNDO_SECONDS == 0:
            settle(rating)
    return rating


def undo_rating(rating_id: int, rater: User) -> Claim:
    """Take a rating back within its undo window; the rater holds the response again."""
    with transaction.atomic():
        rating = (
            Rating.objects.select_for_update(no_key=True, of=("self",))
            .filter(pk=rating_id, rater=rater, undone_at__isnull=True, grade__isnull=True)
            .filter(settles_at__gt=Now())
            .first()
        )
        if rating is None:
            raise TooLateToUndo
        submission = lock_submission(rating.submission_id)
        Rating.objects.filter(pk=rating.pk).update(undone_at=Now())
        audit.record(submission, AuditKind.RATING_UNDONE, actor=rater)
        return hold(submission, rater)


def settle_due_ratings() -> int:
    """Let every rating whose undo window is over count; how many did."""
    settled = 0
    refused: list[int] = []
    while (rating_id := settle_next(refused)) is not None:
        if rating_id not in refused:
            settled += 1
    return settled


def settle_next(refused: list[int]) -> int | None:
    """Settle one due rating in its own transaction; one that cannot be is kept for a later run."""
    rating_id: int | None = None
    try:
        with transaction.atomic():
            rating = due_rating(refused)
            if rating is None:
                return None
            rating_id = rating.pk
            settle(rating)
    except Exception as error:
        # One rating that cannot count must not keep all later ones from counting.
        if rating_id is None:
            raise
        log.exception("rating_not_settled", rating_id=rating_id, exc_info=error)
        refused.append(rating_id)
    return rating_id


def due_rating(refused: list[int]) -> Rating | None:
    return (
        Rating.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .filter(undone_at__isnull=True, grade__isnull=True, settles_at__lte=Now())
        .exclude(pk__in=refused)
        .order_by("settles_at")
        .first()
    )


def settle(rating: Rating) -> None:
    decision = HumanDecision(
        criteria_scores={
            Criterion(key): Decimal(str(score)) for key, score in rating.criteria_scores.items()
        },
        feedback=rating.feedback,
        rater_id=rating.rater_id,
        override_reason=rating.override_reason,
        comment=rating.comment,
    )
    rating.grade = settle_human_grade(rating.submission_id, decision)
    rating.save(update_fields=["grade"])


def already_submitted(lease_id: UUID, rater: User) -> Rating:
    """The rating this lease was used for; ClaimLost when it was used for none."""
    rating = Rating.objects.filter(
        claim__lease_id=lease_id, rater=rater, undone_at__isnull=True
    ).first()
    if rating is None:
        lock_claim(lease_id, rater)
        raise ClaimLost
    return rating


def says_the_same(
    rating: Rating,
    criteria_scores: Mapping[str, object],
    feedback: str,
    override_reason: str,
    comment: str,
) -> bool:
    """A double click sends one decision twice; a second tab may send another."""
    scores = {key: score_from(score) for key, score in criteria_scores.items()}
    first = {key: Decimal(str(score)) for key, score in rating.criteria_scores.items()}
    return (scores, feedback.strip(), override_reason, comment.strip()) == (
        first,
        rating.feedback,
        rating.override_reason,
        rating.comment,
    )


def decide(
    submission: Submission, rater: User, given: Mapping[str, object], override_reason: str
) -> dict[Criterion, Decimal]:
    """The scores as numbers; RatingInvalid names every field that is wrong."""
    errors: dict[str, str] = {}
    scores: dict[Criterion, Decimal] = {}
    for criterion in CRITERIA[Skill(submission.skill)]:
        score = score_from(given.get(criterion))
        if score is None:
            errors[criterion] = _("Give a score from 0 to 10 in half steps.")
        else:
            scores[criterion] = score
    unknown = set(given) - set(CRITERIA[Skill(submission.skill)])
    errors.update({key: _("This skill has no such criterion.") for key in unknown})
    if override_reason and override_reason not in set(OverrideReason):
        errors["overrideReason"] = _("Choose one of the reasons in the list.")
    elif not errors and not override_reason and overrides(submission, scores):
        errors["overrideReason"] = _(
            "Say why: a criterion differs from the machine's score by half a point or more."
        )
    if errors:
        raise RatingInvalid(errors)
    return scores


def overrides(submission: Submission, scores: Mapping[Criterion, Decimal]) -> bool:
    """A criterion differs from the machine's by a step or more."""
    if submission.machine_grade is None:
        return False
    machine = submission.machine_grade.criteria_scores
    return any(
        abs(score - machine[criterion]) >= SCORE_STEP
        for criterion, score in scores.items()
        if criterion in machine
    )


def score_from(given: object) -> Decimal | None:
    if isinstance(given, bool) or given is None:
        return None
    try:
        score = Decimal(str(given).strip().replace(",", "."))
    except InvalidOperation:
        return None
    return score if score.is_finite() and is_legal_score(score) else None


def check_texts(feedback: str, comment: str) -> dict[str, str]:
    texts = {"feedback": feedback.strip(), "comment": comment.strip()}
    limits = {"feedback": FEEDBACK_LIMIT, "comment": COMMENT_LIMIT}
    errors = {
        field: _("Use at most %(limit)d characters.") % {"limit": limits[field]}
        for field, text in texts.items()
        if len(text) > limits[field]
    }
    # PostgreSQL stores no NUL.
    errors.update(
        {
            field: _("This text holds a character that cannot be stored.")
            for field, text in texts.items()
            if "\x00" in text
        }
    )
    if errors:
        raise RatingInvalid(errors)
    return texts


def write(
    held: Claim, scores: Mapping[Criterion, Decimal], texts: dict[str, str], override_reason: str
) -> Rating:
    rating = Rating.objects.create(
        submission=held.submission,
        rater_id=held.rater_id,
        claim=held,
        criteria_scores={criterion.value: float(score) for criterion, score in scores.items()},
        override_reason=override_reason,
        settles_at=Now() + timedelta(seconds=settings.UNDO_SECONDS),
        **cast(dict[str, Any], texts),
    )
    rating.refresh_from_db(fields=["submitted_at", "settles_at"])
    Claim.objects.filter(pk=held.pk).update(ended_at=Now())
    overall = task_score(scores, Skill(held.submission.skill))
    audit.record(held.submission, AuditKind.RATED, actor=held.rater, score=str(overall))
    return rating
