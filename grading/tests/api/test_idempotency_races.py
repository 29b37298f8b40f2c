"""An Idempotency-Key when something ends between its steps."""

import threading
import time

import pytest
from django.db import OperationalError, connection, transaction

from conftest import Api, make_api, submission
from grading.models import IdempotentRequest, Submission
from grading.services import idempotency

pytestmark = pytest.mark.django_db(transaction=True)
KEY = {"Idempotency-Key": "key"}


def test_a_submission_without_an_id_is_taken_once_though_its_answer_could_not_be_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    school = make_api("North school")
    with monkeypatch.context() as broken:
        broken.setattr(idempotency, "finish", lose_the_database)
        assert school.post("submissions", submission(submissionId=None), **KEY).status_code == 503
    assert school.post("submissions", submission(submissionId=None), **KEY).status_code == 202
    assert Submission.objects.count() == 1


def lose_the_database(*_arguments: object) -> None:
    raise OperationalError


def test_an_answer_that_was_kept_is_not_thrown_away_by_a_failure_after_it(api: Api) -> None:
    api.post("submissions", submission(submissionId=None), **KEY)
    idempotency.abandon(IdempotentRequest.objects.get())
    again = api.post("submissions", submission(submissionId=None), **KEY)
    assert again["Idempotent-Replayed"] == "true"
    assert Submission.objects.count() == 1


def test_a_key_freed_at_the_same_moment_is_a_conflict_and_no_fault(api: Api) -> None:
    idempotency.begin(api.client, "key", b"body")
    seen: list[type[BaseException]] = []

    def begin() -> None:
        try:
            idempotency.begin(api.client, "key", b"body")
        except Exception as error:
            seen.append(type(error))
        finally:
            connection.close()

    with transaction.atomic():
        row = IdempotentRequest.objects.select_for_update().get()
        other = threading.Thread(target=begin)
        other.start()
        time.sleep(0.5)
        idempotency.abandon(row)
    other.join()
    assert seen == [idempotency.InProgress]
