import asyncio
import time

import pytest

from grading.enums import Confidence, Flag, GradeSource
from grading.gateways.errors import GatewayErrorCode
from grading.gateways.llm import LanguageModel
from grading.pipelines.writing import ProvidersUnavailable, grade_writing
from grading.schemas import DraftGrade
from grading.tests.fixtures_provider import STUB_KEY
from grading.tests.pipelines.expectations import FIRST, GOOD, SECOND, assert_legal
from grading.tests.stub_provider import Step
from grading.tests.writing_samples import RESPONSE, a_plan


def asked_models(provider) -> list[str]:
    return [hit.body["model"] for hit in provider.hits]


BAD_REPLIES = [
    "bad_json",
    "not_json",
    "empty",
    "blank",
    "null",
    "nochoices",
    "truncated",
    "r400_json",
    "score_11",
    "score_minus_1",
    "score_7_3",
    "score_text",
    "score_true",
    "score_null",
    "score_list",
    "score_nan",
    "score_infinity",
    "score_1e400",
    "duplicate_keys",
    "extra_key",
    "extra_criterion",
    "missing_criterion",
    "wrong_criterion_name",
    "self_total",
    "huge",
    "nul",
    "surrogate",
]


@pytest.mark.parametrize("mode", BAD_REPLIES)
def test_a_bad_reply_is_asked_for_once_more_and_a_good_one_then_counts(mode, grade, provider):
    provider.script(mode, default=GOOD)
    draft = grade()
    assert draft.source is GradeSource.AI
    assert Flag.REPLY_REPAIRED in draft.flags
    assert draft.confidence is Confidence.MEDIUM
    assert len(provider.hits) == 2
    assert_legal(draft)


@pytest.mark.parametrize("mode", BAD_REPLIES)
def test_a_model_that_stays_bad_leaves_the_grade_to_a_person(mode, grade, provider):
    provider.script(default=mode)
    draft = grade()
    assert draft.source is GradeSource.LOCAL
    assert Flag.REPLY_UNUSABLE in draft.flags
    assert draft.confidence is Confidence.LOW
    assert len(provider.hits) == len(draft.tries) == 2
    assert all(record.criteria_scores is None for record in draft.tries)
    assert_legal(draft)


def test_a_raw_reply_is_kept_as_far_as_a_database_can_hold_it(grade, provider):
    provider.script(default=Step(text="no\x00json \ud800 " + "x" * 300_000))
    draft = grade(repairs=0)
    assert draft.tries[0].raw_reply.startswith("no\ufffdjson \ufffd x")
    assert len(draft.tries[0].raw_reply) == 20_000


@pytest.mark.parametrize("mode", ["fenced", "preamble"])
def test_a_wrapped_reply_needs_no_second_call(mode, grade, provider):
    provider.script(default=mode)
    assert grade().source is GradeSource.AI
    assert len(provider.hits) == 1


def test_a_repair_tells_what_was_wrong_and_a_cut_off_reply_gets_more_room(grade, provider):
    provider.script("score_11", GOOD, "truncated", GOOD)
    grade()
    grade()
    bodies = [hit.body for hit in provider.hits]
    assert "grammar.score" in bodies[1]["messages"][-1]["content"]
    assert bodies[3]["max_tokens"] == 2 * bodies[2]["max_tokens"]
    assert bodies[3]["messages"][1]["role"] == "user"
    assert len(bodies[3]["messages"]) == 2


def test_without_repairs_a_bad_reply_is_final(grade, provider):
    provider.script(default="bad_json")
    assert grade(repairs=0).source is GradeSource.LOCAL
    assert len(provider.hits) == 1


@pytest.mark.parametrize("mode", ["refusal", "content_filter", "r400_filter"])
def test_a_refusal_goes_to_a_person_and_is_not_asked_again(mode, grade, provider):
    provider.script(default=mode)
    draft = grade()
    assert Flag.MODEL_REFUSED in draft.flags
    assert draft.confidence is Confidence.LOW
    assert len(provider.hits) == 1


@pytest.mark.parametrize("mode", ["r400", "r400_context", "r413", "r422"])
def test_a_request_no_provider_takes_goes_to_a_person_and_is_not_asked_again(mode, grade, provider):
    provider.script(default=mode)
    draft = grade()
    assert (draft.source, len(provider.hits)) == (GradeSource.LOCAL, 1)
    assert Flag.REPLY_UNUSABLE in draft.flags


WAITS = {
    "r429": GatewayErrorCode.RATE_LIMIT,
    "r500": GatewayErrorCode.PROVIDER_ERROR,
    "r503": GatewayErrorCode.PROVIDER_ERROR,
    "r401": GatewayErrorCode.AUTHENTICATION,
    "r404": GatewayErrorCode.UNKNOWN_MODEL,
    "reset": GatewayErrorCode.TRANSPORT,
    "cut": GatewayErrorCode.TRANSPORT,
    "html200": GatewayErrorCode.PROVIDER_ERROR,
}


@pytest.mark.parametrize(("mode", "code"), WAITS.items())
def test_a_provider_that_is_unwell_gives_the_response_back(mode, code, grade, provider):
    provider.script(default=mode)
    with pytest.raises(ProvidersUnavailable) as raised:
        grade()
    assert raised.value.code == code
    assert len(provider.hits) == len(raised.value.tries) == 1
    assert raised.value.tries[0].error == code
    for secret in (STUB_KEY, "Brianna", "sk-secret-echo"):
        assert secret not in f"{raised.value!r} {raised.value.tries}"


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_a_provider_that_hangs_is_given_up_at_the_deadline(mode, await_, provider):
    provider.script(default=mode)
    model = LanguageModel(api_base=provider.url, api_key=STUB_KEY, timeout_seconds=0.4)
    started = time.monotonic()
    with pytest.raises(ProvidersUnavailable) as raised:
        await_(grade_writing(RESPONSE, a_plan(FIRST), model))
    assert raised.value.code == GatewayErrorCode.TIMEOUT
    assert time.monotonic() - started < 1


def test_the_providers_wish_to_wait_reaches_the_caller_the_sooner_model_deciding(grade, provider):
    provider.script(
        Step(mode="r429", retry_after="7"),
        Step(mode="r429", retry_after="60"),
        default=Step(mode="r429", retry_after="30"),
    )
    with pytest.raises(ProvidersUnavailable) as raised:
        grade(FIRST, SECOND, tries=2)
    assert raised.value.retry_after == 30
    assert len(provider.hits) == 4


@pytest.mark.parametrize("mode", ["r500", "r401", "r404", "refusal", "bad_json", "r400"])
def test_the_second_model_is_asked_only_after_the_first_gave_nothing(mode, grade, provider):
    provider.script(mode, GOOD)
    draft = grade(FIRST, SECOND, repairs=0)
    assert asked_models(provider) == ["first", "second"]
    assert (draft.source, draft.models) == (GradeSource.AI, (SECOND,))
    assert [record.requested_model for record in draft.tries] == [FIRST, SECOND]


def test_the_second_model_is_left_alone_while_the_first_answers(grade, provider):
    provider.script("r500", "r500", default=GOOD)
    draft = grade(FIRST, SECOND, tries=3)
    assert asked_models(provider) == ["first"] * 3
    assert draft.signals["tries_valid"] == 1
    assert draft.confidence is Confidence.MEDIUM


def test_one_model_that_may_come_back_is_reason_enough_to_wait(grade, provider):
    provider.script("refusal", "r500")
    with pytest.raises(ProvidersUnavailable):
        grade(FIRST, SECOND)


def test_a_cancelled_grading_cancels_its_calls(await_, language_model, provider):
    provider.script(default="hang")

    async def cancelled() -> None:
        task = asyncio.create_task(grade_writing(RESPONSE, a_plan(FIRST, tries=3), language_model))
        await asyncio.sleep(0.5)
        assert provider.in_flight == 3
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    await_(cancelled())


def test_many_responses_are_graded_together_while_half_of_the_calls_fail(
    await_, language_model, provider
):
    provider.script(default=GOOD, shares=[(0.5, "r500")])

    async def many() -> list[object]:
        plan = a_plan(FIRST)
        grading = (grade_writing(RESPONSE, plan, language_model) for _ in range(60))
        return await asyncio.gather(*grading, return_exceptions=True)

    results = await_(many())
    drafts = [result for result in results if isinstance(result, DraftGrade)]
    assert all(isinstance(r, DraftGrade | ProvidersUnavailable) for r in results)
    assert 10 < len(drafts) < 50
    assert all(draft.source is GradeSource.AI for draft in drafts)
    assert len(provider.hits) == 60


def test_a_hundred_responses_at_once_leave_the_loop_room_for_leases(
    await_, language_model, provider, grade
):
    provider.script(default=GOOD)
    grade()  # what is loaded once is loaded now
    gaps: list[float] = []

    async def watch() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0)
            gaps.append(time.monotonic() - before)

    async def many() -> None:
        watching = asyncio.create_task(watch())
        plan = a_plan(FIRST)
        await asyncio.gather(*(grade_writing(RESPONSE, plan, language_model) for _ in range(100)))
        watching.cancel()

    started = time.monotonic()
    await_(many())
    assert max(gaps) < (time.monotonic() - started) / 4
