"""What a rater decided; it counts once its undo window is over."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from grading.enums import OverrideReason
from grading.models import Grade, Submission
from grading.models.choices import choices_of
from review.models.claims import Claim


class Rating(models.Model):
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="ratings")
    rater = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ratings"
    )
    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="rating")
    criteria_scores = models.JSONField(help_text="Per criterion, 0-10 in half steps.")
    feedback = models.TextField(blank=True)
    override_reason = models.CharField(
        max_length=30, blank=True, choices=choices_of(OverrideReason)
    )
    comment = models.TextField(blank=True, help_text="For the lead; never sent to the client.")
    submitted_at = models.DateTimeField(db_default=Now())
    settles_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    grade = models.OneToOneField(Grade, null=True, on_delete=models.PROTECT, related_name="rating")

    class Meta:
        constraints = [
            # Until it settles or is undone, a rating keeps others away from the response.
            models.UniqueConstraint(
                fields=["submission"],
                condition=Q(undone_at__isnull=True, grade__isnull=True),
                name="one_unsettled_rating",
            )
        ]
        indexes = [
            models.Index(
                fields=["settles_at"],
                condition=Q(undone_at__isnull=True, grade__isnull=True),
                name="ratings_to_settle",
            ),
            # A person's last ratings, and how raters did since a day.
            models.Index(fields=["rater", "-submitted_at"], name="ratings_of_a_rater"),
            models.Index(fields=["submitted_at"], name="ratings_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.rater} on {self.submission}"

    @property
    def seconds_to_undo(self) -> int:
        """For showing only; whether it may be taken back is decided by the database's clock."""
        return max(0, int((self.settles_at - timezone.now()).total_seconds()))
