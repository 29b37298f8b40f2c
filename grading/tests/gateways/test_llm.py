import asyncio
import logging
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from grading.gateways.errors import GatewayError, GatewayErrorCode, Remedy
from grading.gateways.llm import LanguageModel, ReplyError
from grading.gateways.llm_errors import retry_after_seconds
from grading.schemas import WritingReply
from grading.tests.fixtures_provider import STUB_KEY
from grading.tests.stub_provider import Step, StubProvider

CANARY = "canaryword"
MESSAGES = [
    {"role": "system", "content": "You rate essays."},
    {"role": "user", "content": f"Honest people like {CANARY} cakes. They bake them every week."},
]


def ask(model: LanguageModel, name: str = "openai/rater", **changes: object):
    asked = {"model": name, "messages": MESSAGES, "schema": WritingReply, "max_tokens": 500}
    return model.complete(**{**asked, **changes})


def test_a_good_answer_comes_with_its_text_model_tokens_and_latency(await_, language_model):
    completion = await_(ask(language_model))
    assert WritingReply.model_validate_json(completion.text)
    assert completion.model == "rater"
    assert completion.finish_reason == "stop"
    assert completion.tokens_in > completion.tokens_cached > 0
    assert completion.tokens_out > 0
    assert completion.cost_usd is None
    assert completion.latency_ms > 0


def test_a_model_with_a_known_price_tells_its_cost(await_, language_model):
    completion = await_(ask(language_model, "groq/openai/gpt-oss-120b"))
    assert completion.cost_usd > 0


def test_the_request_carries_a_strict_schema_without_the_keywords_providers_refuse(
    await_, language_model, provider
):
    await_(ask(language_model))
    asked = provider.hits[0].body["response_format"]
    assert asked["json_schema"]["strict"] is True
    for refused in ("minimum", "maximum", "multipleOf", "maxLength", "maxItems", "title"):
        assert f'"{refused}"' not in str(asked).replace("'", '"')
    properties = asked["json_schema"]["schema"]["$defs"]["CriterionReply"]["properties"]
    assert list(properties) == ["quotes", "comment", "score"]


def test_a_model_that_cannot_take_a_schema_is_asked_for_plain_json(
    await_, language_model, provider
):
    await_(ask(language_model, "groq/llama-3.3-70b-versatile"))
    assert provider.hits[0].body["response_format"] == {"type": "json_object"}


def test_a_server_that_refuses_schemas_is_asked_more_plainly_and_that_is_remembered(
    await_, language_model, provider
):
    provider.script(default="no_schema")
    name = "openai/no-schema-here"
    await_(ask(language_model, name))
    await_(ask(language_model, name))
    shapes = [hit.body["response_format"]["type"] for hit in provider.hits]
    assert shapes == ["json_schema", "json_object", "json_object"]


FAILURES = {
    "r429": GatewayErrorCode.RATE_LIMIT,
    "r500": GatewayErrorCode.PROVIDER_ERROR,
    "r503": GatewayErrorCode.PROVIDER_ERROR,
    "html200": GatewayErrorCode.PROVIDER_ERROR,
    "r401": GatewayErrorCode.AUTHENTICATION,
    "r403": GatewayErrorCode.AUTHENTICATION,
    "r404": GatewayErrorCode.UNKNOWN_MODEL,
    "r400": GatewayErrorCode.BAD_REQUEST,
    "r400_context": GatewayErrorCode.BAD_REQUEST,
    "r413": GatewayErrorCode.BAD_REQUEST,
    "r422": GatewayErrorCode.BAD_REQUEST,
    "r400_filter": GatewayErrorCode.CONTENT_FILTER,
    "r400_json": GatewayErrorCode.NOT_JSON,
    "reset": GatewayErrorCode.TRANSPORT,
    "cut": GatewayErrorCode.TRANSPORT,
    "empty": GatewayErrorCode.EMPTY,
    "blank": GatewayErrorCode.EMPTY,
    "null": GatewayErrorCode.EMPTY,
    "nochoices": GatewayErrorCode.EMPTY,
    "truncated": GatewayErrorCode.TRUNCATED,
    "content_filter": GatewayErrorCode.CONTENT_FILTER,
    "refusal": GatewayErrorCode.REFUSAL,
}


@pytest.mark.parametrize(("mode", "code"), FAILURES.items())
def test_every_failure_is_one_call_and_one_code_without_words_or_keys(
    mode, code, await_, language_model, provider, caplog, capfd
):
    provider.script(default=mode)
    with caplog.at_level(logging.DEBUG), pytest.raises(GatewayError) as raised:
        await_(ask(language_model))
    assert raised.value.code == code
    assert len(provider.hits) == 1
    out = capfd.readouterr()
    everything = f"{raised.value!r} {raised.value.detail} {caplog.text} {out.out} {out.err}"
    for secret in (CANARY, STUB_KEY, "sk-secret-echo"):
        assert secret not in everything
    # No earlier exception hangs on it either: litellm's hold the prompt.
    assert raised.value.__context__ is None


@pytest.mark.parametrize("name", ["groq/openai/gpt-oss-120b", "mistral/mistral-large-latest"])
@pytest.mark.parametrize("mode", ["r429", "r500", "r401", "r413", "r400_json", "cut", "refusal"])
def test_providers_with_code_of_their_own_in_the_library_are_told_apart_the_same(
    name, mode, await_, language_model, provider
):
    provider.script(default=Step(mode=mode, retry_after="7"))
    with pytest.raises(GatewayError) as raised:
        await_(ask(language_model, name))
    assert raised.value.code == FAILURES[mode]
    assert len(provider.hits) == 1
    if mode == "r429":
        assert raised.value.retry_after == 7


@pytest.mark.parametrize("mode", ["truncated", "content_filter", "refusal", "empty"])
def test_an_answer_that_was_paid_for_keeps_its_tokens_though_unusable(
    mode, await_, language_model, provider
):
    provider.script(default=mode)
    with pytest.raises(ReplyError) as raised:
        await_(ask(language_model))
    assert raised.value.completion.tokens_in > 0


@pytest.mark.parametrize(("mode", "seconds"), [("hang", 0.5), ("drip", 0.5)])
def test_no_call_outlives_its_deadline(mode, seconds, await_, language_model, provider):
    provider.script(default=mode)
    started = time.monotonic()
    with pytest.raises(GatewayError) as raised:
        await_(ask(replace(language_model, timeout_seconds=seconds)))
    assert raised.value.code == GatewayErrorCode.TIMEOUT
    assert time.monotonic() - started < seconds * 1.5
    assert len(provider.hits) == 1


def test_a_refused_connection_is_a_transport_error(await_):
    with pytest.raises(GatewayError) as raised:
        await_(ask(LanguageModel(api_base="http://127.0.0.1:9/v1", api_key="k")))
    assert raised.value.code == GatewayErrorCode.TRANSPORT
    assert raised.value.remedy is Remedy.WAIT


def test_a_name_no_provider_has_is_an_unknown_model(await_, language_model, provider):
    with pytest.raises(GatewayError) as raised:
        await_(ask(language_model, "nobody-knows-this"))
    assert raised.value.code == GatewayErrorCode.UNKNOWN_MODEL
    assert provider.hits == []


def test_a_missing_key_is_an_authentication_error(await_, provider, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(GatewayError) as raised:
        await_(ask(LanguageModel(api_base=provider.url)))
    assert raised.value.code == GatewayErrorCode.AUTHENTICATION


@pytest.mark.parametrize("told", ["7", "3600", "0", "2.5"])
def test_retry_after_reaches_the_caller(told, await_, language_model, provider):
    provider.script(default=Step(mode="r429", retry_after=told))
    with pytest.raises(GatewayError) as raised:
        await_(ask(language_model))
    assert raised.value.retry_after == float(told)
    assert len(provider.hits) == 1


@pytest.mark.parametrize("told", ["abc", "-5", "nan", "inf", "", None])
def test_a_retry_after_that_says_nothing_is_none(told, await_, language_model, provider):
    provider.script(default=Step(mode="r429", retry_after=told))
    with pytest.raises(GatewayError) as raised:
        await_(ask(language_model))
    assert raised.value.retry_after is None


def test_retry_after_may_be_a_date():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < retry_after_seconds(soon) <= 90
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_a_cancelled_call_ends_at_once_as_cancelled(await_, language_model, provider):
    provider.script(default="hang")

    async def cancelled() -> None:
        call = asyncio.create_task(ask(language_model))
        await asyncio.sleep(0.3)
        assert len(provider.hits) == 1
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    started = time.monotonic()
    await_(cancelled())
    assert time.monotonic() - started < 1


def test_hundreds_of_calls_are_in_flight_at_once(await_, language_model, provider):
    provider.script(default=Step(latency=1.0))
    patient = replace(language_model, timeout_seconds=20)

    async def many() -> None:
        await asyncio.gather(*(ask(patient) for _ in range(200)))

    await_(many())
    assert provider.most_in_flight >= 150


def test_the_key_is_not_shown_by_the_models_repr(language_model):
    assert STUB_KEY not in repr(language_model)


def test_importing_the_gateway_does_not_import_litellm():
    code = "import sys, grading.gateways.llm; sys.exit('litellm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_stub_can_be_told_over_http_and_shows_its_log(await_, language_model, provider):
    import aiohttp

    async def told() -> dict:
        root = provider.url.removesuffix("/v1")
        async with aiohttp.ClientSession() as session:
            await session.post(f"{root}/script", json={"queue": [{"mode": "r500"}], "reset": True})
            with pytest.raises(GatewayError):
                await ask(language_model)
            await ask(language_model)
            async with session.get(f"{root}/log") as answer:
                return await answer.json()

    log = await_(told())
    assert [hit["mode"] for hit in log["hits"]] == ["r500", "good"]
    assert CANARY not in str(log)
    assert STUB_KEY not in str(log)


def test_half_of_the_calls_can_be_made_to_fail():
    steps = StubProvider(seed=1).script(shares=[(0.5, "r500")])
    modes = [steps._next_step("").mode for _ in range(200)]
    assert 70 < modes.count("r500") < 130
