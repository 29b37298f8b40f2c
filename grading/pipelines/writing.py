"""Grading one written response: facts, guards, a panel of tries, evidence, a draft grade."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

from grading.enums import CRITERIA, Criterion, Flag, Skill
from grading.gateways.errors import GatewayErrorCode
from grading.gateways.llm import LanguageModel
from grading.nlp.local_scorer import LocalScores, score_response
from grading.pipelines.drafts import ai_draft, local_draft
from grading.pipelines.findings import scores_of, unsupported_criteria
from grading.pipelines.guards import Finding, examine
from grading.pipelines.panel import PanelResult, ProvidersUnavailable, Question, ask_panel
from grading.pipelines.readings import read_panel
from grading.pipelines.views import LocalView
from grading.prompts.rendering import render_writing
from grading.schemas import DraftGrade, GradingPlan, WritingReply, WritingResponse

__all__ = ["ProvidersUnavailable", "grade_writing"]

# Room for a full reply and the thinking of a model that thinks first; with the prompt it stays
# below 8,000, which some providers allow a minute. A reply cut off here is asked for with twice.
MAX_REPLY_TOKENS = 4096
# The arithmetic takes milliseconds a response, and hundreds are claimed at once: they take turns,
# so that the loop looks after calls and leases in between. A thread costs twice the time (GIL).
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_REFUSALS = frozenset({GatewayErrorCode.REFUSAL, GatewayErrorCode.CONTENT_FILTER})


async def grade_writing(
    response: WritingResponse, plan: GradingPlan, model: LanguageModel | None
) -> DraftGrade:
    """A draft grade for a response: by the plan's models, or local where they cannot or must not.

    ProvidersUnavailable when no model answered and waiting may help.
    """
    async with _turn():
        await asyncio.sleep(0)  # without it, whoever comes first never has to queue
        view = _look_at(response, plan.rubric.underlength_caps)
    if view.finding.leaves_nothing_to_judge:
        return local_draft(view, frozenset())
    if model is None or not plan.models:
        return local_draft(view, frozenset({Flag.NO_MODEL}))
    if plan.providers_down:
        return local_draft(view, frozenset({Flag.PROVIDERS_DOWN}))
    question = _question(response, plan)
    result = await ask_panel(model, plan.models, question, plan.tries, plan.repairs)
    if not result.replies:
        return local_draft(view, _why_unusable(result), result.tries)
    reading = read_panel(view, result, tries_asked=plan.tries, instructions=plan.prompt.system)
    return ai_draft(view, reading, result.tries)


def _turn() -> asyncio.Lock:
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())


def _look_at(response: WritingResponse, caps: Sequence[Mapping[str, Any]]) -> LocalView:
    finding = examine(response, caps)
    return LocalView(response, finding, _local_scores(response, finding))


def _local_scores(response: WritingResponse, finding: Finding) -> LocalScores:
    if Flag.EMPTY in finding.flags:
        # The scale's own 0: nothing written.
        nothing = dict.fromkeys(CRITERIA[Skill.WRITING], Decimal(0))
        return LocalScores(criteria=nothing, reasons={}, version="")
    return score_response(
        response.text,
        task=response.task,
        prompt=response.question_prompt,
        min_words=response.min_words,
        facts=finding.facts,
    )


def _question(response: WritingResponse, plan: GradingPlan) -> Question[WritingReply]:
    return Question(
        messages=render_writing(plan.prompt, plan.rubric, response),
        schema=WritingReply,
        max_tokens=MAX_REPLY_TOKENS,
        scores_of=scores_of,
        shortcoming=lambda reply: _shortcoming(unsupported_criteria(reply, response.text)),
    )


def _shortcoming(unsupported: list[Criterion]) -> str | None:
    if not unsupported:
        return None
    names = ", ".join(unsupported)
    return (
        f"No quote you gave for {names} stands in the response. "
        "Copy quotes letter by letter from the response, mistakes included."
    )


def _why_unusable(result: PanelResult[WritingReply]) -> frozenset[Flag]:
    refused = any(code in _REFUSALS for code in result.failures)
    return frozenset({Flag.MODEL_REFUSED if refused else Flag.REPLY_UNUSABLE})
