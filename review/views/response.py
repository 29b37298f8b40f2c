"""One response: read it, hold it, rate it, take the rating back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from grading.enums import CRITERIA, Skill, Status
from grading.models import Submission
from review import queries, wording
from review.access import RaterRequest, get_reviewable, is_lead, rater_required
from review.outcomes import outcome_for
from review.services import claims, ratings
from review.views.answers import go_to, show_page
from review.views.following import go_to_next
from review.worksheet import Form, first_form, worksheet_of


@require_GET
@rater_required
def show(request: RaterRequest, submission_id: UUID) -> HttpResponse:
    """Read-only, or with the form for the one who holds it."""
    return page(request, get_reviewable(request, submission_id))


@require_POST
@rater_required
def claim(request: RaterRequest, submission_id: UUID) -> HttpResponse:
    """Hold this response; a form sent along is kept."""
    submission = get_reviewable(request, submission_id)
    kept = form_from(request, submission) if "feedback" in request.POST else None
    try:
        claims.claim(submission.pk, request.user)
    except claims.HeldByAnother as held:
        return conflict(request, submission, held_sentence(held), kept)
    except claims.NoLongerPending:
        return conflict(request, submission, no_longer_pending(), kept)
    if kept is None:
        return go_to(request, reverse("response", args=[submission.pk]))
    return page(request, submission, form=kept)


@require_POST
@rater_required
def renew(request: RaterRequest, submission_id: UUID) -> HttpResponse:
    """Start the lease of an open page anew."""
    submission = get_reviewable(request, submission_id)
    context: dict[str, Any] = {"submission": submission}
    try:
        context["held"] = claims.renew(lease_from(request), request.user)
    except claims.ClaimLost as lost:
        context["lost"] = lost_sentence(lost)
    status = 409 if "lost" in context else 200
    return render(request, "review/_lease.html", context, status=status)


@require_POST
@rater_required
def release(request: RaterRequest, submission_id: UUID) -> HttpResponse:
    """Give the response back to the queue."""
    submission = get_reviewable(request, submission_id)
    try:
        claims.release(lease_from(request), request.user, by_lead=is_lead(request))
    except claims.ClaimLost as lost:
        kept = form_from(request, submission) if "feedback" in request.POST else None
        return conflict(request, submission, lost_sentence(lost), kept)
    messages.success(request, _("The response is back in the queue."))
    return go_to(request, reverse("queue"))


@require_POST
@rater_required
def submit(request: RaterRequest, submission_id: UUID) -> HttpResponse:
    """Rate the response; what cannot be taken comes back with everything typed."""
    submission = get_reviewable(request, submission_id)
    form = form_from(request, submission)
    try:
        ratings.submit_rating(
            lease_from(request),
            request.user,
            form.scores,
            form.feedback,
            form.override_reason,
            form.comment,
        )
    except ratings.RatingInvalid as invalid:
        return page(request, submission, form=with_errors(form, invalid), status=422)
    except ratings.AlreadyRated:
        return conflict(request, submission, rated_elsewhere(), form)
    except claims.ClaimLost as lost:
        return conflict(request, submission, lost_sentence(lost), form)
    except claims.NoLongerPending:
        return conflict(request, submission, no_longer_pending(), form)
    return after_submit(request, submission)


@require_POST
@rater_required
def undo(request: RaterRequest, submission_id: UUID) -> HttpResponse:
    """Take one's own rating back within its undo window."""
    submission = get_reviewable(request, submission_id)
    rating = queries.unsettled_rating_of(submission)
    try:
        if rating is None:
            raise ratings.TooLateToUndo
        ratings.undo_rating(rating.pk, request.user)
    except ratings.TooLateToUndo:
        return conflict(request, submission, _("It is too late: the rating counts already."))
    messages.success(request, _("Your rating is taken back. You hold the response again."))
    return go_to(request, reverse("response", args=[submission.pk]))


def after_submit(request: RaterRequest, submission: Submission) -> HttpResponse:
    if request.POST.get("then") == "next":
        return go_to_next(request, lambda _request: _("That was the last one that is free."))
    return go_to(request, reverse("response", args=[submission.pk]))


def page(
    request: RaterRequest,
    submission: Submission,
    *,
    form: Form | None = None,
    conflict: str = "",
    status: int = 200,
) -> HttpResponse:
    held = queries.claim_on(submission)
    is_mine = held is not None and held.rater_id == request.user.pk
    unsettled = queries.unsettled_rating_of(submission)
    outcome = outcome_for(submission, request.user, unsettled)
    context = {
        "sheet": worksheet_of(submission, form or first_form(submission, request.user), outcome),
        "submission": submission,
        "machine": submission.machine_grade,
        "outcome": outcome,
        "unsettled": unsettled,
        "held": held,
        "is_mine": is_mine and submission.status == Status.REVIEW_PENDING,
        "is_pending": submission.status == Status.REVIEW_PENDING,
        "keeps_form": form is not None,
        "conflict": conflict,
        "override_reasons": wording.OVERRIDE_REASONS.items(),
        "address": reverse("response", args=[submission.pk]),
        **backgrounds(submission),
    }
    return show_page(request, "review/response.html", context, status)


def backgrounds(submission: Submission) -> dict[str, Any]:
    """What is known around a response: its history, and how its grade was made."""
    events = queries.history_of(submission)
    return {
        "events": [(event, wording.event_sentence(event)) for event in events],
        "tries": queries.tries_of(submission.machine_grade),
    }


def conflict(
    request: RaterRequest, submission: Submission, sentence: str, form: Form | None = None
) -> HttpResponse:
    """Somebody was faster: 409, a sentence, and what was typed."""
    fresh = queries.submission_with_all(submission.pk) or submission
    return page(request, fresh, form=form, conflict=sentence, status=409)


def form_from(request: RaterRequest, submission: Submission) -> Form:
    given = request.POST
    names = CRITERIA[Skill(submission.skill)]
    return Form(
        scores={name.value: given[f"score_{name}"] for name in names if f"score_{name}" in given},
        # Browsers send line ends as CRLF whatever was typed.
        feedback=given.get("feedback", "").replace("\r\n", "\n"),
        override_reason=given.get("override_reason", ""),
        comment=given.get("comment", "").replace("\r\n", "\n"),
    )


def with_errors(form: Form, invalid: ratings.RatingInvalid) -> Form:
    return Form(
        form.scores, form.feedback, form.override_reason, form.comment, errors=invalid.errors
    )


def lease_from(request: RaterRequest) -> UUID:
    try:
        return UUID(request.POST.get("lease", ""))
    except ValueError:
        raise claims.ClaimLost from None


def held_sentence(held: claims.HeldByAnother) -> str:
    return format_html(
        _("{who} was faster and has this response until {time}."), **holder_words(held)
    )


def lost_sentence(lost: claims.ClaimLost) -> str:
    if lost.holder is None:
        return _("You no longer hold this response. What you wrote is kept below.")
    return format_html(
        _("{who} has this response now, until {time}. What you wrote is kept below."),
        **holder_words(lost.holder),
    )


def holder_words(held: claims.HeldByAnother) -> dict[str, str]:
    """Who, and until when as an element that the browser shows in its own time zone."""
    until = timezone.localtime(held.until)
    time = format_html(
        '<time datetime="{}" data-local>{}</time>', until.isoformat(), f"{until:%H:%M}"
    )
    return {"who": held.rater_name, "time": time}


def rated_elsewhere() -> str:
    return _("You have already rated this response in another tab: these scores were not taken.")


def no_longer_pending() -> str:
    return _("This response needs no rater any more: it was rated or cancelled meanwhile.")
