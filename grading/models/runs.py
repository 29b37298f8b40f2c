"""The work on a response: a row with a lease and a fencing number."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grading.enums import RunState
from grading.models.choices import choices_of, one_of
from grading.models.submissions import Submission
from grading.models.versions import PromptVersion, RubricVersion


class GradingRun(models.Model):
    """One grading of one submission, asked for once and ended once, however often it is tried.

    `attempts` counts claims, at the claim; `orderly_ends` counts the claims that ended under
    control (a provider was down, the worker was told to stop). What is left over are crashes.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, default=RunState.QUEUED, choices=choices_of(RunState))
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    orderly_ends = models.PositiveIntegerField(default=0)
    fence = models.BigIntegerField(
        default=0, help_text="Raised at each claim; a result must match."
    )
    leased_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=120, blank=True)
    providers_down_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)
    rubric_version = models.ForeignKey(
        RubricVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )
    prompt_version = models.ForeignKey(
        PromptVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "number"], name="run_number"),
            models.UniqueConstraint(
                fields=["submission"],
                condition=Q(state__in=[RunState.QUEUED, RunState.RUNNING]),
                name="one_open_run",
            ),
            one_of("state", RunState, "run_state_known"),
        ]
        indexes = [
            # What a worker may claim: due and waiting, or leased by one that is gone.
            models.Index(
                fields=["due_at", "id"], condition=Q(state=RunState.QUEUED), name="runs_due"
            ),
            models.Index(
                fields=["leased_until"], condition=Q(state=RunState.RUNNING), name="runs_leased"
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.number} of {self.submission_id}"
