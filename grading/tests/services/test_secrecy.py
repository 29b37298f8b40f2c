"""A candidate's words, names and keys stay where they belong, whatever fails."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django_q.models import OrmQ

from conftest import LETTER, make_api, submission
from grading.models import GradingRun
from grading.services.drain import drain
from grading.services.wakeups import TaskFailed
from grading.tasks import sweep
from grading.tests.fixtures_provider import STUB_KEY
from grading.tests.stub_provider import StubProvider

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "xylocanary"


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level("DEBUG"):
        yield caplog


def post_canary(number: int) -> str:
    school = make_api(f"School {number}")
    body = submission(
        answer={"text": f"{LETTER} {CANARY}"},
        candidateId=f"{CANARY}-not-for-models",
        group=f"{CANARY}-not-for-models",
        metadata={"name": f"{CANARY}-not-for-models"},
    )
    assert school.post("submissions", body).status_code == 202
    return school.key


def test_nothing_of_a_candidate_reaches_logs_or_the_queue_however_a_provider_fails(
    everything_logged: pytest.LogCaptureFixture,
    provider: StubProvider,
    settings: Any,
    capfd: pytest.CaptureFixture[str],
) -> None:
    settings.LLM_MODEL = "openai/stub"
    settings.LLM_API_BASE = provider.url
    settings.LLM_API_KEY = STUB_KEY
    settings.LLM_TIMEOUT = 2
    for number, mode in enumerate(["good", "r500", "r401", "r400", "bad_json", "reset", "hang"]):
        provider.script(default={"mode": mode})
        key = post_canary(number)
        queued = json.dumps([row.task for row in OrmQ.objects.all()], default=str)
        drain()
        said = everything_logged.text + "".join(capfd.readouterr()) + queued
        for secret in (CANARY, STUB_KEY, key):
            assert secret not in said, f"{secret} shows after {mode}"
    for hit in provider.hits:
        sent = json.dumps(hit.body)
        assert CANARY in sent
        assert f"{CANARY}-not-for-models" not in sent


def test_a_failed_task_tells_the_queue_no_more_than_a_class() -> None:
    post_canary(1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE grading_gradingrun RENAME TO away")
    try:
        with pytest.raises(TaskFailed, match=r"^ProgrammingError$") as failure:
            sweep()
        assert failure.value.__cause__ is None
        assert failure.value.__context__ is None
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO grading_gradingrun")
    assert GradingRun.objects.count() == 1
