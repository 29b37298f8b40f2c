"""A rater's hold on a response, for a while."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from grading.models import Submission


class Claim(models.Model):
    """`lease_id` must match when the rating is submitted: a lost hold cannot write."""

    lease_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="claims")
    rater = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="claims"
    )
    lease_until = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission"], condition=Q(ended_at__isnull=True), name="one_open_claim"
            )
        ]
        indexes = [
            models.Index(
                fields=["rater"], condition=Q(ended_at__isnull=True), name="open_claims_of"
            )
        ]

    def __str__(self) -> str:
        return f"{self.submission} held by {self.rater}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def ran_out(self) -> bool:
        """For showing only; who may take a response is decided by the database's clock."""
        return self.lease_until < timezone.now()
