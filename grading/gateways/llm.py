"""The one door to language models. Nothing else imports litellm.

litellm costs two seconds and 130 MB, so it is imported inside functions: a web process never pays.
"""

import asyncio
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import BaseModel

from grading.gateways.errors import GatewayError, GatewayErrorCode
from grading.gateways.llm_errors import classify, names_the_reply_shape
from grading.gateways.reply_shapes import ReplyShape, response_format

_QUIET_LOGGERS = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "openai", "httpx", "httpcore")
_MOST_CONNECTIONS = "10000"

# What a server refused once it will refuse again: (address, model) -> the most it takes.
_shapes_taken: dict[tuple[str | None, str], ReplyShape] = {}


@dataclass(frozen=True)
class Completion:
    """A model's whole answer; `cost_usd` is the library's estimate, None where it has no price."""

    text: str = field(repr=False)
    model: str
    finish_reason: str
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    cost_usd: Decimal | None
    latency_ms: int


class ReplyError(GatewayError):
    """The provider answered, and was paid, but not with something to read."""

    def __init__(self, code: GatewayErrorCode, detail: str, completion: Completion) -> None:
        super().__init__(code, detail)
        self.completion = completion


def preload() -> None:
    """Import litellm now, so that forked workers share its memory."""
    _library()


async def close() -> None:
    """Close the connections kept for the running event loop."""
    await _library().close_litellm_async_clients()


@cache
def _library() -> Any:
    """litellm, told to stay off the network, off the log and off the console."""
    # Without it the import fetches a price list over the network, and retries.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_LOG", "ERROR")
    # Its own 500 a host would make calls queue inside their deadline; ours is GRADING_CONCURRENCY.
    os.environ.setdefault("AIOHTTP_CONNECTOR_LIMIT", _MOST_CONNECTIONS)
    os.environ.setdefault("AIOHTTP_CONNECTOR_LIMIT_PER_HOST", _MOST_CONNECTIONS)
    import litellm

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.turn_off_message_logging = True
    litellm.disable_hf_tokenizer_download = True
    for name in _QUIET_LOGGERS:
        # At DEBUG these print whole requests, the candidate's words among them.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return litellm


@dataclass(frozen=True)
class LanguageModel:
    """A way to any model litellm can name; `timeout_seconds` bounds a call from start to end."""

    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout_seconds: float = 60.0

    async def complete(
        self,
        *,
        model: str,
        messages: list[dict[str, str]],
        schema: type[BaseModel],
        max_tokens: int,
    ) -> Completion:
        """Ask a model once for JSON of this schema.

        GatewayError when nothing usable came (ReplyError when it came and was paid for). Only a
        server that refuses the way we ask for JSON is asked a second time, in a plainer way.
        """
        shape = self._shape_for(model)
        while True:
            asked = {
                "model": model,
                "messages": messages,
                "max_tokens": max_tokens,
                "response_format": response_format(shape, schema),
            }
            answer, error, latency_ms = await self._call(asked)
            if error is None:
                return _checked(answer, model, latency_ms)
            if shape is ReplyShape.TEXT or not names_the_reply_shape(error):
                raise classify(error)
            shape = _shapes_taken[self.api_base, model] = shape.plainer()

    def _shape_for(self, model: str) -> ReplyShape:
        known = _shapes_taken.get((self.api_base, model))
        return known if known is not None else _best_shape(model, own_server=bool(self.api_base))

    async def _call(self, asked: Mapping[str, Any]) -> tuple[Any, Exception | None, int]:
        """The answer or the error, and milliseconds. The error is handed back, not raised, so
        that no later one carries it, and with it the prompt, as its context."""
        started = time.monotonic()
        answer, error = None, None
        library = _library()
        try:
            # The client's own timeout starts anew with every byte (faults.md L7).
            async with asyncio.timeout(self.timeout_seconds):
                answer = await library.acompletion(
                    **{name: value for name, value in asked.items() if value is not None},
                    api_base=self.api_base,
                    api_key=self.api_key,
                    timeout=self.timeout_seconds,
                    max_retries=0,
                )
        except Exception as caught:
            error = caught
        return answer, error, round((time.monotonic() - started) * 1000)


def _best_shape(model: str, *, own_server: bool) -> ReplyShape:
    """What this model is known to take; an OpenAI-compatible server of one's own is offered all."""
    library = _library()
    if own_server and model.startswith(("openai/", "hosted_vllm/")):
        return ReplyShape.SCHEMA
    try:
        if library.supports_response_schema(model=model):
            return ReplyShape.SCHEMA
        supported = library.get_supported_openai_params(model=model) or []
    except Exception:
        # The library raises for names it cannot place; the call itself then says so properly.
        return ReplyShape.TEXT
    return ReplyShape.OBJECT if "response_format" in supported else ReplyShape.TEXT


def _checked(answer: Any, requested_model: str, latency_ms: int) -> Completion:
    """The completion, or the ReplyError that litellm hands back as a success (faults.md L9)."""
    choices = getattr(answer, "choices", None)
    choice = choices[0] if choices else None
    message = getattr(choice, "message", None)
    completion = _completion(answer, choice, message, requested_model, latency_ms)
    if choice is None:
        raise ReplyError(GatewayErrorCode.EMPTY, "no choices", completion)
    if completion.finish_reason == "content_filter":
        raise ReplyError(GatewayErrorCode.CONTENT_FILTER, "filtered by the provider", completion)
    if _refused(message):
        raise ReplyError(GatewayErrorCode.REFUSAL, "the model refused", completion)
    if completion.finish_reason == "length":
        raise ReplyError(GatewayErrorCode.TRUNCATED, "cut off at the token limit", completion)
    if not completion.text.strip():
        raise ReplyError(GatewayErrorCode.EMPTY, "no text", completion)
    return completion


def _refused(message: Any) -> bool:
    extra = getattr(message, "provider_specific_fields", None) or {}
    return bool(getattr(message, "refusal", None) or extra.get("refusal"))


def _completion(
    answer: Any, choice: Any, message: Any, requested_model: str, latency_ms: int
) -> Completion:
    usage = getattr(answer, "usage", None)
    details = getattr(usage, "prompt_tokens_details", None)
    return Completion(
        text=getattr(message, "content", None) or "",
        model=getattr(answer, "model", None) or requested_model,
        finish_reason=getattr(choice, "finish_reason", None) or "",
        tokens_in=getattr(usage, "prompt_tokens", None) or 0,
        tokens_out=getattr(usage, "completion_tokens", None) or 0,
        tokens_cached=getattr(details, "cached_tokens", None) or 0,
        cost_usd=_cost(getattr(answer, "_hidden_params", None) or {}),
        latency_ms=latency_ms,
    )


def _cost(hidden: Mapping[str, Any]) -> Decimal | None:
    cost = hidden.get("response_cost")
    return None if cost is None else Decimal(str(cost)).quantize(Decimal("0.00000001"))
