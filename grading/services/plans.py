"""What a run is graded with: plain input for the pipeline, read from rows and settings."""

from datetime import datetime, timedelta

from django.conf import settings

from grading.enums import Task
from grading.gateways.llm import LanguageModel
from grading.models import GradingRun
from grading.schemas import GradingPlan, PromptText, RubricText, WritingResponse


class NoActiveVersion(LookupError):
    """No rubric or no prompt of the skill is active: the operator's to mend, not the response's."""


def language_model() -> LanguageModel | None:
    """The gateway to the configured provider; None where no model is configured."""
    if not settings.LLM_MODEL:
        return None
    return LanguageModel(
        api_base=settings.LLM_API_BASE or None,
        api_key=settings.LLM_API_KEY or None,
        timeout_seconds=settings.LLM_TIMEOUT,
    )


def response_of(run: GradingRun) -> WritingResponse:
    """A run's response with all a grader may know, and nothing of who wrote it."""
    submission = run.submission
    question = submission.question_version
    return WritingResponse(
        text=submission.answer_text,
        task=Task(submission.task),
        question_prompt=question.prompt,
        min_words=question.min_words,
    )


def plan_of(run: GradingRun) -> GradingPlan:
    """Models, tries, rubric and prompt of a run."""
    rubric, prompt = run.rubric_version, run.prompt_version
    if rubric is None or prompt is None:
        raise NoActiveVersion(f"no active rubric or prompt for {run.submission.skill}")
    names = (settings.LLM_MODEL, settings.LLM_FALLBACK_MODEL)
    return GradingPlan(
        models=tuple(name for name in names if name),
        tries=settings.LLM_TRIES,
        repairs=settings.LLM_RETRIES,
        rubric=RubricText(
            version=rubric.name,
            criteria=rubric.criteria,
            underlength_caps=rubric.underlength_caps.get(run.submission.task, []),
        ),
        prompt=PromptText(version=prompt.name, system=prompt.system_text, user=prompt.user_text),
        providers_down=outage_is_over_the_limit(run),
    )


def outage_is_over_the_limit(run: GradingRun) -> bool:
    """Providers had failed a run, when it was claimed, for as long as a response may wait.

    Both times are the database's: a worker whose clock is wrong neither hurries nor waits.
    """
    claimed_at: datetime | None = getattr(run, "claimed_at", None)
    if run.providers_down_since is None or claimed_at is None:
        return False
    limit = timedelta(minutes=settings.LLM_OUTAGE_FALLBACK_MINUTES)
    return claimed_at - run.providers_down_since >= limit
