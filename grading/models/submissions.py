"""One response of one candidate, as received, and what is known of it now."""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grading.enums import (
    FINAL_STATUSES,
    ErrorCode,
    Flag,
    GradingMode,
    Priority,
    RouteReason,
    Skill,
    Status,
    Task,
)
from grading.models.choices import choices_of, one_of
from grading.models.clients import Client
from grading.models.questions import QuestionVersion

# Priorities sort by urgency in the database, not by their names.
PRIORITY_RANK = {Priority.HIGH: 3, Priority.MEDIUM: 2, Priority.LOW: 1}


class Submission(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="submissions")
    submission_id = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64, editable=False)
    question_version = models.ForeignKey(
        QuestionVersion, on_delete=models.PROTECT, related_name="submissions"
    )
    question_ref = models.CharField(
        max_length=64, null=True, help_text="The caller's questionId, known to us or not."
    )
    skill = models.CharField(max_length=10, choices=choices_of(Skill))
    task = models.CharField(max_length=20, choices=choices_of(Task))

    answer_text = models.TextField(help_text="As received; offsets count its code points.")
    answer_extra = models.JSONField(default=dict)
    metadata_text = models.TextField(null=True, help_text="JSON as received, byte for byte.")
    candidate_id = models.CharField(max_length=200, null=True)
    group = models.CharField(max_length=100, null=True)
    other_scores = models.JSONField(null=True)
    client_priority = models.CharField(max_length=6, null=True, choices=choices_of(Priority))
    due_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)

    status = models.CharField(max_length=14, default=Status.PENDING, choices=choices_of(Status))
    grading_mode = models.CharField(max_length=6, null=True, choices=choices_of(GradingMode))
    review_priority = models.CharField(max_length=6, null=True, choices=choices_of(Priority))
    review_rank = models.PositiveSmallIntegerField(default=0, editable=False)
    route_reasons = ArrayField(
        models.CharField(max_length=30, choices=choices_of(RouteReason)), default=list
    )
    flags = ArrayField(models.CharField(max_length=30, choices=choices_of(Flag)), default=list)
    counting_grade = models.ForeignKey(
        "grading.Grade", null=True, on_delete=models.PROTECT, related_name="counts_for"
    )
    machine_grade = models.ForeignKey(
        "grading.Grade",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The newest grade no person gave, kept whole beside a rater's.",
    )
    error_code = models.CharField(max_length=30, null=True, choices=choices_of(ErrorCode))
    error_message = models.CharField(max_length=500, null=True)
    created_at = models.DateTimeField(db_default=Now())
    review_since = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "submission_id"], name="submission_per_client"
            ),
            one_of("status", Status, "submission_status_known"),
            models.CheckConstraint(
                condition=~Q(status=Status.COMPLETED) | Q(counting_grade__isnull=False),
                name="completed_has_a_grade",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.FAILED) | Q(error_code__isnull=False),
                name="failed_has_a_reason",
            ),
        ]
        indexes = [
            # The console's queue: by priority, then age; only what waits for a rater is in it.
            models.Index(
                fields=["-review_rank", "review_since", "id"],
                condition=Q(status=Status.REVIEW_PENDING),
                name="review_queue",
            ),
            # Lists of one client, newest first.
            models.Index(fields=["client", "-created_at", "-id"], name="client_newest_first"),
            # The dashboard's counts of what ended lately.
            *(
                models.Index(
                    fields=["completed_at"], condition=Q(status=status), name=f"{status}_by_time"
                )
                for status in (Status.COMPLETED, Status.FAILED)
            ),
            # The admin's list, newest first over all clients.
            models.Index(fields=["-created_at", "-id"], name="newest_first"),
            # The age of what waits to be graded, for /ready and metrics.
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=[Status.PENDING, Status.PROCESSING]),
                name="waiting_by_age",
            ),
        ]

    def __str__(self) -> str:
        return self.submission_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.review_rank = (
            PRIORITY_RANK[Priority(self.review_priority)] if self.review_priority else 0
        )
        update_fields = kwargs.get("update_fields")
        if update_fields is not None and "review_priority" in update_fields:
            kwargs["update_fields"] = {*update_fields, "review_rank"}
        super().save(*args, **kwargs)

    @property
    def is_final(self) -> bool:
        return self.status in FINAL_STATUSES
