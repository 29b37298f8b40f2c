"""Several tries at one question: a model asked as often as planned, and a second one only if the
first gave nothing at all."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from pydantic import BaseModel

from grading.enums import Criterion
from grading.gateways.errors import GatewayError, GatewayErrorCode, Remedy
from grading.gateways.llm import Completion, LanguageModel, ReplyError
from grading.gateways.replies import parse_reply
from grading.nlp.plain import storable
from grading.prompts.rendering import render_repair
from grading.schemas import TryRecord

Reply = TypeVar("Reply", bound=BaseModel)

_LONGEST_RAW_REPLY = 20_000
_LONGEST_DETAIL = 500
_LONGEST_NAME = 120
_LONGEST_FINISH_REASON = 40
_WHAT_WAS_WRONG = {
    GatewayErrorCode.NOT_JSON: "It was not one JSON object",
    GatewayErrorCode.SCHEMA: "It had not the shape asked for",
    GatewayErrorCode.RANGE: "A score was not one of 0, 0.5, 1 ... 10",
}


class ProvidersUnavailable(Exception):
    """No model answered, and waiting may help; `retry_after` in seconds where a provider said."""

    def __init__(
        self, code: GatewayErrorCode, retry_after: float | None, tries: tuple[TryRecord, ...]
    ) -> None:
        super().__init__(str(code))
        self.code = code
        self.retry_after = retry_after
        self.tries = tries


@dataclass(frozen=True)
class Question(Generic[Reply]):
    """What a panel is asked, and how its replies are read.

    `shortcoming` says what a readable reply lacks, in words fit to send back; None for nothing.
    """

    messages: list[dict[str, str]]
    schema: type[Reply]
    max_tokens: int
    scores_of: Callable[[Reply], dict[Criterion, Decimal]]
    shortcoming: Callable[[Reply], str | None]


@dataclass(frozen=True)
class PanelResult(Generic[Reply]):
    """The readable replies (none when every model gave up), and every call made for them."""

    replies: tuple[Reply, ...]
    tries: tuple[TryRecord, ...]
    repairs: int
    failures: tuple[GatewayErrorCode, ...]


@dataclass(frozen=True)
class _Answer(Generic[Reply]):
    record: TryRecord
    reply: Reply | None
    error: GatewayError | None


@dataclass(frozen=True)
class _Try(Generic[Reply]):
    """One try: its calls, the first and then the repairs, and the reply that stands."""

    answers: tuple[_Answer[Reply], ...]
    reply: Reply | None

    @property
    def error(self) -> GatewayError | None:
        return None if self.reply is not None else self.answers[-1].error


async def ask_panel(
    model: LanguageModel, models: Sequence[str], question: Question[Reply], tries: int, repairs: int
) -> PanelResult[Reply]:
    """Ask the models in turn until one gives a readable reply.

    ProvidersUnavailable when none does and at least one of them may be well again later.
    """
    done: list[_Try[Reply]] = []
    for name in models:
        latest = await _all_tries(model, name, question, tries, repairs)
        done += latest
        if any(one.reply is not None for one in latest):
            return _result(latest, done)
    result = _result([], done)
    waits = [one for one in done if one.error and one.error.remedy is Remedy.WAIT]
    if waits and waits[0].error:
        raise ProvidersUnavailable(waits[0].error.code, _shortest_wait(waits), result.tries)
    return result


async def _all_tries(
    model: LanguageModel, name: str, question: Question[Reply], tries: int, repairs: int
) -> list[_Try[Reply]]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_one_try(model, name, question, repairs)) for _ in range(tries)]
    return [task.result() for task in tasks]


async def _one_try(
    model: LanguageModel, name: str, question: Question[Reply], repairs: int
) -> _Try[Reply]:
    messages, max_tokens = question.messages, question.max_tokens
    answers: list[_Answer[Reply]] = []
    standing: Reply | None = None
    for _ in range(1 + repairs):
        answer = await _ask_once(model, name, question, messages, max_tokens)
        answers.append(answer)
        lacking = question.shortcoming(answer.reply) if answer.reply is not None else None
        if answer.reply is not None and (standing is None or lacking is None):
            standing = answer.reply
        if _is_settled(answer, lacking):
            break
        if answer.error is not None and answer.error.code is GatewayErrorCode.TRUNCATED:
            max_tokens *= 2
        else:
            messages = _messages_again(question, answer, lacking)
    return _Try(tuple(answers), standing)


def _is_settled(answer: _Answer[Reply], lacking: str | None) -> bool:
    if answer.error is not None:
        return answer.error.remedy is not Remedy.ASK_AGAIN
    return lacking is None


def _messages_again(
    question: Question[Reply], answer: _Answer[Reply], lacking: str | None
) -> list[dict[str, str]]:
    if answer.error is None:
        return render_repair(question.messages, answer.record.raw_reply, lacking or "")
    wrong = _WHAT_WAS_WRONG.get(answer.error.code)
    if wrong is None:
        return question.messages
    problem = f"{wrong}: {answer.error.detail}."
    return render_repair(question.messages, answer.record.raw_reply, problem)


async def _ask_once(
    model: LanguageModel,
    name: str,
    question: Question[Reply],
    messages: list[dict[str, str]],
    max_tokens: int,
) -> _Answer[Reply]:
    started = time.monotonic()
    completion: Completion | None = None
    reply: Reply | None = None
    failure: GatewayError | None = None
    try:
        completion = await model.complete(
            model=name, messages=messages, schema=question.schema, max_tokens=max_tokens
        )
        reply = parse_reply(completion.text, question.schema)
    except ReplyError as error:
        completion, failure = error.completion, error
    except GatewayError as error:
        failure = error
    latency_ms = round((time.monotonic() - started) * 1000)
    record = _record(name, completion, failure, latency_ms)
    if reply is not None:
        record = record.model_copy(update={"criteria_scores": question.scores_of(reply)})
    return _Answer(record, reply, failure)


def _record(
    name: str, completion: Completion | None, failure: GatewayError | None, latency_ms: int
) -> TryRecord:
    record = TryRecord(
        requested_model=name,
        number=1,
        error=str(failure.code) if failure else None,
        error_detail=failure.detail[:_LONGEST_DETAIL] if failure else "",
        latency_ms=latency_ms,
    )
    if completion is None:
        return record
    told = {
        "model": storable(completion.model, _LONGEST_NAME),
        "raw_reply": storable(completion.text, _LONGEST_RAW_REPLY),
        "finish_reason": storable(completion.finish_reason, _LONGEST_FINISH_REASON),
        "tokens_in": completion.tokens_in,
        "tokens_out": completion.tokens_out,
        "tokens_cached": completion.tokens_cached,
        "cost_usd": completion.cost_usd,
    }
    return record.model_copy(update=told)


def _result(used: Sequence[_Try[Reply]], done: Sequence[_Try[Reply]]) -> PanelResult[Reply]:
    records = [answer.record for one in done for answer in one.answers]
    return PanelResult(
        replies=tuple(one.reply for one in used if one.reply is not None),
        tries=tuple(
            record.model_copy(update={"number": number})
            for number, record in enumerate(records, start=1)
        ),
        repairs=sum(len(one.answers) - 1 for one in used if one.reply is not None),
        failures=tuple(one.error.code for one in done if one.error is not None),
    )


def _shortest_wait(waits: Sequence[_Try[Reply]]) -> float | None:
    """Seconds until the first model may be asked again: of its own tries the longest counts."""
    longest: dict[str, float] = {}
    for one in waits:
        if one.error is not None and one.error.retry_after is not None:
            name = one.answers[-1].record.requested_model
            longest[name] = max(longest.get(name, 0.0), one.error.retry_after)
    return min(longest.values(), default=None)
