"""Made-up responses, a small scale and the shipped prompt, for tests of the writing pipeline."""

import json
from pathlib import Path

from grading.enums import CRITERIA, Skill, Task
from grading.schemas import GradingPlan, PromptText, RubricText, WritingResponse

PROMPTS = json.loads((Path(__file__).parents[1] / "data" / "prompts.json").read_text("utf-8"))
PROMPT = PromptText(**PROMPTS["writing"])

RUBRIC = RubricText(
    version="test-scale-1",
    criteria=[
        {
            "key": str(criterion),
            "name": {"en": f"Name of {criterion}", "vi": "Tên"},
            "about": {"en": f"What {criterion} is about.", "vi": "Về"},
            "bands": [
                {"score": 5, "en": f"fair {criterion}", "vi": "vừa"},
                {"score": 10, "en": f"fine {criterion}", "vi": "tốt"},
            ],
        }
        for criterion in CRITERIA[Skill.WRITING]
    ],
)

QUESTION = (
    "You received a letter from your friend Brianna, who wants to visit your town next summer. "
    "Write a letter telling her the best time to come, what to see and where to stay."
)

LETTER = (Path(__file__).parent / "samples" / "letter.txt").read_text("utf-8")

RESPONSE = WritingResponse(
    text=LETTER, task=Task.WRITING_TASK_1, question_prompt=QUESTION, min_words=120
)


def a_plan(*models: str, **changes: object) -> GradingPlan:
    return GradingPlan(models=models, rubric=RUBRIC, prompt=PROMPT, **changes)


def written(text: str, **changes: object) -> WritingResponse:
    return RESPONSE.model_copy(update={"text": text, **changes})
