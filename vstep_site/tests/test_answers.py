"""What every answer carries, and what answers where no view does."""

from pathlib import Path
from typing import Any

import pytest
import structlog
from django.conf import settings as project
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from conftest import Api
from vstep_site.static_files import CheckoutStaticFilesStorage

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("given", ["abc-123", "A.b_c:d-9", "a" * 128])
def test_a_harmless_request_id_is_echoed(api: Api, given: str) -> None:
    assert api.get("submissions", **{"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "a b", "a" * 129, '"', "é", "a,b", "{}", "a\tb"])
def test_a_request_id_that_could_do_harm_is_replaced_by_a_new_one(api: Api, given: str) -> None:
    first, second = (
        api.get("submissions", **{"X-Request-ID": given})["X-Request-ID"] for _ in range(2)
    )
    assert len({given, first, second}) == 3
    assert len(first) == 32


def test_nothing_of_an_earlier_request_is_in_the_log_lines_of_the_next(api: Api) -> None:
    structlog.contextvars.bind_contextvars(submission_id="someone-elses")
    api.get("submissions", **{"X-Request-ID": "mine"})
    assert structlog.contextvars.get_contextvars() == {"request_id": "mine"}


@pytest.mark.parametrize("name", ["login", "submissions", "ready"])
def test_nobody_in_between_keeps_an_answer(api: Api, name: str) -> None:
    answer = api.browser.get(reverse(name), headers={"Authorization": f"Bearer {api.key}"})
    assert answer.status_code in {200, 503}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/api/nothing", "/api/v2/submissions", "/api/"])
def test_an_unknown_address_of_the_api_is_a_problem_for_anybody(path: str) -> None:
    answer = Browser().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["requestId"] == answer["X-Request-ID"]


def test_an_unknown_address_of_the_console_is_a_page() -> None:
    answer = Browser().get("/nothing")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_a_fault_in_a_page_is_a_page_that_tells_nothing_of_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_q_ormq RENAME TO away_xylocanary")
    answer = Browser(raise_request_exception=False).get("/ready")
    assert answer.status_code == 500
    assert answer["Content-Type"].startswith("text/html")
    assert "ormq" not in answer.content.decode()


def test_a_checkout_that_has_not_collected_its_files_still_finds_them(
    tmp_path: Path, settings: Any
) -> None:
    settings.DEBUG = False
    storage = CheckoutStaticFilesStorage(location=str(tmp_path), base_url="/static/")
    assert storage.url("css/app.css") == "/static/css/app.css"


def test_the_queues_own_log_says_nothing_of_results() -> None:
    quiet = project.LOGGING["loggers"]["django-q"]
    assert (quiet["level"], quiet["propagate"]) == ("WARNING", False)
