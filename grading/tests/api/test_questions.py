"""Questions: put once, changed by version, read back."""

import pytest

from conftest import PROMPT, Api, submission
from grading.models import QuestionVersion, Submission

pytestmark = pytest.mark.django_db

LETTER_QUESTION = {"task": "writing_task_1", "prompt": PROMPT}


def test_a_question_is_put_and_read_back_with_the_tests_own_minimum(api: Api) -> None:
    answer = api.put("questions/q1", {**LETTER_QUESTION, "content": {"image": [1, None]}})
    assert answer.status_code == 201
    assert answer.json() == {
        "questionId": "q1",
        "task": "writing_task_1",
        "prompt": PROMPT,
        "minWords": 120,
        "content": {"image": [1, None]},
        "version": 1,
    }
    assert api.get("questions/q1").json() == answer.json()


def test_the_same_content_makes_no_version_and_a_change_makes_the_next(api: Api) -> None:
    api.put("questions/q1", LETTER_QUESTION)
    api.post("submissions", submission(question=None, questionId="q1"))
    assert api.put("questions/q1", LETTER_QUESTION).json()["version"] == 1
    changed = api.put("questions/q1", {**LETTER_QUESTION, "min_words": 150})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert Submission.objects.get().question_version.number == 1


def test_another_clients_question_is_unknown(api: Api, other_api: Api) -> None:
    api.put("questions/q1", LETTER_QUESTION)
    assert other_api.get("questions/q1").status_code == 404
    answer = other_api.post("submissions", submission(question=None, questionId="q1"))
    assert answer.json()["code"] == "question_unknown"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": PROMPT}, "task"),
        ({"task": "essay", "prompt": PROMPT}, "task"),
        ({"task": "writing_task_1"}, "prompt"),
        ({"task": "writing_task_1", "prompt": "a\x00"}, "prompt"),
        ({**LETTER_QUESTION, "minWords": 0}, "minWords"),
        ({**LETTER_QUESTION, "minWords": 1.5}, "minWords"),
        ({**LETTER_QUESTION, "content": {"a": "\x00"}}, "content"),
        ({**LETTER_QUESTION, "content": "\ud800"}, "content"),
        ({**LETTER_QUESTION, "version": 7}, "version"),
    ],
)
def test_bad_questions_name_the_field_and_change_nothing(
    api: Api, body: dict[str, object], field: str
) -> None:
    answer = api.put("questions/q1", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert not QuestionVersion.objects.exists()


def test_a_known_id_with_the_same_inline_question_uses_the_stored_version(api: Api) -> None:
    api.put("questions/q1", LETTER_QUESTION)
    api.post("submissions", submission(questionId="q1"))
    assert QuestionVersion.objects.count() == 1
    body = api.post(
        "submissions",
        submission(
            submissionId="b",
            questionId="q1",
            question={"prompt": "Other", "task": "writing_task_2"},
        ),
    ).json()
    assert (body["questionId"], body["task"]) == ("q1", "writing_task_2")
