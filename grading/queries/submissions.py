"""Reads of submissions for the API."""

from django.db.models import Prefetch, QuerySet

from grading.models import Client, CriterionScore, Submission


def with_public_body(submissions: QuerySet[Submission]) -> QuerySet[Submission]:
    """Everything the public body needs, in a constant number of queries."""
    scores = CriterionScore.objects.order_by("id")
    return submissions.select_related(
        "counting_grade__rubric_version",
        "counting_grade__prompt_version",
        "machine_grade__rubric_version",
        "machine_grade__prompt_version",
    ).prefetch_related(
        Prefetch("counting_grade__scores", queryset=scores),
        Prefetch("machine_grade__scores", queryset=scores),
        "runs",
    )


def of_client(client: Client) -> QuerySet[Submission]:
    """A client's own submissions; nobody else's are ever found through this."""
    return with_public_body(Submission.objects.filter(client=client))
