import json
import time
from dataclasses import replace
from decimal import Decimal

import pytest

from grading.enums import CRITERIA, Band, Confidence, Criterion, Flag, GradeSource, Skill
from grading.gateways.llm import LanguageModel
from grading.pipelines.writing import grade_writing
from grading.tests.fixtures_provider import STUB_KEY
from grading.tests.pipelines.expectations import EVEN, FIRST, GOOD, assert_legal
from grading.tests.stub_provider import Step
from grading.tests.writing_samples import LETTER, RESPONSE, a_plan, written


def test_a_sound_response_gets_the_models_grade_with_evidence_that_stands_in_it(grade, provider):
    provider.script(default=GOOD)
    draft = grade()
    assert draft.source is GradeSource.AI
    assert draft.models == (FIRST,)
    assert draft.criteria_scores == dict.fromkeys(CRITERIA[Skill.WRITING], Decimal("7.0"))
    assert (draft.overall_score, draft.band) == (Decimal("7.0"), Band.B2)
    assert draft.flags == ()
    assert draft.confidence is Confidence.HIGH
    assert {item.criterion for item in draft.evidence} == set(CRITERIA[Skill.WRITING])
    for item in draft.evidence:
        assert LETTER[item.offset : item.offset + item.length] == item.quote
    assert draft.grammar_errors
    assert draft.feedback
    assert draft.signals["evidence_located_share"] == 1.0
    assert draft.local_scores
    assert_legal(draft)


def test_every_call_is_recorded_with_its_words_and_tokens(grade, provider):
    provider.script("bad_json", default=GOOD)
    draft = grade()
    assert [record.error for record in draft.tries] == ["not_json", None]
    assert [record.number for record in draft.tries] == [1, 2]
    assert all(record.raw_reply and record.tokens_in for record in draft.tries)
    assert draft.tries[1].criteria_scores == draft.criteria_scores
    assert draft.tries[1].finish_reason == "stop"


def test_scores_of_several_tries_meet_in_their_median(grade, provider):
    tries = [Step(scores={**EVEN, "grammar": score}) for score in (6.0, 6.5, 9.0)]
    draft = grade(tries=3) if provider.script(*tries) else None
    assert draft.criteria_scores[Criterion.GRAMMAR] == Decimal("6.5")
    assert len(draft.tries) == len(provider.hits) == 3
    assert draft.signals["spread"]["grammar"] == 3.0
    assert draft.signals["tries_valid"] == 3


def test_tries_run_at_the_same_time(grade, provider):
    provider.script(default=replace(GOOD, latency=0.5))
    started = time.monotonic()
    grade(tries=5)
    assert time.monotonic() - started < 1.5
    assert provider.most_in_flight == 5


def test_the_overall_is_our_own_arithmetic_and_a_tie_goes_up(grade, provider):
    provider.script(default=Step(scores={**EVEN, "grammar": 6.0, "vocabulary": 6.0}))
    assert grade().overall_score == Decimal("6.5")
    provider.script(default=Step(scores=dict.fromkeys(EVEN, 8.0) | {"grammar": 9.0}))
    draft = grade()
    assert (draft.overall_score, draft.band) == (Decimal("8.5"), Band.C1)
    assert draft.confidence is Confidence.MEDIUM


def test_quotes_that_stand_nowhere_are_dropped_counted_and_asked_for_again(grade, provider):
    provider.script(default="wrong_quotes_grammar")
    draft = grade()
    assert len(provider.hits) == 2
    assert "grammar" in provider.hits[1].body["messages"][-1]["content"]
    assert {item.criterion for item in draft.evidence} == set(CRITERIA[Skill.WRITING]) - {
        Criterion.GRAMMAR
    }
    assert {Flag.EVIDENCE_NOT_LOCATED, Flag.CRITERION_WITHOUT_EVIDENCE} <= set(draft.flags)
    assert draft.signals["criteria_without_evidence"] == ["grammar"]
    assert draft.signals["evidence_located_share"] == 0.75
    assert draft.confidence is Confidence.MEDIUM


def test_a_model_that_invents_every_quote_is_not_trusted(grade, provider):
    provider.script(default="wrong_quotes")
    draft = grade()
    assert draft.evidence == ()
    assert draft.confidence is not Confidence.HIGH


def test_another_model_than_the_one_asked_for_is_noticed(grade, provider):
    provider.script(default=Step(mode="other_model"))
    draft = grade()
    assert Flag.MODEL_SUBSTITUTED in draft.flags
    assert draft.tries[0].model == "someone-elses-model"
    assert draft.confidence is not Confidence.HIGH


@pytest.mark.parametrize("answered", ["first-2026-03-01", "first-0613", "acme/first", "First:free"])
def test_a_dated_or_prefixed_name_is_the_same_model(answered, grade, provider):
    provider.script(default=replace(GOOD, model=answered))
    assert Flag.MODEL_SUBSTITUTED not in grade().flags


@pytest.mark.parametrize("answered", ["first-mini", "first-2", "second"])
def test_a_sister_model_is_not_the_same(answered, grade, provider):
    provider.script(default=replace(GOOD, model=answered))
    assert Flag.MODEL_SUBSTITUTED in grade().flags


def test_links_and_hidden_characters_of_a_model_reach_nobody(grade, provider):
    provider.script(default="markup")
    feedback = grade().feedback
    assert "<script>alert(1)</script>" in feedback
    for bad in ("evil.example", "javascript:", "\u202e"):
        assert bad not in feedback


def test_a_grade_far_from_the_local_scorer_raises_an_alarm(grade, provider):
    provider.script(default=Step(scores=dict.fromkeys(EVEN, 1.5)))
    draft = grade()
    assert Flag.FAR_FROM_LOCAL_SCORER in draft.flags
    assert draft.signals["local_gap"] <= -2
    assert draft.confidence is not Confidence.HIGH


def test_an_unknown_question_is_never_above_medium(grade, provider):
    provider.script(default=GOOD)
    response = RESPONSE.model_copy(update={"question_prompt": "", "question_known": False})
    draft = grade(response=response)
    assert Flag.QUESTION_UNKNOWN in draft.flags
    assert draft.confidence is Confidence.MEDIUM


def test_nothing_that_tells_who_wrote_it_is_sent_and_the_key_only_as_a_header(grade, provider):
    provider.script(default=GOOD)
    grade()
    hit = provider.hits[0]
    assert STUB_KEY in hit.headers["authorization"]
    assert STUB_KEY not in json.dumps(hit.body)
    assert set(hit.body) <= {"model", "messages", "max_tokens", "response_format"}


@pytest.mark.parametrize("text", ["", "  \n ", ";;; !!"])
def test_nothing_written_gets_nought_from_nobody_but_a_person(text, grade, provider):
    draft = grade(response=written(text))
    assert provider.hits == []
    assert Flag.EMPTY in draft.flags
    assert draft.overall_score == 0
    assert draft.confidence is Confidence.LOW
    assert_legal(draft)


def test_a_few_words_are_not_shown_to_a_model(grade, provider):
    draft = grade(response=written("I am very sorry but I do not know."))
    assert provider.hits == []
    assert {Flag.TOO_SHORT_TO_JUDGE, Flag.UNDERLENGTH} <= set(draft.flags)
    assert draft.confidence is Confidence.LOW
    assert draft.criteria_scores[Criterion.TASK_FULFILLMENT] <= 4


def test_another_language_is_not_shown_to_a_model(grade, provider):
    text = "Tôi rất vui khi được biết bạn sẽ đến thăm thị trấn của tôi vào mùa hè tới. " * 10
    draft = grade(response=written(text))
    assert provider.hits == []
    assert Flag.NON_ENGLISH in draft.flags
    assert draft.confidence is Confidence.LOW


def test_without_a_model_the_local_scorer_grades_and_a_person_decides(await_, provider):
    for plan, model in (
        (a_plan(), LanguageModel(api_base=provider.url)),
        (a_plan(FIRST), None),
    ):
        draft = await_(grade_writing(RESPONSE, plan, model))
        assert (draft.source, draft.flags) == (GradeSource.LOCAL, (Flag.NO_MODEL,))
        assert draft.confidence is Confidence.LOW
        assert_legal(draft)
    assert provider.hits == []


def test_while_providers_are_down_the_local_scorer_grades_and_a_person_decides(grade, provider):
    draft = grade(providers_down=True)
    assert provider.hits == []
    assert (draft.source, draft.flags) == (GradeSource.LOCAL, (Flag.PROVIDERS_DOWN,))
    assert draft.confidence is Confidence.LOW


@pytest.mark.parametrize(("words", "cap"), [(171, 7.0), (105, 6.0), (96, 5.0), (60, 4.0)])
def test_too_few_words_cap_task_fulfilment_after_the_median(words, cap, grade, provider):
    text = " ".join(LETTER.split()[:words])
    provider.script(default=GOOD)
    draft = grade(response=written(text))
    assert draft.criteria_scores[Criterion.TASK_FULFILLMENT] == Decimal(str(cap))
    assert draft.criteria_scores[Criterion.ORGANIZATION] == Decimal("7.0")
    assert (Flag.UNDERLENGTH in draft.flags) == (cap < 7)
    assert draft.tries[0].criteria_scores[Criterion.TASK_FULFILLMENT] == Decimal("7.0")


def test_a_rubric_brings_its_own_caps_for_too_few_words(await_, language_model, provider):
    provider.script(default=GOOD)
    plan = a_plan(FIRST)
    caps = [{"shortBelow": 0.1, "cap": 6.5}, {"shortBelow": 0.3, "cap": 3.5}, {"cap": 1}]
    strict = plan.model_copy(
        update={"rubric": plan.rubric.model_copy(update={"underlength_caps": caps})}
    )
    for words, score in ((171, "6.5"), (96, "3.5"), (60, "1")):
        response = written(" ".join(LETTER.split()[:words]))
        draft = await_(grade_writing(response, strict, language_model))
        assert draft.criteria_scores[Criterion.TASK_FULFILLMENT] == Decimal(score)
