"""The worker clusters that supervisors run, and the canaries that prove they live."""

from django.db import models
from django.db.models.functions import Now


class WorkerCluster(models.Model):
    """One supervised cluster; its id stands in front of the worker's name in every lease."""

    id = models.CharField(primary_key=True, max_length=80)
    host = models.CharField(max_length=255)
    supervisor_pid = models.IntegerField()
    supervisor_started = models.FloatField(help_text="Tells a process from a later one's pid.")
    session_pid = models.IntegerField(null=True, help_text="Session of the cluster's processes.")
    session_started = models.FloatField(null=True)
    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())
    last_canary_ran_at = models.DateTimeField(null=True)
    last_canary_acked_at = models.DateTimeField(null=True)
    stop_requested_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["heartbeat_at"],
                condition=models.Q(stopped_at__isnull=True),
                name="clusters_running",
            )
        ]

    def __str__(self) -> str:
        return self.id


class Canary(models.Model):
    """A task that does nothing: run *and* acknowledged, it shows that a whole cluster works."""

    asked_by = models.ForeignKey(WorkerCluster, on_delete=models.CASCADE, related_name="canaries")
    queue_row = models.BigIntegerField(
        null=True, help_text="Gone from the queue once acknowledged."
    )
    ran_by = models.CharField(max_length=80, blank=True, help_text="The cluster that ran it.")
    enqueued_at = models.DateTimeField(db_default=Now())
    ran_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ran_by", "ran_at"], name="canaries_by_cluster")]

    def __str__(self) -> str:
        return f"canary {self.pk} of {self.asked_by_id}"
