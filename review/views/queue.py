"""The queue, and the way to the next response."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from grading.enums import Priority
from grading.models import Submission
from review import queries, rows
from review.access import RaterRequest, rater_required
from review.views.answers import show_page
from review.views.following import go_to_next

TABS = ("waiting", "mine", "done")


@require_GET
@rater_required
def queue(request: RaterRequest) -> HttpResponse:
    """The page, or for a swap only its table."""
    tab = request.GET.get("view", "")
    tab = tab if tab in TABS else "waiting"
    context = {
        "tab": tab,
        "here": "queue",
        "counts": queries.awaiting_counts(),
        "held_by_all": queries.open_claim_count(),
        **(done(request) if tab == "done" else waiting(request, tab)),
    }
    template = "review/_queue.html" if request.htmx else "review/queue.html"
    return show_page(request, template, context)


def waiting(request: RaterRequest, tab: str) -> dict[str, object]:
    priority = request.GET.get("priority", "")
    priority = priority if priority in set(Priority) else ""
    if tab == "mine":
        found, more = queries.held_by(request.user), False
    else:
        after = queries.Place.parse(request.GET.get("after", ""))
        found = queries.queue_page(after, priority)
        found, more = found[: queries.PAGE_SIZE], len(found) > queries.PAGE_SIZE
    return {
        "rows": rows.queue_rows(found, request.user),
        "too_few_ratings": rows.shares_general_reason(found),
        "priority": priority,
        "is_later_page": bool(request.GET.get("after")),
        "next_place": place_of(found[-1]) if more else "",
    }


def place_of(submission: Submission) -> str:
    assert submission.review_since is not None  # noqa: S101  what waits has a beginning
    return str(queries.Place(submission.review_rank, submission.review_since, submission.pk))


def done(request: RaterRequest) -> dict[str, object]:
    return {"rated": rows.rated_rows(queries.rated_by(request.user))}


@require_POST
@rater_required
def open_next(request: RaterRequest) -> HttpResponse:
    """Claim the most urgent free response and open it."""
    return go_to_next(request, nothing_left)


def nothing_left(request: RaterRequest) -> str:
    """Why there is nothing to open: all is done, or others hold what is left."""
    held = [held for held in queries.open_claim_list() if held.rater_id != request.user.pk]
    if held:
        return _("Nothing is free now: others hold what is left (%(number)d).") % {
            "number": len(held)
        }
    return _("Nothing waits for a rater now. New responses appear here by themselves.")
