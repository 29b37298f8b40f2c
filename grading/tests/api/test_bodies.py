"""JSON in: how deep, how long, and nothing mistaken for structure."""

import json

import pytest

from conftest import Api, submission
from grading.models import Submission

pytestmark = pytest.mark.django_db


def with_metadata(raw: str) -> bytes:
    return (json.dumps(submission())[:-1] + f', "metadata": {raw}}}').encode()


def test_fifty_levels_are_taken_and_one_more_is_refused(api: Api) -> None:
    deep = "[" * 49 + "]" * 49
    answer = api.post("submissions", with_metadata(f"[{deep}]"))
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")
    assert not Submission.objects.exists()
    assert api.post("submissions", with_metadata(deep)).status_code == 202


def test_brackets_inside_strings_and_side_by_side_are_no_depth(api: Api) -> None:
    harmless = ['"' + r"[{\"[" * 60 + '"', "[" + ",".join(["[]"] * 200) + "]"]
    answer = api.post("submissions", with_metadata(f"[{','.join(harmless)}]"))
    assert answer.status_code == 202


def test_metadata_that_looks_like_a_place_holder_stays_what_it_is(api: Api) -> None:
    api.post("submissions", with_metadata('{"a": "\\"", "b": "x\\\\"}'))
    [row] = api.get("submissions").json()["results"]
    assert row["metadata"] == {"a": '"', "b": "x\\"}


def test_a_candidates_id_comes_back_as_sent(api: Api) -> None:
    assert api.post("submissions", submission(candidateId="Số 7")).json()["candidateId"] == "Số 7"
    assert "candidateId" not in api.post("submissions", submission(submissionId="b")).json()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body + b" {}",
        lambda body: body[:-1] + b', "skill": "writing"}',
        lambda body: body[:-1] + b', "metadata": {"a": 1, "a": 2}}',
        lambda body: body[:-1] + b', "metadata": NaN}',
        lambda body: body[:-1] + b', "metadata": [-Infinity]}',
        lambda body: body[:-1] + b', "metadata": "\xff"}',
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body[:-1],
    ],
)
def test_a_body_that_is_right_but_for_its_json_is_refused_for_its_json(api: Api, spoil) -> None:
    answer = api.post("submissions", spoil(json.dumps(submission()).encode()))
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")
    assert not Submission.objects.exists()
