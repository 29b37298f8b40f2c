"""Figures for leads."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from grading.enums import Priority
from review import charts, queries, wording
from review.access import RaterRequest, lead_required
from review.figures import figures_for
from review.views.answers import show_page


@require_GET
@lead_required
def dashboard(request: RaterRequest) -> HttpResponse:
    """Figures, each picture with its table beside it."""
    figures = figures_for(request.user)
    waiting = [
        (wording.words_for(wording.PRIORITIES, Priority, name), number)
        for name, number in figures.waiting.items()
    ]
    hours = [
        (f"{timezone.localtime(hour):%H:00}", number) for hour, number in figures.graded_by_hour
    ]
    context = {
        "figures": figures,
        "waiting_bars": charts.rows(waiting, width=240),
        "hour_bars": charts.columns(hours, width=960, height=120),
        "claims": queries.open_claim_list(),
        "here": "dashboard",
    }
    return show_page(request, "review/dashboard.html", context)
