"""What candidates were asked; a changed question is a new version, grades keep theirs."""

from django.db import models
from django.db.models.functions import Now

from grading.enums import Task
from grading.models.choices import choices_of, one_of
from grading.models.clients import Client


class Question(models.Model):
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="questions")
    question_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "question_id"], name="question_id_per_client")
        ]

    def __str__(self) -> str:
        return self.question_id

    @property
    def newest(self) -> "QuestionVersion":
        return self.versions.order_by("-number")[0]


class QuestionVersion(models.Model):
    """One wording; without a question where it came inline with a submission."""

    question = models.ForeignKey(
        Question, null=True, blank=True, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField(default=1)
    task = models.CharField(max_length=20, choices=choices_of(Task))
    prompt = models.TextField()
    min_words = models.PositiveIntegerField()
    content = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="question_version_number"),
            one_of("task", Task, "question_task_known"),
        ]

    def __str__(self) -> str:
        return f"{self.question or 'inline'} v{self.number}"
