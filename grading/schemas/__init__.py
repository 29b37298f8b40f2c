"""Pydantic contracts: what comes in, what a model must answer, what the parts hand on."""

from grading.schemas.drafts import (
    CriterionReply,
    DraftGrade,
    Evidence,
    Frozen,
    GradingPlan,
    GrammarError,
    GrammarErrorReply,
    HumanDecision,
    PromptText,
    RubricText,
    Score,
    StrictReply,
    TryRecord,
    WritingReply,
    WritingResponse,
)
from grading.schemas.intake import QuestionIn, SubmissionIn

__all__ = [
    "CriterionReply",
    "DraftGrade",
    "Evidence",
    "Frozen",
    "GradingPlan",
    "GrammarError",
    "GrammarErrorReply",
    "HumanDecision",
    "PromptText",
    "QuestionIn",
    "RubricText",
    "Score",
    "StrictReply",
    "SubmissionIn",
    "TryRecord",
    "WritingReply",
    "WritingResponse",
]
