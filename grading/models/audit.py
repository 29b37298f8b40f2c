"""What happened, append-only, and what is to be told to clients."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grading.enums import AuditKind, EventType
from grading.models.choices import choices_of
from grading.models.clients import Client
from grading.models.submissions import Submission


class AuditEvent(models.Model):
    """The database refuses to change or delete a row."""

    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, related_name="audit_events"
    )
    kind = models.CharField(max_length=30, choices=choices_of(AuditKind))
    status = models.CharField(max_length=14, help_text="The submission's status after it.")
    data = models.JSONField(default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["submission", "id"], name="audit_of_a_submission")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M:%S}"


class OutgoingEvent(models.Model):
    """Written with the state change it tells of; sent afterwards, at least once."""

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(default=uuid.uuid4, unique=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="outgoing_events")
    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, related_name="outgoing_events"
    )
    type = models.CharField(max_length=40, choices=choices_of(EventType))
    body = models.TextField(help_text="The JSON `data` of the event, as it will be sent.")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(sent_at__isnull=True), name="events_to_send")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
