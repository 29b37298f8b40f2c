"""What every test shares: a school's client, its key, and a question to answer."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client as Browser

from grading.enums import Scope
from grading.models import Client
from grading.services import drain
from grading.services.clients import create_client

LETTER = (
    "Dear Brianna,\n\nThank you for your letter. I was very happy to read about your new school, "
    "and I want to tell you about my town. I live in Da Nang, which is a city near the sea. Every "
    "morning I go to the beach with my brother, because the water is warm and there are not many "
    "people. When you visit us next summer, we will take you to the Marble Mountains, where you "
    "can see old pagodas and a beautiful view over the coast.\n\nYou asked me what you should "
    "bring. I think you need light clothes, a hat and good shoes, since it is often very hot in "
    "July. "
    "Please tell me which day your plane arrives, so that my father can meet you at the airport. "
    "My mother already plans which dishes she will cook for you, and she asks whether you eat "
    "seafood.\n\nI look forward to seeing you.\n\nBest wishes,\nLan"
)
PROMPT = (
    "Your English friend Brianna will visit your town next summer. Write a letter to her. Tell her "
    "what you can do together, what she should bring, and ask when she arrives."
)


@dataclass
class Api:
    """A school's backend: speaks JSON over HTTP with one key."""

    client: Client
    key: str
    browser: Browser

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.browser.generic(
            method,
            f"/api/v1/{path}",
            data=b"" if body is None else raw,
            content_type=headers.pop("content_type", "application/json"),
            headers={"Authorization": f"Bearer {self.key}", **headers},
        )

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PUT", path, body, **headers)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, None, **headers)


def make_api(name: str, *scopes: Scope) -> Api:
    client, key = create_client(name, scopes or tuple(Scope))
    return Api(client, key, Browser())


def submission(**changes: Any) -> dict[str, Any]:
    """A letter as a school sends it; `changes` replace top-level members, None removes one."""
    body: dict[str, Any] = {
        "submissionId": "8f14e45f-ceea-467f-a9e6-3b1f2c1d0a11",
        "skill": "writing",
        "question": {"task": "writing_task_1", "prompt": PROMPT},
        "answer": {"text": LETTER, "wordCount": 134, "taskType": "email"},
        "dispatchedAt": "2026-02-16T07:11:04.000Z",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


@pytest.fixture(scope="session", autouse=True)
def _drains_end_before_their_database(django_db_setup: None) -> Iterator[None]:
    yield
    drain.shut_down()


@pytest.fixture
def api(db: None) -> Api:
    return make_api("North school")


@pytest.fixture
def other_api(db: None) -> Api:
    return make_api("South school")


pytest_plugins = ["grading.tests.fixtures_provider"]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where a change is decided about, a skipped browser or cluster test is a failed one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("VSTEP_TESTS_MAY_SKIP") != "0" or reporter is None:
        return
    skipped = [
        report.nodeid
        for report in reporter.stats.get("skipped", [])
        if {"browser", "cluster"} & set(report.keywords)
    ]
    if skipped:
        reporter.write_line(f"{len(skipped)} tests that may not be skipped were: {skipped[:3]}")
        session.exitstatus = 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow files first: with two processes the last to start decides how long it all takes."""
    items.sort(key=lambda item: item.get_closest_marker("cluster") is None)
