"""The rating scales and the demonstration responses are complete, legal and true to themselves."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from grading.enums import CRITERIA, Band, Criterion, OverrideReason, Priority, Skill, Task
from grading.scoring.bands import band_of, is_legal_score, task_score

DATA = Path(__file__).resolve().parents[1] / "data"
KINDS = {
    "honest",
    "off_topic",
    "underlength",
    "prompt_copy",
    "addressed_to_grader",
    "mixed_language",
    "odd_unicode",
    "fragment",
}
STAGES = {
    "pending",
    "review_pending",
    "review_claimed",
    "rated_auto",
    "rated_hybrid",
    "rated_human",
    "failed",
    "cancelled",
}
HUMAN_STAGES = {"rated_hybrid", "rated_human"}
QUEUE_STAGES = {"review_pending", "review_claimed"}


def load(name: str) -> Any:
    text = (DATA / name).read_text(encoding="utf-8")
    return json.loads(text, parse_float=Decimal)


RUBRICS = load("rubrics.json")
DEMO = load("demo_responses.json")
QUESTIONS = {question["questionId"]: question for question in DEMO["questions"]}
RESPONSES: list[dict[str, Any]] = DEMO["responses"]
WRITING_KEYS = {criterion.value for criterion in CRITERIA[Skill.WRITING]}

each_response = pytest.mark.parametrize("response", RESPONSES, ids=lambda row: row["key"])
each_skill = pytest.mark.parametrize("skill", list(Skill))


def question_of(response: dict[str, Any]) -> dict[str, Any]:
    return QUESTIONS[response["questionId"]]


def words_in(response: dict[str, Any]) -> int:
    return len(response["text"].split())


def shown_score(scores: dict[str, Decimal]) -> Decimal:
    typed = {Criterion(key): Decimal(score) for key, score in scores.items()}
    return task_score(typed, Skill.WRITING)


def bilingual_texts(node: Any) -> list[dict[str, Any]]:
    """Every object with an English or a Vietnamese text, at any depth."""
    if isinstance(node, list):
        return [found for item in node for found in bilingual_texts(item)]
    if not isinstance(node, dict):
        return []
    own = [node] if node.keys() & {"en", "vi"} else []
    return own + [found for item in node.values() for found in bilingual_texts(item)]


@each_skill
def test_a_scale_describes_exactly_the_criteria_and_tasks_of_its_skill(skill: Skill) -> None:
    scale = RUBRICS[skill]
    assert [entry["key"] for entry in scale["criteria"]] == [key.value for key in CRITERIA[skill]]
    assert set(scale["tasks"]) == {task.value for task in Task if task.skill is skill}
    assert scale["version"].startswith(f"vstep-{skill}-")


@each_skill
def test_every_criterion_describes_the_bands_from_ten_down_to_zero(skill: Skill) -> None:
    for entry in RUBRICS[skill]["criteria"]:
        assert [band["score"] for band in entry["bands"]] == list(range(10, -1, -1)), entry["key"]


def test_every_text_of_the_scales_is_there_in_both_languages() -> None:
    texts = bilingual_texts(RUBRICS)
    assert len(texts) > 9 * 11
    for text in texts:
        assert text["en"].strip(), text
        assert text["vi"].strip(), text
        assert text["en"] != text["vi"]


@each_skill
def test_no_two_bands_of_a_criterion_read_the_same(skill: Skill) -> None:
    for entry in RUBRICS[skill]["criteria"]:
        for language in ("en", "vi"):
            assert len({band[language] for band in entry["bands"]}) == 11, entry["key"]


def test_what_is_second_hand_in_the_scales_says_so() -> None:
    assert RUBRICS["writing"]["source"]["underlengthCaps"].startswith("second-hand")
    assert RUBRICS["speaking"]["source"]["equalWeights"].startswith("second-hand")
    assert RUBRICS["speaking"]["source"]["weight"].startswith("own rule")


@pytest.mark.parametrize("task", [Task.WRITING_TASK_1, Task.WRITING_TASK_2])
def test_underlength_caps_fall_as_more_words_are_missing(task: Task) -> None:
    caps = RUBRICS["writing"]["underlengthCaps"][task]
    bounds = [step["shortBelow"] for step in caps[:-1]]
    assert bounds == sorted(bounds)
    assert caps[0]["cap"] is None
    assert "shortBelow" not in caps[-1]
    assert [step["cap"] for step in caps[1:]] == [6, 5, 4]


def test_demo_questions_ask_for_the_length_the_scale_sets() -> None:
    for question in DEMO["questions"]:
        task = RUBRICS["writing"]["tasks"][question["task"]]
        assert question["minWords"] == task["minWords"]
        assert f"at least {question['minWords']} words" in question["prompt"]


def test_demo_questions_are_at_least_three_a_task() -> None:
    tasks = Counter(question["task"] for question in DEMO["questions"])
    assert min(tasks[Task.WRITING_TASK_1], tasks[Task.WRITING_TASK_2]) >= 3
    assert len(QUESTIONS) == len(DEMO["questions"])


def test_demo_responses_are_many_and_their_keys_and_texts_differ() -> None:
    assert len(RESPONSES) >= 28
    assert len({response["key"] for response in RESPONSES}) == len(RESPONSES)
    assert len({response["text"] for response in RESPONSES}) == len(RESPONSES)


@pytest.mark.parametrize("task", [Task.WRITING_TASK_1, Task.WRITING_TASK_2])
def test_each_task_is_answered_honestly_at_every_level_twice(task: Task) -> None:
    levels = Counter(
        response["level"]
        for response in RESPONSES
        if response["kind"] == "honest" and question_of(response)["task"] == task
    )
    assert set(levels) == set(Band)
    assert min(levels.values()) >= 2


def test_the_cases_a_rater_must_recognise_are_all_there() -> None:
    kinds = Counter(response["kind"] for response in RESPONSES)
    assert set(kinds) == KINDS
    assert min(kinds["off_topic"], kinds["underlength"], kinds["addressed_to_grader"]) >= 2


def test_some_responses_hold_markup_and_characters_that_pages_get_wrong() -> None:
    texts = [response["text"] for response in RESPONSES]
    assert any("<script>" in text and "&" in text for text in texts)
    assert any("\u200d" in text and "\u2019" in text and "\u00a0" in text for text in texts)


def test_the_stages_make_a_working_day() -> None:
    stages = Counter(response["stage"] for response in RESPONSES)
    assert set(stages) == STAGES
    assert stages["review_pending"] >= 14
    assert stages["review_claimed"] == stages["pending"] == 2
    assert stages["rated_auto"] == stages["rated_hybrid"] == 4
    ages = {response["minutesAgo"] for response in RESPONSES}
    assert min(ages) > 0
    assert max(ages) <= 9 * 60


def test_responses_wait_for_raters_at_every_priority_and_only_those_have_one() -> None:
    waiting = [row["priority"] for row in RESPONSES if row["stage"] in QUEUE_STAGES]
    assert set(waiting) == set(Priority)
    assert all(row["priority"] is None for row in RESPONSES if row["stage"] not in QUEUE_STAGES)


@each_response
def test_scores_are_legal_half_steps_for_every_writing_criterion(response: dict[str, Any]) -> None:
    for scores in (response["demoScores"], response.get("humanScores")):
        if scores is not None:
            assert set(scores) == WRITING_KEYS
            assert all(is_legal_score(Decimal(score)) for score in scores.values())


@each_response
def test_the_level_is_the_band_of_the_score(response: dict[str, Any]) -> None:
    assert band_of(shown_score(response["demoScores"])) == response["level"]


@each_response
def test_a_human_score_stands_only_where_a_rater_spoke(response: dict[str, Any]) -> None:
    assert ("humanScores" in response) == (response["stage"] in HUMAN_STAGES)


@each_response
def test_a_rater_who_moved_a_criterion_says_why(response: dict[str, Any]) -> None:
    human = response.get("humanScores", response["demoScores"])
    moved = max(abs(human[key] - score) for key, score in response["demoScores"].items())
    assert ("overrideReason" in response) == (moved >= Decimal("0.5"))
    assert response.get("overrideReason", "other") in set(OverrideReason)


@each_response
def test_every_criterion_has_a_quote_that_stands_in_the_text(response: dict[str, Any]) -> None:
    assert {evidence["criterion"] for evidence in response["evidence"]} == WRITING_KEYS
    for evidence in response["evidence"]:
        assert evidence["quote"] in response["text"]
        assert evidence["comment"].strip()


@each_response
def test_every_grammar_error_points_to_one_place_and_changes_it(response: dict[str, Any]) -> None:
    for error in response["grammarErrors"]:
        assert response["text"].count(error["quote"]) == 1, error["quote"]
        assert error["suggestion"].strip() not in ("", error["quote"])
        assert error["message"].strip()
    faultless = response["level"] == Band.C1
    assert (0 if faultless else 2) <= len(response["grammarErrors"]) <= 5


@each_response
def test_only_the_underlength_and_the_fragment_are_too_short(response: dict[str, Any]) -> None:
    too_short = words_in(response) < question_of(response)["minWords"]
    assert too_short == (response["kind"] in {"underlength", "fragment"})


@each_response
def test_no_underlength_response_scores_above_its_cap(response: dict[str, Any]) -> None:
    question = question_of(response)
    short = 1 - Decimal(words_in(response)) / question["minWords"]
    caps = RUBRICS["writing"]["underlengthCaps"][question["task"]]
    step = next(step for step in caps if short < step.get("shortBelow", 2))
    assert response["demoScores"]["taskFulfillment"] <= (10 if step["cap"] is None else step["cap"])


@each_response
def test_feedback_is_a_few_sentences_for_the_learner(response: dict[str, Any]) -> None:
    sentences = [part for part in response["feedback"].split(". ") if part.strip()]
    assert 2 <= len(sentences) <= 5
    assert "you" in response["feedback"].lower()
