"""Small builders of rows; each gives something legal, and takes what a test cares about."""

import uuid
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from grading.enums import (
    CRITERIA,
    Confidence,
    Flag,
    GradeSource,
    Priority,
    RouteReason,
    Skill,
    Status,
    Task,
)
from grading.models import (
    Client,
    CriterionScore,
    Grade,
    GradingRun,
    PromptVersion,
    QuestionVersion,
    RubricVersion,
    Submission,
)
from grading.scoring.bands import band_of, task_score
from review.services.accounts import create_account

numbers = count(1)
PASSWORD = "long-enough-for-a-test"
LETTER = (
    "Dear Brianna,\n\nThank you for you letter. I am very happy to hear that you will visit "
    "my country next month. In my opinion, you should come in spring because the weather "
    "is warm and there are many festival.\n\nFirst of all, we can to visit the old town "
    "together.\n\nBest wishes,\nLinh"
)
QUESTION = "Read part of an email from Brianna, who plans to visit your country, and answer it."


def account(username: str, role: str = "rater") -> Any:
    return create_account(username, PASSWORD, role)


def rubric() -> RubricVersion:
    existing = RubricVersion.objects.filter(name="test-writing").first()
    if existing is not None:
        return existing
    bands = [
        {"score": n, "en": f"Band {n} in English.", "vi": f"Bậc {n} bằng tiếng Việt."}
        for n in range(10, -1, -1)
    ]
    criteria = [
        {
            "key": criterion.value,
            "name": {"en": f"{criterion} name", "vi": f"{criterion} tên"},
            "about": {"en": f"About {criterion}.", "vi": f"Về {criterion}."},
            "bands": bands,
        }
        for criterion in CRITERIA[Skill.WRITING]
    ]
    return RubricVersion.objects.create(skill=Skill.WRITING, name="test-writing", criteria=criteria)


def prompt() -> PromptVersion:
    return PromptVersion.objects.get_or_create(
        name="test-prompt", defaults={"skill": Skill.WRITING, "system_text": "s", "user_text": "u"}
    )[0]


def submission(text: str = LETTER, **fields: Any) -> Submission:
    client = Client.objects.get_or_create(name="Test school")[0]
    question = fields.pop("question", QUESTION)
    version = QuestionVersion.objects.create(
        task=Task.WRITING_TASK_1, prompt=question, min_words=120
    )
    return Submission.objects.create(
        **{
            "client": client,
            "submission_id": f"response-{next(numbers)}-{uuid.uuid4().hex[:6]}",
            "fingerprint": uuid.uuid4().hex,
            "question_version": version,
            "skill": Skill.WRITING,
            "task": Task.WRITING_TASK_1,
            "answer_text": text,
            "status": Status.PROCESSING,
            **fields,
        }
    )


def machine_grade(of: Submission, score: str = "6.0", **fields: Any) -> Grade:
    scores = dict.fromkeys(CRITERIA[Skill.WRITING], Decimal(score)) | fields.pop("scores", {})
    overall = task_score(scores, Skill.WRITING)
    run = GradingRun.objects.create(
        submission=of, state="done", number=of.runs.count() + 1, rubric_version=rubric()
    )
    grade = Grade.objects.create(
        **{
            "submission": of,
            "run": run,
            "source": GradeSource.LOCAL,
            "overall_score": overall,
            "band": band_of(overall),
            "feedback": "Clear letter. Work on plural nouns.",
            "evidence": [quote(of.answer_text, "organization", "First of all")],
            "grammar_errors": [
                error(of.answer_text, "many festival", "many festivals"),
            ],
            "confidence": Confidence.LOW,
            "confidence_score": 0.4,
            "flags": [Flag.UNDERLENGTH],
            "models_used": [],
            "local_version": "scorer-1",
            "local_reasons": {"organization": ["Short paragraphs."]},
            "signals": {"distance_to_cut": 0.25},
            "rubric_version": rubric(),
            "prompt_version": prompt(),
            **fields,
        }
    )
    for criterion, value in scores.items():
        CriterionScore.objects.create(grade=grade, criterion=criterion, score=value)
    return grade


def quote(text: str, criterion: str, words: str, comment: str = "A good link.") -> dict[str, Any]:
    return {
        "criterion": criterion,
        "quote": words,
        "offset": text.find(words),
        "length": len(words),
        "comment": comment,
    }


def error(text: str, words: str, suggestion: str) -> dict[str, Any]:
    return {
        "offset": text.find(words),
        "length": len(words),
        "message": "The noun should be plural.",
        "suggestion": suggestion,
    }


def waiting(
    text: str = LETTER, priority: str = Priority.MEDIUM, age_minutes: int = 5, **grade: Any
) -> Submission:
    """A response that waits for a rater, with a machine's grade."""
    row = submission(text)
    row.machine_grade = machine_grade(row, **grade)
    row.status = Status.REVIEW_PENDING
    row.review_priority = priority
    row.review_since = timezone.now() - timedelta(minutes=age_minutes)
    row.route_reasons = [RouteReason.LOCAL_SCORER_ONLY, RouteReason.NEAR_BAND_CUT]
    row.flags = [Flag.UNDERLENGTH]
    row.save()
    return row


def scores(value: str = "6.0", **others: str) -> dict[str, str]:
    return {criterion.value: value for criterion in CRITERIA[Skill.WRITING]} | others
