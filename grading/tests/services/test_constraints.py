"""What the database itself refuses, whatever a service forgets."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from conftest import make_api, submission
from grading.models import (
    CriterionScore,
    Grade,
    GradingRun,
    IdempotentRequest,
    PromptVersion,
    Question,
    QuestionVersion,
    RateWindow,
    RubricVersion,
    Submission,
)
from grading.services.drain import drain

pytestmark = pytest.mark.django_db(transaction=True)


def again(model: type[models.Model], **changes: Any) -> Callable[[], Any]:
    """One more row like the first, but for the changes."""

    def insert() -> None:
        row = model._default_manager.order_by("pk").first()
        assert row is not None
        row.pk, row._state.adding = None, True
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(force_insert=True)

    return insert


def with_change(model: type[models.Model], **changes: Any) -> Callable[[], Any]:
    return lambda: model._default_manager.update(**changes)


def a_new_grade(**changes: Any) -> Callable[[], Any]:
    return again(Grade, **{"run": None, **changes})


@pytest.mark.parametrize(
    ("constraint", "break_it"),
    [
        ("submission_per_client", again(Submission, id="0" * 32)),
        ("submission_status_known", with_change(Submission, status="lost")),
        ("completed_has_a_grade", with_change(Submission, status="completed")),
        ("failed_has_a_reason", with_change(Submission, status="failed")),
        ("run_number", again(GradingRun)),
        ("run_state_known", with_change(GradingRun, state="lost")),
        ("one_grade_per_run", again(Grade)),
        ("grade_source_known", a_new_grade(source="oracle")),
        ("grade_band_known", a_new_grade(band="A1")),
        ("confidence_is_a_probability", a_new_grade(confidence_score=1.01)),
        ("confidence_is_a_probability", a_new_grade(confidence_score=-0.01)),
        ("human_grade_has_a_rater", a_new_grade(source="human", graded_by=None)),
        ("overall_score_legal", a_new_grade(overall_score="7.3")),
        ("overall_score_legal", a_new_grade(overall_score="10.5")),
        ("criterion_once", again(CriterionScore)),
        ("criterion_known", again(CriterionScore, criterion="beauty")),
        ("question_id_per_client", again(Question)),
        ("question_version_number", again(QuestionVersion)),
        ("question_task_known", again(QuestionVersion, number=2, task="essay")),
        ("idempotency_key_per_client", again(IdempotentRequest)),
        ("one_window_per_client", again(RateWindow)),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(constraint: str, break_it: Callable[[], Any]) -> None:
    school = make_api("North school")
    question = {"task": "writing_task_1", "prompt": "Write."}
    school.put("questions/q", question)
    body = submission(question=None, questionId="q")
    school.post("submissions", body, **{"Idempotency-Key": "one"})
    drain()
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        break_it()


def test_a_response_is_graded_once_at_a_time() -> None:
    make_api("North school").post("submissions", submission())
    with pytest.raises(IntegrityError, match='"one_open_run"'):
        again(GradingRun, number=2, state="running")()


@pytest.mark.parametrize("model", [RubricVersion, PromptVersion])
def test_of_each_skill_one_version_is_active(model: type[Any]) -> None:
    active = model.objects.filter(is_active=True).first()
    with pytest.raises(IntegrityError, match='"one_active_'):
        model.objects.create(
            skill=active.skill, name="another", is_active=True, **content_of(active)
        )


def content_of(version: Any) -> dict[str, Any]:
    return {"criteria": []} if isinstance(version, RubricVersion) else {}
