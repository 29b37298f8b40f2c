"""What the management commands print, keep, and refuse."""

import json
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from conftest import LETTER, PROMPT, Api, submission
from grading.enums import Scope
from grading.models import ApiKey, Client, Grade, RubricVersion, Submission
from grading.queries.status_body import encode, result_body
from grading.services import drain
from grading.services.clients import find_key
from grading.tests.fixtures_provider import STUB_KEY
from grading.tests.stub_provider import StubProvider

pytestmark = pytest.mark.django_db


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def key_in(text: str) -> str:
    return next(word for word in text.split() if word.startswith("vk_"))


def test_createclient_prints_a_key_that_works_and_keeps_only_its_digest() -> None:
    key = key_in(run("createclient", "North school"))
    found = find_key(key)
    assert found is not None
    assert found.client.name == "North school"
    assert set(found.scopes) == set(Scope)
    kept = ApiKey.objects.values().get()
    assert all(key not in str(value) for value in kept.values())


def test_createclient_gives_only_the_scopes_asked_for() -> None:
    text = run(
        "createclient", "North school", "--scope", "submissions:read", "--scope", "questions:write"
    )
    found = find_key(key_in(text))
    assert found is not None
    assert found.scopes == ["submissions:read", "questions:write"]


def test_createclient_names_the_known_scopes_when_one_is_unknown() -> None:
    with pytest.raises(CommandError, match="submissions:write, submissions:read"):
        run("createclient", "North school", "--scope", "everything")
    assert not Client.objects.exists()


def test_createclient_refuses_a_name_that_is_taken() -> None:
    run("createclient", "North school")
    with pytest.raises(CommandError, match="'North school' already"):
        run("createclient", " North school ")
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("name", ["", "  ", "n" * 101])
def test_createclient_refuses_a_name_that_cannot_be_stored(name: str) -> None:
    with pytest.raises(CommandError, match="name cannot be used"):
        run("createclient", name)


@pytest.fixture
def with_model(provider: StubProvider, settings: Any) -> StubProvider:
    settings.LLM_MODEL = "openai/stub"
    settings.LLM_API_BASE = provider.url
    settings.LLM_API_KEY = STUB_KEY
    settings.LLM_TIMEOUT = 2
    return provider


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "letter.txt"
    file.write_text(LETTER, encoding="utf-8")
    return file


def grade(file: Path | str, **options: Any) -> str:
    return run("grade", str(file), task="writing_task_1", prompt=PROMPT, **options)


@pytest.mark.django_db(transaction=True)
def test_grade_prints_the_result_production_would_give_and_stores_nothing(
    with_model: StubProvider, letter: Path, api: Api
) -> None:
    result = json.loads(grade(letter))
    assert not Submission.objects.exists()
    assert not Grade.objects.exists()
    body = submission(answer={"text": LETTER})
    assert api.post("submissions", body).status_code == 202
    drain.drain()
    stored = result_body(Grade.objects.get())
    for each in (result, stored):
        each.pop("gradedAt")
    assert result == json.loads(encode(stored))
    assert result["provenance"]["source"] == "ai"
    for item in result["evidence"]:
        assert LETTER[item["offset"] : item["offset"] + item["length"]] == item["quote"]


def test_grade_lays_a_result_out_for_reading(with_model: StubProvider, letter: Path) -> None:
    text = grade(letter, format="text")
    assert text.startswith("Overall ")
    assert "taskFulfillment" in text
    assert "vstep-writing-1" in text


def test_grade_reads_standard_input(
    with_model: StubProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(LETTER.encode())))
    assert json.loads(grade("-"))["overallScore"] > 0


def test_grade_says_in_words_why_a_file_cannot_be_graded(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nothing\.txt cannot be read: No such file"):
        grade(tmp_path / "nothing.txt")
    latin = tmp_path / "latin.txt"
    latin.write_bytes("Đà Nẵng".encode("utf-16"))
    with pytest.raises(CommandError, match="is not UTF-8"):
        grade(latin)
    long = tmp_path / "long.txt"
    long.write_text("word " * 4001)
    with pytest.raises(CommandError, match="20005 characters; at most 20000"):
        grade(long)


def test_grade_says_when_no_provider_answers(with_model: StubProvider, letter: Path) -> None:
    with_model.script(default={"mode": "r503"})
    with pytest.raises(CommandError, match="No model provider answers"):
        grade(letter)


def test_grade_says_when_there_is_no_rubric(letter: Path) -> None:
    RubricVersion.objects.all().delete()
    with pytest.raises(CommandError, match="no active rubric or prompt for writing"):
        grade(letter)
