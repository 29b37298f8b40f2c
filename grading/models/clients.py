"""Who may call: a school's backend and its keys."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from grading.enums import Scope
from grading.models.choices import choices_of


class Client(models.Model):
    name = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField(
        default=True, help_text="An inactive client's keys are refused; its submissions stay."
    )
    webhook_url = models.URLField(max_length=500, blank=True)
    webhook_secret = models.CharField(max_length=100, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """Only the digest is kept; the key itself was shown once."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="keys")
    hint = models.CharField(max_length=12, help_text="How the key begins, to tell keys apart.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40, choices=choices_of(Scope)), default=list)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.hint}… of {self.client}"

    @property
    def is_usable(self) -> bool:
        """Neither revoked nor expired, and its client active."""
        now = timezone.now()
        expired = self.expires_at is not None and self.expires_at <= now
        return self.client.is_active and self.revoked_at is None and not expired


class RateWindow(models.Model):
    """Calls of one client in one period, counted in one statement: parallel calls add up."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "starts_at"], name="one_window_per_client")
        ]

    def __str__(self) -> str:
        return f"{self.calls} calls from {self.starts_at}"
