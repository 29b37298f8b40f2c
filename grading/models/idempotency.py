"""Answers kept under the caller's Idempotency-Key."""

from django.db import models
from django.db.models.functions import Now

from grading.models.clients import Client


class IdempotentRequest(models.Model):
    """The key is unique per client; an unfinished row older than its lease may be taken over."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    body_digest = models.CharField(max_length=64)
    is_taken = models.BooleanField(default=False)
    status_code = models.PositiveSmallIntegerField(null=True)
    answer = models.BinaryField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="idempotency_key_per_client")
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_age")]

    def __str__(self) -> str:
        return self.key
