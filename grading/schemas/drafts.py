"""Contracts between the parts: what pipelines take and give, what a model must answer."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from grading.enums import Band, Confidence, Criterion, Flag, GradeSource, Task

# Half steps of the 0-10 scale, the only numbers a model may answer.
Score = Annotated[float, Field(ge=0, le=10, multiple_of=0.5)]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StrictReply(BaseModel):
    """A model's words, taken only in exactly the shape asked for."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class CriterionReply(StrictReply):
    """Quotes first and score after: the score has to follow from what was found."""

    quotes: list[str] = Field(max_length=8)
    comment: str = Field(max_length=2000)
    score: Score


class GrammarErrorReply(StrictReply):
    quote: str = Field(max_length=500)
    message: str = Field(max_length=500)
    suggestion: str = Field(max_length=500)


class WritingReply(StrictReply):
    taskFulfillment: CriterionReply
    organization: CriterionReply
    vocabulary: CriterionReply
    grammar: CriterionReply
    grammarErrors: list[GrammarErrorReply] = Field(max_length=50)
    feedback: str = Field(max_length=6000)


class RubricText(Frozen):
    """A rubric version as a pipeline needs it; `criteria` in the shape of data/rubrics.json."""

    version: str
    criteria: list[dict[str, Any]]
    underlength_caps: list[dict[str, Any]] = []


class PromptText(Frozen):
    """A prompt version: placeholders are replaced from an allow-list, never evaluated."""

    version: str
    system: str
    user: str


class WritingResponse(Frozen):
    """One written response with all a grader may know; nothing that tells who wrote it."""

    text: str
    task: Task
    question_prompt: str
    min_words: int
    question_known: bool = True


class GradingPlan(Frozen):
    """Which models grade, how often, and with which rubric and prompt."""

    models: tuple[str, ...] = ()
    tries: int = 1
    repairs: int = 1
    rubric: RubricText
    prompt: PromptText
    providers_down: bool = False


class Evidence(Frozen):
    """A quote of the response: `text[offset:offset + length] == quote`, in code points."""

    criterion: Criterion
    quote: str
    offset: int
    length: int
    comment: str = ""


class GrammarError(Frozen):
    offset: int
    length: int
    message: str
    suggestion: str = ""


class TryRecord(Frozen):
    """One call to one model: what it said, what was wrong with it, what it cost."""

    requested_model: str
    model: str = ""
    number: int
    raw_reply: str = ""
    error: str | None = None
    error_detail: str = ""
    finish_reason: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_usd: Decimal | None = None
    latency_ms: int = 0
    criteria_scores: dict[Criterion, Decimal] | None = None


class DraftGrade(Frozen):
    """What a pipeline says of a response; stored as a grade only by a service.

    Criterion scores are legal (0-10, half steps); `confidence_score` is 0-1.
    """

    source: GradeSource
    criteria_scores: dict[Criterion, Decimal]
    overall_score: Decimal
    band: Band
    feedback: str
    evidence: tuple[Evidence, ...] = ()
    grammar_errors: tuple[GrammarError, ...] = ()
    confidence: Confidence
    confidence_score: float = Field(ge=0, le=1)
    flags: tuple[Flag, ...] = ()
    models: tuple[str, ...] = ()
    tries: tuple[TryRecord, ...] = ()
    local_scores: dict[Criterion, Decimal] = {}
    local_reasons: dict[Criterion, list[str]] = {}
    local_version: str = ""
    signals: dict[str, Any] = {}


class HumanDecision(Frozen):
    """What a rater decided; scores 0-10 in half steps, one for every criterion of the skill."""

    criteria_scores: dict[Criterion, Decimal]
    feedback: str
    rater_id: int
    override_reason: str = ""
    comment: str = ""
