"""Append-only records and the worker clusters."""

from django.contrib import admin

from grading.admin.base import RecordAdmin
from grading.models import AuditEvent, OutgoingEvent, WorkerCluster


@admin.register(AuditEvent)
class AuditEventAdmin(RecordAdmin):
    list_display = ("at", "kind", "status", "submission", "actor")
    list_select_related = ("submission", "actor")
    ordering = ("-id",)


@admin.register(OutgoingEvent)
class OutgoingEventAdmin(RecordAdmin):
    list_display = ("created_at", "type", "client", "submission", "sent_at")
    list_select_related = ("client", "submission")
    ordering = ("-id",)


@admin.register(WorkerCluster)
class WorkerClusterAdmin(RecordAdmin):
    list_display = (
        "id",
        "host",
        "started_at",
        "heartbeat_at",
        "last_canary_acked_at",
        "stopped_at",
    )
    ordering = ("-heartbeat_at",)
