"""Every closed list in words people read; a test fails when a value has none."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from grading.enums import (
    AuditKind,
    Band,
    Confidence,
    Criterion,
    ErrorCode,
    Flag,
    GradeSource,
    GradingMode,
    OverrideReason,
    Priority,
    RouteReason,
    Skill,
    Status,
    Task,
)
from grading.models import AuditEvent

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Words

Value = TypeVar("Value", bound=StrEnum)

SKILLS: dict[Skill, Words] = {
    Skill.WRITING: lazy("Writing"),
    Skill.SPEAKING: lazy("Speaking"),
}

TASKS: dict[Task, Words] = {
    Task.WRITING_TASK_1: lazy("Writing 1: letter or email"),
    Task.WRITING_TASK_2: lazy("Writing 2: essay"),
    Task.SPEAKING_PART_1: lazy("Speaking 1: social interaction"),
    Task.SPEAKING_PART_2: lazy("Speaking 2: solution discussion"),
    Task.SPEAKING_PART_3: lazy("Speaking 3: topic development"),
}

CRITERIA: dict[Criterion, Words] = {
    Criterion.TASK_FULFILLMENT: lazy("Task fulfilment"),
    Criterion.ORGANIZATION: lazy("Organization"),
    Criterion.VOCABULARY: lazy("Vocabulary"),
    Criterion.GRAMMAR: lazy("Grammar"),
    Criterion.PRONUNCIATION: lazy("Pronunciation"),
    Criterion.FLUENCY: lazy("Fluency"),
    Criterion.DISCOURSE_MANAGEMENT: lazy("Discourse management"),
}

BANDS: dict[Band, Words] = {
    Band.C1: lazy("C1"),
    Band.B2: lazy("B2"),
    Band.B1: lazy("B1"),
    Band.NONE: lazy("below B1"),
}

STATUSES: dict[Status, Words] = {
    Status.PENDING: lazy("Waiting to be graded"),
    Status.PROCESSING: lazy("Being graded"),
    Status.REVIEW_PENDING: lazy("Waiting for a rater"),
    Status.COMPLETED: lazy("Completed"),
    Status.FAILED: lazy("Failed"),
    Status.CANCELLED: lazy("Cancelled"),
}

MODES: dict[GradingMode, Words] = {
    GradingMode.AUTO: lazy("The machine's grade counts."),
    GradingMode.HYBRID: lazy("A rater's grade counts; the machine graded before."),
    GradingMode.HUMAN: lazy("A rater's grade counts; no machine graded."),
}

PRIORITIES: dict[Priority, Words] = {
    Priority.HIGH: lazy("High"),
    Priority.MEDIUM: lazy("Medium"),
    Priority.LOW: lazy("Low"),
}

CONFIDENCES: dict[Confidence, Words] = {
    Confidence.HIGH: lazy("High confidence"),
    Confidence.MEDIUM: lazy("Medium confidence"),
    Confidence.LOW: lazy("Low confidence"),
}

SOURCES: dict[GradeSource, Words] = {
    GradeSource.AI: lazy("Language model"),
    GradeSource.LOCAL: lazy("Local scorer, no language model"),
    GradeSource.DEMO: lazy("Demonstration data: no model made this grade"),
    GradeSource.HUMAN: lazy("A rater"),
}

FLAGS: dict[Flag, Words] = {
    Flag.EMPTY: lazy("Nothing was written."),
    Flag.UNDERLENGTH: lazy("Shorter than the task asks for."),
    Flag.TOO_SHORT_TO_JUDGE: lazy("Too short to be judged safely."),
    Flag.PROMPT_COPY: lazy("Long stretches are copied from the question."),
    Flag.OFF_TOPIC: lazy("It may not answer this question."),
    Flag.REPETITION: lazy("The same words or sentences come again and again."),
    Flag.NON_ENGLISH: lazy("Parts are not in English."),
    Flag.INJECTION_SUSPECTED: lazy("The text seems to speak to the grading machine."),
    Flag.EVIDENCE_NOT_LOCATED: lazy("Some quotes of the machine are not in the text."),
    Flag.CRITERION_WITHOUT_EVIDENCE: lazy("The machine gave a criterion no evidence."),
    Flag.REPLY_REPAIRED: lazy("The model's answer had to be repaired."),
    Flag.REPLY_UNUSABLE: lazy("A model's answer could not be used."),
    Flag.MODEL_REFUSED: lazy("The model refused to grade it."),
    Flag.MODEL_SUBSTITUTED: lazy("Another model than the one asked for answered."),
    Flag.NO_MODEL: lazy("No language model is set up."),
    Flag.PROVIDERS_DOWN: lazy("The model providers could not be reached."),
    Flag.FAR_FROM_LOCAL_SCORER: lazy("The model and the local scorer are far apart."),
    Flag.QUESTION_UNKNOWN: lazy("The question's text is not known to the service."),
    Flag.AUDIT_DIFFERENCE: lazy("Rater and machine differ by more than half a point."),
}

ROUTE_REASONS: dict[RouteReason, Words] = {
    RouteReason.CONFIDENCE_LOW: lazy("The machine is unsure."),
    RouteReason.CONFIDENCE_MEDIUM: lazy("The machine is not quite sure."),
    RouteReason.NOT_CALIBRATED: lazy("Too few ratings yet to trust the machine."),
    RouteReason.LOCAL_SCORER_ONLY: lazy("Only the local scorer graded it."),
    RouteReason.NEAR_BAND_CUT: lazy("The score is close to a band cut."),
    RouteReason.FLAGGED: lazy("Something about the response was noticed."),
    RouteReason.CLIENT_PRIORITY: lazy("The school asked for a rater."),
    RouteReason.REGRADE_DIFFERS: lazy("A new grading gave another band."),
}

ERROR_CODES: dict[ErrorCode, Words] = {
    ErrorCode.CRASHED: lazy("Grading it stopped the worker several times."),
    ErrorCode.INPUT_UNUSABLE: lazy("What was sent cannot be graded."),
}

OVERRIDE_REASONS: dict[OverrideReason, Words] = {
    OverrideReason.TASK_MISREAD: lazy("The machine misread the task"),
    OverrideReason.EVIDENCE_WRONG: lazy("Its evidence does not support the score"),
    OverrideReason.TOO_HARSH: lazy("Too harsh for the scale"),
    OverrideReason.TOO_LENIENT: lazy("Too lenient for the scale"),
    OverrideReason.LANGUAGE_MISJUDGED: lazy("It misjudged the language"),
    OverrideReason.INTEGRITY: lazy("Copied, memorised or not the candidate's own"),
    OverrideReason.OTHER: lazy("Another reason (say it in the comment)"),
}

EVENTS: dict[AuditKind, Words] = {
    AuditKind.RECEIVED: lazy("Received."),
    AuditKind.STARTED: lazy("Grading started."),
    AuditKind.RETRIED: lazy("Grading is to be tried again."),
    AuditKind.RELEASED: lazy("Put back to be graded later."),
    AuditKind.GRADED: lazy("Graded by the machine."),
    AuditKind.ROUTED: lazy("Sent to raters."),
    AuditKind.COMPLETED: lazy("Completed with the machine's grade."),
    AuditKind.FAILED: lazy("Failed for good."),
    AuditKind.CANCELLED: lazy("Cancelled by the school."),
    AuditKind.REGRADE_REQUESTED: lazy("The school asked for a new grading."),
    AuditKind.CLAIMED: lazy("%(who)s took the response."),
    AuditKind.CLAIM_RELEASED: lazy("%(who)s gave the response back."),
    AuditKind.RATED: lazy("%(who)s rated it."),
    AuditKind.RATING_UNDONE: lazy("%(who)s took the rating back."),
    AuditKind.STALE_RESULT_REFUSED: lazy("A late result of an abandoned try was refused."),
    AuditKind.SUPERSEDED: lazy(
        "A newer machine grade was stored beside; the rater's still counts."
    ),
}


def words_for(table: Mapping[Value, Words], kind: type[Value], value: object) -> str:
    """The words for a stored value; the value itself where it is from a newer version."""
    try:
        return str(table[kind(str(value))])
    except (KeyError, ValueError):
        return str(value)


def sentences_for(table: Mapping[Value, Words], kind: type[Value], values: object) -> list[str]:
    """The words for a list of stored values."""
    return [words_for(table, kind, value) for value in values] if isinstance(values, list) else []


def event_sentence(event: AuditEvent) -> str:
    """What happened, in one sentence, with who and what where the event says it."""
    who = name_of(event.actor)
    kind = AuditKind(event.kind)
    special = EVENT_SENTENCES[kind](event, who) if kind in EVENT_SENTENCES else ""
    return special or str(EVENTS[kind]) % {"who": who}


def routed(event: AuditEvent, who: str) -> str:
    reasons = sentences_for(ROUTE_REASONS, RouteReason, event.data.get("reasons"))
    return _("Sent to raters: %(reasons)s") % {"reasons": " ".join(reasons)} if reasons else ""


def graded(event: AuditEvent, who: str) -> str:
    source = event.data.get("source")
    named = {"source": words_for(SOURCES, GradeSource, source)}
    return _("Graded. Source: %(source)s.") % named if source else ""


def completed(event: AuditEvent, who: str) -> str:
    return _("Completed with the rating of %(who)s.") % {"who": who} if event.actor_id else ""


def rated(event: AuditEvent, who: str) -> str:
    score = event.data.get("score")
    return _("%(who)s rated it: %(score)s.") % {"who": who, "score": score} if score else ""


def claim_released(event: AuditEvent, who: str) -> str:
    if event.data.get("expired"):
        return _("The rater's time with the response ran out.")
    if event.data.get("by_lead"):
        return _("%(who)s, a lead, gave the response back to the queue.") % {"who": who}
    return "" if event.actor_id else _("The rater's hold ended: no rater is needed any more.")


EVENT_SENTENCES = {
    AuditKind.ROUTED: routed,
    AuditKind.GRADED: graded,
    AuditKind.COMPLETED: completed,
    AuditKind.RATED: rated,
    AuditKind.CLAIM_RELEASED: claim_released,
}


def name_of(person: User | None) -> str:
    """A person as colleagues know them."""
    if person is None:
        return _("The service")
    return person.get_full_name() or person.get_username()
