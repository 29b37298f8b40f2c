"""Figures for leads; each reads a bounded index."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Abs, TruncHour
from django.utils import timezone

from grading.enums import Status
from grading.models import Grade, Submission
from review import queries
from review.models import Rating

AGREEMENT_DAYS = 7


@dataclass(frozen=True)
class Agreement:
    """Machine against rater on the overall score, over rated responses a machine had graded."""

    rated: int
    exact: int
    close: int
    overridden: int

    @property
    def exact_share(self) -> float | None:
        return self.exact / self.rated if self.rated else None

    @property
    def close_share(self) -> float | None:
        return self.close / self.rated if self.rated else None

    @property
    def override_share(self) -> float | None:
        return self.overridden / self.rated if self.rated else None


@dataclass(frozen=True)
class Figures:
    waiting: dict[str, int]
    oldest_since: datetime | None
    held: int
    completed_today: int
    rated_by_me_today: int
    failed: int
    agreement: Agreement
    graded_by_hour: list[tuple[datetime, int]]

    @property
    def waiting_total(self) -> int:
        return sum(self.waiting.values())


def figures_for(person: User) -> Figures:
    """All figures of the dashboard at this moment."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    waiting = Submission.objects.filter(status=Status.REVIEW_PENDING)
    return Figures(
        waiting=queries.awaiting_counts(),
        oldest_since=waiting.aggregate(oldest=Min("review_since"))["oldest"],
        held=queries.open_claim_count(),
        completed_today=Submission.objects.filter(
            status=Status.COMPLETED, completed_at__gte=today
        ).count(),
        rated_by_me_today=Rating.objects.filter(
            rater=person, submitted_at__gte=today, undone_at__isnull=True
        ).count(),
        failed=Submission.objects.filter(status=Status.FAILED).count(),
        agreement=agreement(),
        graded_by_hour=graded_by_hour(),
    )


def agreement() -> Agreement:
    """Over the ratings of the last seven days that count."""
    since = timezone.now() - timedelta(days=AGREEMENT_DAYS)
    rated = Rating.objects.filter(
        submitted_at__gte=since, grade__isnull=False, submission__machine_grade__isnull=False
    ).annotate(apart=Abs(F("grade__overall_score") - F("submission__machine_grade__overall_score")))
    return Agreement(
        **rated.aggregate(
            rated=Count("pk"),
            exact=Count("pk", filter=Q(apart=0)),
            close=Count("pk", filter=Q(apart__lte=0.5)),
            overridden=Count("pk", filter=~Q(override_reason="")),
        )
    )


def graded_by_hour() -> list[tuple[datetime, int]]:
    """Grades made in each of the last 24 hours, the present one last."""
    this_hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    first = this_hour - timedelta(hours=23)
    counted = dict(
        Grade.objects.filter(created_at__gte=first)
        .order_by()
        .annotate(hour=TruncHour("created_at"))
        .values_list("hour")
        .annotate(number=Count("pk"))
    )
    hours = [first + timedelta(hours=number) for number in range(24)]
    return [(hour, counted.get(hour, 0)) for hour in hours]
