"""What the API page tells about bodies; the bodies themselves are built in queries."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from grading.enums import (
    Band,
    Confidence,
    Criterion,
    ErrorCode,
    Flag,
    GradeSource,
    GradingMode,
    Priority,
    RouteReason,
    Skill,
    Status,
    Task,
)

ShownScore = Annotated[float, Field(ge=0, le=10, multiple_of=0.5)]


class EvidenceDocument(BaseModel):
    criterion: Criterion
    quote: str
    offset: Annotated[int, Field(description="Unicode code points of the answer as received")]
    length: int
    comment: str


class GrammarErrorDocument(BaseModel):
    offset: int
    length: int
    message: str
    suggestion: str


class ProvenanceDocument(BaseModel):
    source: GradeSource
    models: list[str]
    tries: int
    rubricVersion: str | None
    promptVersion: str | None
    localScorer: str | None


class ResultDocument(BaseModel):
    overallScore: ShownScore
    band: Band
    criteriaScores: dict[Criterion, ShownScore]
    feedback: str
    grammarErrors: list[GrammarErrorDocument]
    evidence: list[EvidenceDocument]
    confidence: Confidence | None
    confidenceScore: Annotated[float | None, Field(ge=0, le=1)]
    flags: list[Flag]
    gradedAt: datetime
    provenance: ProvenanceDocument


class FailureDocument(BaseModel):
    code: ErrorCode
    message: str
    attempts: int


class SubmissionDocument(BaseModel):
    """Status and result of a submission."""

    submissionId: str
    questionId: str | None
    skill: Skill
    task: Task
    status: Status
    score: ShownScore | None
    band: Band | None
    gradingMode: GradingMode | None
    reviewPriority: Priority | None
    routeReasons: list[RouteReason]
    flags: list[Flag]
    result: ResultDocument | None
    aiResult: ResultDocument | None = None
    error: FailureDocument | None = None
    metadata: Any = None
    candidateId: str | None = None
    createdAt: datetime
    completedAt: datetime | None


class SubmissionPageDocument(BaseModel):
    next: str | None
    previous: str | None
    results: list[SubmissionDocument]


class QuestionDocument(BaseModel):
    questionId: str
    task: Task
    prompt: str
    minWords: int
    content: Any
    version: int


class FieldErrorDocument(BaseModel):
    field: str
    code: str
    message: str


class ProblemDocument(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    requestId: str
    errors: list[FieldErrorDocument] | None = None
