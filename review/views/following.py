"""The way to the next response."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from review import queries
from review.access import RaterRequest
from review.services.claims import claim_next
from review.views.answers import go_to


def go_to_next(request: RaterRequest, nothing_left: Callable[[RaterRequest], str]) -> HttpResponse:
    """Claim the most urgent free response and open it, one's own unfinished one first."""
    held_before = {submission.pk: submission for submission in queries.held_by(request.user)}
    held = claim_next(request.user)
    if held is None:
        messages.info(request, nothing_left(request))
        return go_to(request, reverse("queue"))
    if unfinished := held_before.get(held.submission_id):
        name = unfinished.submission_id
        messages.info(request, _("You still hold %(name)s.") % {"name": name})
    return go_to(request, reverse("response", args=[held.submission_id]))
