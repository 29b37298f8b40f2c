"""What a caller is told when something is wrong, and what it is not told."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from structlog.stdlib import ProcessorFormatter

from conftest import LETTER, Api, make_api, submission
from grading.models import Submission

pytestmark = pytest.mark.django_db

CANARY = "xylocanary"


@pytest.fixture
def database_away(transactional_db: None) -> Iterator[None]:
    where = connection.settings_dict
    before = dict(where)
    yield
    connection.close()
    where.update(before)


def cut_off() -> None:
    connection.close()
    connection.settings_dict.update(HOST="127.0.0.1", PORT="1")


@pytest.mark.parametrize(
    "changes",
    [
        {"skill": CANARY},
        {"submissionId": f"{CANARY} {CANARY}"},
        {"answer": {"text": f"{CANARY}\x00"}},
        {"answer": {"text": CANARY, "wordCount": CANARY}},
        {"dispatchedAt": CANARY},
        {"otherScores": {"reading": CANARY}},
        {"priority": CANARY},
        {"candidateId": f"{CANARY}\x00"},
    ],
)
def test_a_refused_value_is_never_repeated(api: Api, changes: dict[str, Any]) -> None:
    answer = api.post("submissions", submission(**changes))
    assert answer.status_code == 400
    assert CANARY not in answer.content.decode()


def test_a_database_that_is_away_is_a_503_to_come_back_to(database_away: None) -> None:
    school = make_api("North school")
    cut_off()
    answer = school.post("submissions", submission())
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "database_unavailable"
    assert answer.json()["requestId"] == answer["X-Request-ID"]


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """The log as it is written in production."""
    formatter = dict(settings.LOGGING["formatters"]["json"])
    formatter.pop("()")
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(ProcessorFormatter(**formatter))
    logging.getLogger().addHandler(handler)
    yield handler.stream
    logging.getLogger().removeHandler(handler)


def test_a_fault_of_ours_is_a_problem_and_its_log_line_tells_a_place_but_no_words(
    api: Api, log_lines: io.StringIO
) -> None:
    # PostgreSQL quotes the whole failing row in its message.
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {Submission._meta.db_table} ADD CONSTRAINT no_canary "
            f"CHECK (answer_text NOT LIKE '%{CANARY}%')"
        )
    api.browser.raise_request_exception = False
    body = submission(answer={"text": f"{CANARY} {LETTER}"})
    answer = api.post("submissions", body, **{"X-Request-ID": "trace-me"})
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert (answer.json()["code"], answer.json()["requestId"]) == ("internal_error", "trace-me")
    said = log_lines.getvalue()
    lines = [json.loads(line) for line in said.splitlines()]
    [fault] = [line for line in lines if "exception" in line]
    assert fault["exception"] == "IntegrityError"
    assert fault["where"][-1].endswith(":execute")
    assert fault["request_id"] == "trace-me"
    assert CANARY not in said + answer.content.decode()
    assert api.key not in said


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "submissions/{id}"),
        ("POST", "submissions/{id}/cancel"),
        ("POST", "submissions/{id}/regrade"),
        ("GET", "questions/{id}"),
    ],
)
@pytest.mark.parametrize("name", ["%00", "a%00b", "a" * 300, "%F0%9F%99%82", "%FF"])
def test_a_name_that_nothing_can_have_is_not_found(
    api: Api, method: str, path: str, name: str
) -> None:
    answer = api.call(method, path.format(id=name))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("name", ["%00", "a" * 65, "a%20b"])
def test_a_question_is_not_put_under_a_name_that_cannot_be_kept(api: Api, name: str) -> None:
    answer = api.put(f"questions/{name}", {"task": "writing_task_1", "prompt": "Write."})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "questionId"
