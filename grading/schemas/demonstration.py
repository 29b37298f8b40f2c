"""The shape of data/demo_responses.json."""

from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from grading.enums import Criterion, Priority, Task


class DemoStage(StrEnum):
    """Where in its life a response is shown."""

    PENDING = "pending"
    REVIEW_PENDING = "review_pending"
    REVIEW_CLAIMED = "review_claimed"
    RATED_AUTO = "rated_auto"
    RATED_HYBRID = "rated_hybrid"
    RATED_HUMAN = "rated_human"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DemoPart(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel)


class DemoQuestion(DemoPart):
    question_id: str
    task: Task
    prompt: str
    min_words: int


class DemoEvidence(DemoPart):
    criterion: Criterion
    quote: str
    comment: str


class DemoGrammarError(DemoPart):
    quote: str
    message: str
    suggestion: str


class DemoResponse(DemoPart):
    key: str
    question_id: str
    text: str
    stage: DemoStage
    demo_scores: dict[Criterion, Decimal]
    human_scores: dict[Criterion, Decimal] = {}
    override_reason: str = ""
    evidence: tuple[DemoEvidence, ...]
    grammar_errors: tuple[DemoGrammarError, ...]
    feedback: str
    minutes_ago: int
    priority: Priority | None


class Demonstration(DemoPart):
    questions: tuple[DemoQuestion, ...]
    responses: tuple[DemoResponse, ...]
