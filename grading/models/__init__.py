from grading.models.audit import AuditEvent, OutgoingEvent
from grading.models.clients import ApiKey, Client, RateWindow
from grading.models.clusters import Canary, WorkerCluster
from grading.models.grades import CriterionScore, Grade, ModelTry
from grading.models.idempotency import IdempotentRequest
from grading.models.questions import Question, QuestionVersion
from grading.models.runs import GradingRun
from grading.models.submissions import Submission
from grading.models.versions import PromptVersion, RubricVersion

__all__ = [
    "ApiKey",
    "AuditEvent",
    "Canary",
    "Client",
    "CriterionScore",
    "Grade",
    "GradingRun",
    "IdempotentRequest",
    "ModelTry",
    "OutgoingEvent",
    "PromptVersion",
    "Question",
    "QuestionVersion",
    "RateWindow",
    "RubricVersion",
    "Submission",
    "WorkerCluster",
]
