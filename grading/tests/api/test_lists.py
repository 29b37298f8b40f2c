"""Pages of submissions: bounded, narrowed by what is known, without grades that still wait."""

import uuid

import pytest

from conftest import Api, make_api, submission
from grading.enums import Scope
from grading.models import Submission
from grading.services.drain import drain

pytestmark = pytest.mark.django_db


def test_a_page_never_has_more_than_200_rows(api: Api) -> None:
    api.post("submissions", submission())
    row = Submission.objects.get()
    copies = []
    for number in range(200):
        row.pk, row.submission_id = uuid.uuid4(), f"s{number}"
        copies.append(Submission(**{f.attname: getattr(row, f.attname) for f in row._meta.fields}))
    Submission.objects.bulk_create(copies)
    page = api.get("submissions?limit=100000").json()
    assert len(page["results"]) == 200
    assert page["next"]
    assert len(api.get("submissions").json()["results"]) == 50


def test_a_filter_nobody_knows_is_refused_by_name(api: Api) -> None:
    answer = api.get("submissions?candidate=7")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "candidate"


@pytest.mark.django_db(transaction=True)
def test_a_waiting_grade_shows_only_to_a_key_that_may_and_that_asks() -> None:
    school = make_api("North school")
    school.post("submissions", submission(submissionId="a"))
    drain()
    others = [scope for scope in Scope if scope != Scope.GRADES_PROVISIONAL]
    plain = make_api("No provisional", *others)
    plain.client.keys.update(client=school.client)
    for path in ("submissions/a", "submissions"):
        for caller, query in (
            (school, ""),
            (school, "?include=all"),
            (plain, "?include=provisional"),
        ):
            answer = caller.get(path + query)
            [row] = answer.json().get("results", [answer.json()])
            assert row["status"] == "review_pending"
            assert (row["score"], row["band"], row["result"]) == (None, None, None)
            assert "feedback" not in answer.content.decode()
        answer = school.get(f"{path}?include=provisional")
        [row] = answer.json().get("results", [answer.json()])
        assert row["result"]["overallScore"] == row["score"] is not None
