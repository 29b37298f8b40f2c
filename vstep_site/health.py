"""Whether the service can do its job, and figures for whoever watches it."""

import hmac

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from grading.metrics import exposition
from grading.queries.readiness import look


@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """200 when database, queue and workers answer; 503 with what does not."""
    try:
        state = look()
    except (OperationalError, InterfaceError):
        return JsonResponse({"status": "not_ready", "database": "unreachable"}, status=503)
    return JsonResponse(
        {
            "status": "ready" if state.is_ready else "not_ready",
            "database": "reachable",
            "queue": "reachable",
            "clustersAlive": state.clusters_alive,
            "oldestWaitingSeconds": state.oldest_waiting_seconds,
        },
        status=200 if state.is_ready else 503,
    )


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text; behind METRICS_TOKEN where one is set."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return HttpResponse("A valid token is needed.\n", status=401, content_type="text/plain")
    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")
