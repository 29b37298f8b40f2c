"""Named reads of the console; every one is bounded by an index or a limit."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Now

from grading.enums import Priority, Status
from grading.models import AuditEvent, Grade, ModelTry, Submission
from grading.models.submissions import PRIORITY_RANK
from review.models import Claim, Rating

PAGE_SIZE = 50
HISTORY_LIMIT = 200


@dataclass(frozen=True)
class Place:
    """Where a page of the queue ended: the sort key of its last row."""

    rank: int
    since: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.rank}_{self.since.isoformat()}_{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """A place as written by str(); None for anything else."""
        try:
            rank, since, row_id = text.split("_")
            moment = datetime.fromisoformat(since)
            return cls(int(rank), moment, UUID(row_id)) if moment.tzinfo else None
        except ValueError:
            return None


def open_claims() -> QuerySet[Claim]:
    """Claims that stand, whether or not their lease ran out."""
    return Claim.objects.filter(ended_at__isnull=True).select_related("rater")


def unsettled_ratings() -> QuerySet[Rating]:
    """Ratings that neither count yet nor were taken back."""
    return Rating.objects.filter(undone_at__isnull=True, grade__isnull=True)


def awaiting() -> QuerySet[Submission]:
    """Responses that wait for a rater's decision, most urgent first."""
    rated = unsettled_ratings().filter(submission=OuterRef("pk"))
    return (
        Submission.objects.filter(~Exists(rated), status=Status.REVIEW_PENDING)
        .select_related("question_version", "machine_grade")
        .prefetch_related(Prefetch("claims", queryset=open_claims(), to_attr="open_claims"))
        .order_by("-review_rank", "review_since", "id")
    )


def queue_page(after: Place | None = None, priority: str = "") -> list[Submission]:
    """One page of the queue and one row more, which says that there is a next page."""
    rows = awaiting()
    if priority in set(Priority):
        rows = rows.filter(review_rank=PRIORITY_RANK[Priority(priority)])
    if after is not None:
        rows = rows.filter(
            Q(review_rank__lt=after.rank)
            | Q(review_rank=after.rank, review_since__gt=after.since)
            | Q(review_rank=after.rank, review_since=after.since, id__gt=after.id)
        )
    return list(rows[: PAGE_SIZE + 1])


def held_by(rater: User) -> list[Submission]:
    """What a person holds now, the first taken first."""
    return list(
        awaiting()
        .filter(claims__rater=rater, claims__ended_at__isnull=True)
        .order_by("claims__created_at")[:PAGE_SIZE]
    )


def rated_by(rater: User) -> list[Rating]:
    """A person's last ratings, newest first, those taken back left out."""
    return list(
        Rating.objects.filter(rater=rater, undone_at__isnull=True)
        .select_related(
            "rater", "submission__question_version", "submission__machine_grade", "grade"
        )
        .order_by("-submitted_at")[:PAGE_SIZE]
    )


def undoable_by(rater: User) -> list[Rating]:
    """Ratings a person may still take back, newest first."""
    return list(
        unsettled_ratings()
        .filter(rater=rater, settles_at__gt=Now())
        .select_related("submission")
        .order_by("-settles_at")[:3]
    )


def awaiting_counts() -> dict[str, int]:
    """How many wait per priority; reads only the partial index of the queue."""
    rows = (
        Submission.objects.filter(status=Status.REVIEW_PENDING)
        .order_by()
        .values("review_rank")
        .annotate(number=Count("pk"))
    )
    by_rank = {row["review_rank"]: row["number"] for row in rows}
    return {priority.value: by_rank.get(rank, 0) for priority, rank in PRIORITY_RANK.items()}


def open_claim_list() -> list[Claim]:
    """Who holds what, the oldest first."""
    return list(open_claims().select_related("submission").order_by("created_at")[:PAGE_SIZE])


def open_claim_count() -> int:
    """How many responses are held by anybody."""
    return Claim.objects.filter(ended_at__isnull=True).count()


def submission_with_all(submission_id: UUID) -> Submission | None:
    """A response with its question, grades and scores."""
    return (
        Submission.objects.filter(pk=submission_id)
        .select_related(
            "question_version",
            "machine_grade__rubric_version",
            "machine_grade__prompt_version",
            "counting_grade__graded_by",
        )
        .prefetch_related("machine_grade__scores", "counting_grade__scores")
        .first()
    )


def claim_on(submission: Submission) -> Claim | None:
    """The claim that stands on a response, expired or not."""
    return open_claims().filter(submission=submission).first()


def unsettled_rating_of(submission: Submission) -> Rating | None:
    return unsettled_ratings().filter(submission=submission).select_related("rater").first()


def last_rating_taken_back(submission: Submission, rater: User) -> Rating | None:
    """What a person had decided and took back: the form begins with it."""
    return (
        Rating.objects.filter(submission=submission, rater=rater, undone_at__isnull=False)
        .order_by("-undone_at")
        .first()
    )


def rating_behind(grade: Grade | None) -> Rating | None:
    """The rating a human grade came from."""
    return Rating.objects.filter(grade=grade).select_related("rater").first() if grade else None


def history_of(submission: Submission) -> list[AuditEvent]:
    """What happened to a response, oldest first."""
    events = AuditEvent.objects.filter(submission=submission).select_related("actor")
    return list(events.order_by("id")[:HISTORY_LIMIT])


def tries_of(grade: Grade | None) -> list[ModelTry]:
    """The calls to models behind a grade, without their replies."""
    if grade is None or grade.run_id is None:
        return []
    tries = ModelTry.objects.filter(run_id=grade.run_id).defer("raw_reply")
    return list(tries.order_by("id")[:PAGE_SIZE])
