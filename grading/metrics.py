"""Figures for Prometheus, read from the database when asked; never a name, a text or a key."""

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from grading.queries.readiness import look
from grading.queries.waiting import count_by_status, count_due_runs, count_events_to_send


def exposition() -> bytes:
    """The metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    state = look()
    Gauge(
        "vstep_clusters_alive", "Supervised clusters with a recent canary", registry=registry
    ).set(state.clusters_alive)
    Gauge(
        "vstep_oldest_waiting_seconds", "Age of the oldest ungraded response", registry=registry
    ).set(state.oldest_waiting_seconds or 0)
    open_by_status = Gauge(
        "vstep_open_submissions", "Submissions that are not final", ["status"], registry=registry
    )
    for status, count in count_by_status().items():
        open_by_status.labels(status).set(count)
    Gauge("vstep_runs_due", "Grading runs that a worker could claim", registry=registry).set(
        count_due_runs()
    )
    Gauge("vstep_events_to_send", "Outgoing events not sent yet", registry=registry).set(
        count_events_to_send()
    )
    return generate_latest(registry)
