"""Closed lists of the field's words; every value appears in the API, the database and the pages."""

from enum import StrEnum


class Skill(StrEnum):
    WRITING = "writing"
    SPEAKING = "speaking"


class Task(StrEnum):
    WRITING_TASK_1 = "writing_task_1"
    WRITING_TASK_2 = "writing_task_2"
    SPEAKING_PART_1 = "speaking_part_1"
    SPEAKING_PART_2 = "speaking_part_2"
    SPEAKING_PART_3 = "speaking_part_3"

    @property
    def skill(self) -> Skill:
        return Skill.WRITING if self.value.startswith("writing") else Skill.SPEAKING


class Criterion(StrEnum):
    TASK_FULFILLMENT = "taskFulfillment"
    ORGANIZATION = "organization"
    VOCABULARY = "vocabulary"
    GRAMMAR = "grammar"
    PRONUNCIATION = "pronunciation"
    FLUENCY = "fluency"
    DISCOURSE_MANAGEMENT = "discourseManagement"


CRITERIA: dict[Skill, tuple[Criterion, ...]] = {
    Skill.WRITING: (
        Criterion.TASK_FULFILLMENT,
        Criterion.ORGANIZATION,
        Criterion.VOCABULARY,
        Criterion.GRAMMAR,
    ),
    Skill.SPEAKING: (
        Criterion.GRAMMAR,
        Criterion.VOCABULARY,
        Criterion.PRONUNCIATION,
        Criterion.FLUENCY,
        Criterion.DISCOURSE_MANAGEMENT,
    ),
}

# What older callers send and expect to be understood; never written by us.
OLD_CRITERION_KEYS: dict[str, Criterion] = {
    "taskAchievement": Criterion.TASK_FULFILLMENT,
    "coherenceCohesion": Criterion.ORGANIZATION,
    "lexicalResource": Criterion.VOCABULARY,
    "grammaticalRange": Criterion.GRAMMAR,
    "fluencyOrganization": Criterion.FLUENCY,
    "content": Criterion.DISCOURSE_MANAGEMENT,
}


class Band(StrEnum):
    C1 = "C1"
    B2 = "B2"
    B1 = "B1"
    NONE = "none"


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    REVIEW_PENDING = "review_pending"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL_STATUSES = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})


class RunState(StrEnum):
    """The work on one grading run, apart from what its submission tells the outside."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class GradingMode(StrEnum):
    AUTO = "auto"
    HYBRID = "hybrid"
    HUMAN = "human"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class GradeSource(StrEnum):
    AI = "ai"
    LOCAL = "local"
    DEMO = "demo"
    HUMAN = "human"


class AutoReleasePolicy(StrEnum):
    CALIBRATED = "calibrated"
    FIXED = "fixed"


class Flag(StrEnum):
    """What was noticed about a response or its grade; published in the OpenAPI page."""

    EMPTY = "empty"
    UNDERLENGTH = "underlength"
    TOO_SHORT_TO_JUDGE = "too_short_to_judge"
    PROMPT_COPY = "prompt_copy"
    OFF_TOPIC = "off_topic"
    REPETITION = "repetition"
    NON_ENGLISH = "non_english"
    INJECTION_SUSPECTED = "injection_suspected"
    EVIDENCE_NOT_LOCATED = "evidence_not_located"
    CRITERION_WITHOUT_EVIDENCE = "criterion_without_evidence"
    REPLY_REPAIRED = "reply_repaired"
    REPLY_UNUSABLE = "reply_unusable"
    MODEL_REFUSED = "model_refused"
    MODEL_SUBSTITUTED = "model_substituted"
    NO_MODEL = "no_model"
    PROVIDERS_DOWN = "providers_down"
    FAR_FROM_LOCAL_SCORER = "far_from_local_scorer"
    QUESTION_UNKNOWN = "question_unknown"
    AUDIT_DIFFERENCE = "audit_difference"


class RouteReason(StrEnum):
    """Why a response went to a rater; the console turns each into a sentence."""

    CONFIDENCE_LOW = "confidence_low"
    CONFIDENCE_MEDIUM = "confidence_medium"
    NOT_CALIBRATED = "not_calibrated"
    LOCAL_SCORER_ONLY = "local_scorer_only"
    NEAR_BAND_CUT = "near_band_cut"
    FLAGGED = "flagged"
    CLIENT_PRIORITY = "client_priority"
    REGRADE_DIFFERS = "regrade_differs"


class ErrorCode(StrEnum):
    """Why a submission failed for good."""

    CRASHED = "crashed"
    INPUT_UNUSABLE = "input_unusable"


class Scope(StrEnum):
    SUBMISSIONS_WRITE = "submissions:write"
    SUBMISSIONS_READ = "submissions:read"
    GRADES_PROVISIONAL = "grades:provisional"
    QUESTIONS_WRITE = "questions:write"
    EXPERIMENTS = "experiments"


class EventType(StrEnum):
    """Outgoing events a client may subscribe to."""

    REVIEW_PENDING = "submission.review_pending"
    COMPLETED = "submission.completed"
    FAILED = "submission.failed"


class AuditKind(StrEnum):
    """What happened to a submission, in the order of its life."""

    RECEIVED = "received"
    STARTED = "started"
    RETRIED = "retried"
    RELEASED = "released"
    GRADED = "graded"
    ROUTED = "routed"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REGRADE_REQUESTED = "regrade_requested"
    CLAIMED = "claimed"
    CLAIM_RELEASED = "claim_released"
    RATED = "rated"
    RATING_UNDONE = "rating_undone"
    STALE_RESULT_REFUSED = "stale_result_refused"
    SUPERSEDED = "superseded"


class OverrideReason(StrEnum):
    """Why a rater moved a criterion by half a point or more from the machine's score."""

    TASK_MISREAD = "task_misread"
    EVIDENCE_WRONG = "evidence_wrong"
    TOO_HARSH = "too_harsh"
    TOO_LENIENT = "too_lenient"
    LANGUAGE_MISJUDGED = "language_misjudged"
    INTEGRITY = "integrity"
    OTHER = "other"
