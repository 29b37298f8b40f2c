"""What the tests of the pipelines share: a plain good answer, and what every draft must be."""

import json

from grading.enums import CRITERIA, Skill
from grading.schemas import DraftGrade
from grading.scoring.bands import is_legal_score
from grading.tests.stub_provider import Step

FIRST, SECOND = "openai/first", "openai/second"
EVEN = dict.fromkeys(map(str, CRITERIA[Skill.WRITING]), 7.0)
GOOD = Step(scores=EVEN)


def assert_legal(draft: DraftGrade) -> None:
    assert set(draft.criteria_scores) == set(CRITERIA[Skill.WRITING])
    assert all(is_legal_score(score) for score in draft.criteria_scores.values())
    assert is_legal_score(draft.overall_score)
    json.dumps(draft.signals, allow_nan=False)
    assert "\x00" not in draft.model_dump_json()
