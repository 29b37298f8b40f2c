"""Idempotency-Key: whose it is, how it is written, how long it lives."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import Api, submission
from grading.models import IdempotentRequest, Submission
from grading.tasks import sweep

pytestmark = pytest.mark.django_db

ONE = {"Idempotency-Key": "one"}


def age_by(**how: float) -> None:
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(**how))


def test_two_clients_may_use_the_same_key(api: Api, other_api: Api) -> None:
    api.post("submissions", submission(), **ONE)
    answer = other_api.post("submissions", submission(priority="high"), **ONE)
    assert answer.status_code == 202
    assert "Idempotent-Replayed" not in answer
    assert Submission.objects.count() == 2


def test_a_quoted_key_and_a_bare_one_are_the_same(api: Api) -> None:
    api.post("submissions", submission(), **ONE)
    again = api.post("submissions", submission(), **{"Idempotency-Key": '"one"'})
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "k" * 256, '"', 'a"b'])
def test_a_key_that_is_not_visible_ascii_is_refused_by_name(api: Api, key: str) -> None:
    answer = api.post("submissions", submission(), **{"Idempotency-Key": key})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert not Submission.objects.exists()


def test_an_answer_is_replayed_for_a_day_and_then_forgotten(api: Api) -> None:
    api.post("submissions", submission(), **ONE)
    age_by(hours=23)
    assert "Idempotent-Replayed" in api.post("submissions", submission(), **ONE)
    age_by(hours=25)
    answer = api.post("submissions", submission(), **ONE)
    assert answer.status_code == 200
    assert "Idempotent-Replayed" not in answer


def test_the_sweep_forgets_old_keys_only(api: Api) -> None:
    api.post("submissions", submission(), **ONE)
    age_by(hours=25)
    api.post("submissions", submission(), **{"Idempotency-Key": "two"})
    sweep()
    assert IdempotentRequest.objects.get().key == "two"
