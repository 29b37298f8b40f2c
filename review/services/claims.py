"""Who holds which response, and until when, by the database's clock."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from grading.enums import AuditKind, Status
from grading.models import Submission
from grading.services import audit
from review.models import Claim
from review.queries import open_claims, unsettled_ratings
from review.wording import name_of


class HeldByAnother(Exception):
    """Somebody else has the response, until a time."""

    def __init__(self, rater_name: str, until: datetime) -> None:
        super().__init__(f"held by {rater_name} until {until:%H:%M}")
        self.rater_name = rater_name
        self.until = until


class NoLongerPending(Exception):
    """The response needs no rater any more, or is rated and waits for its undo window."""


class ClaimLost(Exception):
    """The hold ended; `holder` names who has the response now, if anybody."""

    def __init__(self, holder: HeldByAnother | None = None) -> None:
        super().__init__("the claim has ended")
        self.holder = holder


def claim(submission_id: UUID, rater: User) -> Claim:
    """Hold one response for CLAIM_MINUTES; one's own hold is renewed.

    HeldByAnother while another's lease runs, NoLongerPending when there is nothing to rate.
    """
    with transaction.atomic():
        queue_up(rater)
        submission = lock_submission(submission_id)
        require_pending(submission)
        held = take_or_end(submission, rater)
        return held or hold(submission, rater)


def claim_next(rater: User) -> Claim | None:
    """Hold the most urgent free response, one's own open one first; None when none is free."""
    # Rows that others have locked are passed over first, and waited for only at the end:
    # a lock is not yet a claim, and "nothing left" must be true.
    return claim_free(rater, skip_locked=True) or claim_free(rater, skip_locked=False)


def release(lease_id: UUID, rater: User, by_lead: bool = False) -> None:
    """Give a response back to the queue; a lead may give back another's. ClaimLost if it ended."""
    with transaction.atomic():
        held = lock_claim(lease_id, None if by_lead else rater)
        end(held, actor=rater, by_lead=by_lead and held.rater_id != rater.pk)


def renew(lease_id: UUID, rater: User) -> Claim:
    """Start the lease anew; ClaimLost when it has been ended or taken over."""
    with transaction.atomic():
        return extend(lock_claim(lease_id, rater))


def hold(submission: Submission, rater: User) -> Claim:
    """A new claim on a response locked and known to be free."""
    held = Claim.objects.create(submission=submission, rater=rater, lease_until=lease_end())
    held.refresh_from_db(fields=["lease_until"])
    audit.record(submission, AuditKind.CLAIMED, actor=rater)
    return held


def lock_claim(lease_id: UUID, rater: User | None) -> Claim:
    """The open claim, its submission locked; ClaimLost when it has ended or is not the rater's.

    A lease that ran out still stands until somebody takes the response: no work is lost.
    """
    try:
        submission_id = Claim.objects.values_list("submission_id", flat=True).get(lease_id=lease_id)
    except Claim.DoesNotExist:
        raise ClaimLost from None
    submission = lock_submission(submission_id)
    held = Claim.objects.filter(lease_id=lease_id, ended_at__isnull=True).first()
    if held is None or (rater is not None and held.rater_id != rater.pk):
        raise ClaimLost(holder_of(submission, rater))
    held.submission = submission
    return held


def lock_submission(submission_id: UUID) -> Submission:
    """The row, locked against other claims and state changes, not against audit rows.

    Every change of a claim is made under this lock.
    """
    return Submission.objects.select_for_update(no_key=True).get(pk=submission_id)


def require_pending(submission: Submission) -> None:
    """NoLongerPending unless the response waits for a rater."""
    if submission.status != Status.REVIEW_PENDING or is_being_settled(submission):
        raise NoLongerPending


def end(held: Claim, actor: User | None, **data: bool) -> None:
    """End a claim whose submission is locked, and say so in its history."""
    Claim.objects.filter(pk=held.pk).update(ended_at=Now())
    audit.record(held.submission, AuditKind.CLAIM_RELEASED, actor=actor, **data)


def queue_up(rater: User) -> None:
    """One claim of a rater at a time, so that a double click opens one response."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=rater.pk)


def take_or_end(submission: Submission, rater: User) -> Claim | None:
    open_claim = open_claims().filter(submission=submission).first()
    if open_claim is None:
        return None
    if open_claim.rater_id == rater.pk:
        return extend(open_claim)
    if not Claim.objects.filter(pk=open_claim.pk, lease_until__lt=Now()).exists():
        raise HeldByAnother(name_of(open_claim.rater), open_claim.lease_until)
    open_claim.submission = submission
    end(open_claim, actor=None, expired=True)
    return None


def continue_own(rater: User) -> Claim | None:
    for own in Claim.objects.filter(rater=rater, ended_at__isnull=True).order_by("id"):
        own.submission = lock_submission(own.submission_id)
        if not Claim.objects.filter(pk=own.pk, ended_at__isnull=True).exists():
            continue
        if own.submission.status == Status.REVIEW_PENDING:
            return extend(own)
        end(own, actor=None)
    return None


def claim_free(rater: User, skip_locked: bool) -> Claim | None:
    while True:
        with transaction.atomic():
            queue_up(rater)
            own = continue_own(rater)
            submission = None if own else lock_most_urgent(skip_locked)
            if submission is None:
                return own
            # The row was chosen by a snapshot from before its lock was ours: look again.
            if free_submissions().filter(pk=submission.pk).exists():
                return take_or_end(submission, rater) or hold(submission, rater)


def lock_most_urgent(skip_locked: bool) -> Submission | None:
    return (
        free_submissions()
        .select_for_update(no_key=True, of=("self",), skip_locked=skip_locked)
        .order_by("-review_rank", "review_since", "id")
        .first()
    )


def free_submissions() -> QuerySet[Submission]:
    """What may be offered: waiting, held by nobody, no rating waiting to count."""
    held = Claim.objects.filter(
        submission=OuterRef("pk"), ended_at__isnull=True, lease_until__gte=Now()
    )
    rated = unsettled_ratings().filter(submission=OuterRef("pk"))
    return Submission.objects.filter(~Exists(held), ~Exists(rated), status=Status.REVIEW_PENDING)


def extend(held: Claim) -> Claim:
    Claim.objects.filter(pk=held.pk).update(lease_until=lease_end())
    held.refresh_from_db(fields=["lease_until"])
    return held


def is_being_settled(submission: Submission) -> bool:
    return unsettled_ratings().filter(submission=submission).exists()


def holder_of(submission: Submission, rater: User | None) -> HeldByAnother | None:
    held = open_claims().filter(submission=submission).first()
    if held is None or (rater is not None and held.rater_id == rater.pk):
        return None
    return HeldByAnother(name_of(held.rater), held.lease_until)


def lease_end() -> CombinedExpression:
    return Now() + timedelta(minutes=settings.CLAIM_MINUTES)
