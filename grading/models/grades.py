"""Grades stand side by side and are never changed; every score links to what it was made from."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Floor, Now

from grading.enums import Band, Confidence, Criterion, Flag, GradeSource
from grading.models.choices import choices_of, one_of
from grading.models.runs import GradingRun
from grading.models.submissions import Submission
from grading.models.versions import PromptVersion, RubricVersion


def legal_score(field: str, name: str) -> models.CheckConstraint:
    """A check that a column holds 0-10 in half steps."""
    on_a_half_step = Q(**{field: Floor(F(field) * Decimal(2)) / Decimal(2)})
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": 0, f"{field}__lte": 10}) & on_a_half_step,
        name=name,
    )


class Grade(models.Model):
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="grades")
    run = models.ForeignKey(GradingRun, null=True, on_delete=models.PROTECT, related_name="grades")
    source = models.CharField(max_length=6, choices=choices_of(GradeSource))
    overall_score = models.DecimalField(max_digits=3, decimal_places=1)
    band = models.CharField(max_length=4, choices=choices_of(Band))
    feedback = models.TextField(blank=True)
    evidence = models.JSONField(default=list)
    grammar_errors = models.JSONField(default=list)
    confidence = models.CharField(max_length=6, null=True, choices=choices_of(Confidence))
    confidence_score = models.FloatField(null=True)
    flags = ArrayField(models.CharField(max_length=30, choices=choices_of(Flag)), default=list)
    models_used = ArrayField(models.CharField(max_length=120), default=list)
    tries_count = models.PositiveSmallIntegerField(default=0)
    local_scores = models.JSONField(default=dict)
    local_reasons = models.JSONField(default=dict)
    local_version = models.CharField(max_length=80, blank=True)
    signals = models.JSONField(default=dict)
    rubric_version = models.ForeignKey(
        RubricVersion, null=True, on_delete=models.PROTECT, related_name="grades"
    )
    prompt_version = models.ForeignKey(
        PromptVersion, null=True, on_delete=models.PROTECT, related_name="grades"
    )
    graded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["created_at", "id"]
        # Grades per hour on the dashboard.
        indexes = [models.Index(fields=["created_at"], name="grades_by_time")]
        constraints = [
            # Whatever ran twice, one grading run has one grade that counts.
            models.UniqueConstraint(fields=["run"], name="one_grade_per_run"),
            one_of("source", GradeSource, "grade_source_known"),
            one_of("band", Band, "grade_band_known"),
            models.CheckConstraint(
                condition=Q(confidence_score__isnull=True)
                | Q(confidence_score__gte=0, confidence_score__lte=1),
                name="confidence_is_a_probability",
            ),
            models.CheckConstraint(
                condition=Q(source=GradeSource.HUMAN, graded_by__isnull=False)
                | ~Q(source=GradeSource.HUMAN),
                name="human_grade_has_a_rater",
            ),
            legal_score("overall_score", "overall_score_legal"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.overall_score} {self.band}"

    @property
    def criteria_scores(self) -> dict[Criterion, Decimal]:
        return {Criterion(row.criterion): row.score for row in self.scores.all()}


class CriterionScore(models.Model):
    grade = models.ForeignKey(Grade, on_delete=models.PROTECT, related_name="scores")
    criterion = models.CharField(max_length=20, choices=choices_of(Criterion))
    score = models.DecimalField(max_digits=3, decimal_places=1)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["grade", "criterion"], name="criterion_once"),
            one_of("criterion", Criterion, "criterion_known"),
            legal_score("score", "criterion_score_legal"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion} {self.score}"


class ModelTry(models.Model):
    """One call to one model, kept whether it gave something usable or not."""

    run = models.ForeignKey(GradingRun, on_delete=models.PROTECT, related_name="tries")
    attempt = models.PositiveIntegerField()
    number = models.PositiveSmallIntegerField()
    requested_model = models.CharField(max_length=120)
    model = models.CharField(max_length=120, blank=True)
    raw_reply = models.TextField(blank=True)
    error = models.CharField(max_length=40, null=True)
    error_detail = models.CharField(max_length=500, blank=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    criteria_scores = models.JSONField(null=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    tokens_cached = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=8, null=True)
    latency_ms = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.requested_model} try {self.number}"
