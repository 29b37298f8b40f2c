"""Grades one text as production would, and stores nothing."""

import asyncio
from datetime import datetime
from decimal import Decimal
from typing import Any

from grading.enums import Confidence, Skill, Task
from grading.gateways import llm
from grading.models import GradingRun, PromptVersion, QuestionVersion, RubricVersion, Submission
from grading.pipelines.writing import ProvidersUnavailable, grade_writing
from grading.queries.status_body import rfc3339
from grading.schemas import DraftGrade
from grading.services.plans import language_model, plan_of, response_of
from grading.services.questions import min_words_of
from grading.services.settling import route_draft


class CannotGrade(Exception):
    """Nothing could be said of the text; the message says why, in plain words."""


def grade_text(text: str, task: Task, prompt: str, now: datetime) -> dict[str, Any]:
    """The contract's `result` for one response, by the rubric and prompt in force.

    CannotGrade where no rubric is active or no provider answers.
    """
    run = _unsaved_run(text, task, prompt)
    try:
        draft = asyncio.run(_grade(run))
    except LookupError as error:
        raise CannotGrade(f"There is {error}. Run `manage.py migrate` first.") from None
    except ProvidersUnavailable as error:
        raise CannotGrade(f"No model provider answers ({error.code}).") from None
    chosen = route_draft(run.submission, draft)
    assert run.rubric_version is not None  # noqa: S101  plan_of insists on it
    prompt_name = run.prompt_version.name if draft.models and run.prompt_version else None
    return result_of(draft, chosen.confidence, run.rubric_version.name, prompt_name, now)


def result_of(
    draft: DraftGrade,
    confidence: Confidence,
    rubric_version: str,
    prompt_version: str | None,
    graded_at: datetime,
) -> dict[str, Any]:
    """A draft as the contract's `result`; scores are numbers with at most one decimal."""
    return {
        "overallScore": float(draft.overall_score),
        "band": draft.band.value,
        "criteriaScores": _numbers(draft.criteria_scores),
        "feedback": draft.feedback,
        "grammarErrors": [error.model_dump(mode="json") for error in draft.grammar_errors],
        "evidence": [item.model_dump(mode="json") for item in draft.evidence],
        "confidence": confidence.value,
        "confidenceScore": draft.confidence_score,
        "flags": [flag.value for flag in draft.flags],
        "gradedAt": rfc3339(graded_at),
        "provenance": {
            "source": draft.source.value,
            "models": list(draft.models),
            "tries": len(draft.tries),
            "rubricVersion": rubric_version,
            "promptVersion": prompt_version,
            "localScorer": draft.local_version or None,
        },
    }


def _numbers(scores: dict[Any, Decimal]) -> dict[str, float]:
    return {criterion.value: float(score) for criterion, score in scores.items()}


def _unsaved_run(text: str, task: Task, prompt: str) -> GradingRun:
    version = QuestionVersion(task=task, prompt=prompt, min_words=min_words_of(task, None))
    return GradingRun(
        submission=Submission(
            skill=task.skill, task=task, answer_text=text, question_version=version
        ),
        rubric_version=RubricVersion.objects.filter(skill=Skill.WRITING, is_active=True).first(),
        prompt_version=PromptVersion.objects.filter(skill=Skill.WRITING, is_active=True).first(),
    )


async def _grade(run: GradingRun) -> DraftGrade:
    model = language_model()
    try:
        return await grade_writing(response_of(run), plan_of(run), model)
    finally:
        if model is not None:
            await llm.close()
