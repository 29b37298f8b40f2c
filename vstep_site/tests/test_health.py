"""Whether the service lives, and can work; and what it says when it cannot."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from conftest import Api, submission
from grading.models import Submission, WorkerCluster

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def database_away(transactional_db: None) -> Iterator[None]:
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(HOST="127.0.0.1", PORT="1")
    yield
    connection.close()
    connection.settings_dict.update(before)


def cluster(name: str, *, acked_seconds_ago: float | None, **fields: Any) -> None:
    acked = acked_seconds_ago
    at = None if acked is None else timezone.now() - timedelta(seconds=acked)
    WorkerCluster.objects.create(
        id=name,
        host="host",
        supervisor_pid=1,
        supervisor_started=0.0,
        last_canary_acked_at=at,
        **fields,
    )


def test_it_is_ready_while_a_cluster_acknowledges_its_canaries(browser: Browser) -> None:
    cluster("alive", acked_seconds_ago=25)
    answer = browser.get("/ready")
    assert (answer.status_code, answer.json()["clustersAlive"]) == (200, 1)


def test_clusters_that_are_silent_stopped_or_new_do_not_make_it_ready(browser: Browser) -> None:
    cluster("silent", acked_seconds_ago=31)
    cluster("stopped", acked_seconds_ago=1, stopped_at=timezone.now())
    cluster("new", acked_seconds_ago=None)
    answer = browser.get("/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
    assert answer.json()["clustersAlive"] == 0


def test_it_tells_the_age_of_the_oldest_response_that_waits_for_a_grade(
    api: Api, browser: Browser
) -> None:
    assert browser.get("/ready").json()["oldestWaitingSeconds"] is None
    for name in ("old", "older", "cancelled"):
        api.post("submissions", submission(submissionId=name))
    api.post("submissions/cancelled/cancel")
    for name, seconds in (("old", 50), ("older", 500), ("cancelled", 5000)):
        at = timezone.now() - timedelta(seconds=seconds)
        Submission.objects.filter(submission_id=name).update(created_at=at)
    assert 499 < browser.get("/ready").json()["oldestWaitingSeconds"] < 510


def test_without_its_database_it_is_up_and_not_ready(database_away: None, browser: Browser) -> None:
    assert browser.get("/health").json() == {"status": "up"}
    answer = browser.get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not_ready", "database": "unreachable"}


def test_a_page_without_its_database_asks_to_come_back_and_is_kept_by_nobody(
    database_away: None, browser: Browser
) -> None:
    browser.cookies["sessionid"] = "a" * 32
    answer = browser.get("/review/", headers={"X-Request-ID": "trace-me"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["requestId"] == "trace-me"


def test_health_is_asked_by_any_name_and_the_rest_only_by_its_own(browser: Browser) -> None:
    assert browser.get("/health", headers={"Host": "10.0.0.7"}).status_code == 200
    assert browser.get("/ready", headers={"Host": "10.0.0.7"}).status_code == 400


def test_metrics_are_read_with_their_token_only_where_one_is_set(
    browser: Browser, settings: Any
) -> None:
    assert b"# HELP" in browser.get("/metrics").content
    settings.METRICS_TOKEN = "tök"
    for header in ("", "Bearer", "Bearer ", "Bearer wrong", "tök", "Bearer töktök"):
        answer = browser.get("/metrics", headers={"Authorization": header})
        assert answer.status_code == 401
        assert b"# HELP" not in answer.content
    settings.METRICS_TOKEN = "token"
    answer = browser.get("/metrics", headers={"Authorization": "Bearer token"})
    assert b"# HELP" in answer.content


@pytest.mark.parametrize("path", ["/ready", "/metrics"])
def test_looking_changes_nothing_so_only_get_is_taken(browser: Browser, path: str) -> None:
    assert browser.post(path).status_code == 405
