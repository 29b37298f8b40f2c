"""Input that no honest caller sends: refused with a reason, never a fault of ours."""

import base64
import json

import pytest

from conftest import Api, submission
from grading.models import Question, Submission

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["submissions/a%00b", "questions/a%00b"])
def test_an_address_with_a_nul_character_is_not_found(api: Api, path: str) -> None:
    assert api.get(path).json()["code"] == "not_found"


@pytest.mark.parametrize("verb", ["cancel", "regrade"])
def test_a_verb_on_an_address_with_a_nul_character_is_not_found(api: Api, verb: str) -> None:
    assert api.post(f"submissions/a%00b/{verb}").json()["code"] == "not_found"


@pytest.mark.parametrize("position", ["abc", "\x00", "2026-13-45", "2026-13-45T00:00:00Z", ""])
def test_a_cursor_that_was_tampered_with_is_not_found(api: Api, position: str) -> None:
    cursor = base64.b64encode(f"p={position}".encode()).decode()
    answer = api.get(f"submissions?cursor={cursor}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "Invalid cursor")


def test_the_cursor_of_a_page_leads_to_the_next(api: Api) -> None:
    for number in range(3):
        api.post("submissions", submission(submissionId=f"s{number}"))
    first = api.get("submissions?limit=2").json()
    second = api.get(first["next"].split("/api/v1/")[1]).json()
    assert [row["submissionId"] for row in second["results"]] == ["s0"]
    assert second["next"] is None


def test_a_number_of_five_thousand_digits_is_refused(api: Api) -> None:
    raw = json.dumps(submission())[:-1] + ', "metadata": ' + "9" * 5000 + "}"
    answer = api.post("submissions", raw.encode())
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")
    assert not Submission.objects.exists()


def test_a_number_beyond_every_double_is_refused_where_it_would_be_stored(api: Api) -> None:
    body = b'{"task": "writing_task_1", "prompt": "Write.", "content": {"a": 1e999}}'
    answer = api.put("questions/q", body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "too_large")
    assert not Question.objects.exists()


def test_half_a_surrogate_pair_under_an_idempotency_key_is_refused(api: Api) -> None:
    body = submission(answer={"text": "a\ud800"})
    answer = api.post("submissions", body, **{"Idempotency-Key": "key"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "lone_surrogate"


def test_a_host_that_is_not_ours_gets_a_problem_too(api: Api) -> None:
    answer = api.get("submissions", Host="evil.example")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert "evil" not in answer.content.decode()
