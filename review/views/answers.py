"""Ways to answer that pages and swaps share."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRedirect

from review import queries
from review.access import RaterRequest, is_lead


def go_to(request: RaterRequest, address: str) -> HttpResponse:
    """A full page load of another address, after a form or a swap."""
    if request.htmx:
        return HttpResponseClientRedirect(address)
    answer = HttpResponseRedirect(address)
    answer.status_code = 303
    return answer


def show_page(
    request: RaterRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of the console with what its frame needs."""
    frame = {
        "is_lead": is_lead(request),
        "undoable": queries.undoable_by(request.user),
        # Where the language switch comes back to: a GET, also from the answer to a POST.
        "address": request.get_full_path(),
    }
    return render(request, template, {**frame, **context}, status=status)
