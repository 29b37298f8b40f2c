"""Two at once, or one of two that fails: nothing half done, nothing done twice."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import ProgrammingError, connection

from conftest import PROMPT, Api, make_api, submission
from grading.models import AuditEvent, GradingRun, QuestionVersion, RateWindow, Submission

pytestmark = pytest.mark.django_db(transaction=True)


def in_parallel(count: int, act: Callable[[int], Any]) -> list[Any]:
    barrier = threading.Barrier(count)
    found: list[Any] = []

    def one(number: int) -> None:
        barrier.wait()
        try:
            found.append(act(number))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture
def school() -> Api:
    return make_api("North school")


def another(school: Api) -> Api:
    return Api(school.client, school.key, type(school.browser)())


def test_a_submission_whose_wake_up_cannot_be_written_is_not_taken(school: Api) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_q_ormq RENAME TO away")
    try:
        with pytest.raises(ProgrammingError):
            school.post("submissions", submission())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO django_q_ormq")
    for rows in (Submission, GradingRun, QuestionVersion, AuditEvent):
        assert not rows.objects.exists()
    assert school.post("submissions", submission()).status_code == 202


def test_parallel_changes_of_one_question_become_versions_one_after_another(school: Api) -> None:
    school.put("questions/q", {"task": "writing_task_1", "prompt": PROMPT})

    def change(number: int) -> int:
        body = {"task": "writing_task_1", "prompt": f"{PROMPT} {number}"}
        return another(school).put("questions/q", body).json()["version"]

    assert sorted(in_parallel(8, change)) == list(range(2, 10))


def test_parallel_posts_under_one_key_make_one_submission_even_without_an_id(school: Api) -> None:
    body = submission(submissionId=None)

    def post(_: int) -> int:
        return another(school).post("submissions", body, **{"Idempotency-Key": "one"}).status_code

    assert set(in_parallel(10, post)) <= {202, 409}
    assert Submission.objects.count() == 1


def test_of_parallel_cancels_one_wins(school: Api) -> None:
    school.post("submissions", submission(submissionId="a"))
    codes = in_parallel(5, lambda _: another(school).post("submissions/a/cancel").status_code)
    assert sorted(codes) == [200, 409, 409, 409, 409]


def test_parallel_calls_share_one_count(school: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.settings import api_settings

    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "client", "3/day")
    codes = in_parallel(8, lambda _: another(school).get("submissions").status_code)
    assert sorted(codes) == [200] * 3 + [429] * 5


def test_counts_of_past_periods_are_not_kept(school: Api, other_school: Api) -> None:
    for client in (school.client, other_school.client):
        RateWindow.objects.create(client=client, starts_at="2026-01-01T00:00:00Z", calls=600)
    assert school.get("submissions").status_code == 200
    assert list(RateWindow.objects.filter(client=school.client).values_list("calls")) == [(1,)]
    assert RateWindow.objects.filter(client=other_school.client).count() == 1


@pytest.fixture
def other_school() -> Api:
    return make_api("South school")
