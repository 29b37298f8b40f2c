"""Every closed list in words people read; a test fails when a value has none."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    Skill.WRITING: gettext_lazy("Writing"),
    Skill.SPEAKING: gettext_lazy("Speaking"),
}

TASKS: dict[Task, Words] = {
    Task.WRITING_TASK_1: gettext_lazy("Writing 1: letter or email"),
    Task.WRITING_TASK_2: gettext_lazy("Writing 2: essay"),
    Task.SPEAKING_PART_1: gettext_lazy("Speaking 1: social interaction"),
    Task.SPEAKING_PART_2: gettext_lazy("Speaking 2: solution discussion"),
    Task.SPEAKING_PART_3: gettext_lazy("Speaking 3: topic development"),
}

CRITERIA: dict[Criterion, Words] = {
    Criterion.TASK_FULFILLMENT: gettext_lazy("Task fulfilment"),
    Criterion.ORGANIZATION: gettext_lazy("Organization"),
    Criterion.VOCABULARY: gettext_lazy("Vocabulary"),
    Criterion.GRAMMAR: gettext_lazy("Grammar"),
    Criterion.PRONUNCIATION: gettext_lazy("Pronunciation"),
    Criterion.FLUENCY: gettext_lazy("Fluency"),
    Criterion.DISCOURSE_MANAGEMENT: gettext_lazy("Discourse management"),
}

BANDS: dict[Band, Words] = {
    Band.C1: gettext_lazy("C1"),
    Band.B2: gettext_lazy("B2"),
    Band.B1: gettext_lazy("B1"),
    Band.NONE: gettext_lazy("below B1"),
}

STATUSES: dict[Status, Words] = {
    Status.PENDING: gettext_lazy("Waiting to be graded"),
    Status.PROCESSING: gettext_lazy("Being graded"),
    Status.REVIEW_PENDING: gettext_lazy("Waiting for a rater"),
    Status.COMPLETED: gettext_lazy("Completed"),
    Status.FAILED: gettext_lazy("Failed"),
    Status.CANCELLED: gettext_lazy("Cancelled"),
}

MODES: dict[GradingMode, Words] = {
    GradingMode.AUTO: gettext_lazy("The machine's grade counts."),
    GradingMode.HYBRID: gettext_lazy("A rater's grade counts; the machine graded before."),
    GradingMode.HUMAN: gettext_lazy("A rater's grade counts; no machine graded."),
}

PRIORITIES: dict[Priority, Words] = {
    Priority.HIGH: gettext_lazy("High"),
    Priority.MEDIUM: gettext_lazy("Medium"),
    Priority.LOW: gettext_lazy("Low"),
}

CONFIDENCES: dict[Confidence, Words] = {
    Confidence.HIGH: gettext_lazy("High confidence"),
    Confidence.MEDIUM: gettext_lazy("Medium confidence"),
    Confidence.LOW: gettext_lazy("Low confidence"),
}

SOURCES: dict[GradeSource, Words] = {
    GradeSource.AI: gettext_lazy("Language model"),
    GradeSource.LOCAL: gettext_lazy("Local scorer, no language model"),
    GradeSource.DEMO: gettext_lazy("Demonstration data: no model made this grade"),
    GradeSource.HUMAN: gettext_lazy("A rater"),
}

FLAGS: dict[Flag, Words] = {
    Flag.EMPTY: gettext_lazy("Nothing was written."),
    Flag.UNDERLENGTH: gettext_lazy("Shorter than the task asks for."),
    Flag.TOO_SHORT_TO_JUDGE: gettext_lazy("Too short to be judged safely."),
    Flag.PROMPT_COPY: gettext_lazy("Long stretches are copied from the question."),
    Flag.OFF_TOPIC: gettext_lazy("It may not answer this question."),
    Flag.REPETITION: gettext_lazy("The same words or sentences come again and again."),
    Flag.NON_ENGLISH: gettext_lazy("Parts are not in English."),
    Flag.INJECTION_SUSPECTED: gettext_lazy("The text seems to speak to the grading machine."),
    Flag.EVIDENCE_NOT_LOCATED: gettext_lazy("Some quotes of the machine are not in the text."),
    Flag.CRITERION_WITHOUT_EVIDENCE: gettext_lazy("The machine gave a criterion no evidence."),
    Flag.REPLY_REPAIRED: gettext_lazy("The model's answer had to be repaired."),
    Flag.REPLY_UNUSABLE: gettext_lazy("A model's answer could not be used."),
    Flag.MODEL_REFUSED: gettext_lazy("The model refused to grade it."),
    Flag.MODEL_SUBSTITUTED: gettext_lazy("Another model than the one asked for answered."),
    Flag.NO_MODEL: gettext_lazy("No language model is set up."),
    Flag.PROVIDERS_DOWN: gettext_lazy("The model providers could not be reached."),
    Flag.FAR_FROM_LOCAL_SCORER: gettext_lazy("The model and the local scorer are far apart."),
    Flag.QUESTION_UNKNOWN: gettext_lazy("The question's text is not known to the service."),
    Flag.AUDIT_DIFFERENCE: gettext_lazy("Rater and machine differ by more than half a point."),
}

FLAGS_IN_SHORT: dict[Flag, Words] = {
    Flag.EMPTY: gettext_lazy("nothing written"),
    Flag.UNDERLENGTH: gettext_lazy("too few words"),
    Flag.TOO_SHORT_TO_JUDGE: gettext_lazy("too short to judge"),
    Flag.PROMPT_COPY: gettext_lazy("copies the question"),
    Flag.OFF_TOPIC: gettext_lazy("perhaps off topic"),
    Flag.REPETITION: gettext_lazy("repeats itself"),
    Flag.NON_ENGLISH: gettext_lazy("not all English"),
    Flag.INJECTION_SUSPECTED: gettext_lazy("speaks to the machine"),
    Flag.EVIDENCE_NOT_LOCATED: gettext_lazy("quotes not in the text"),
    Flag.CRITERION_WITHOUT_EVIDENCE: gettext_lazy("a criterion without evidence"),
    Flag.REPLY_REPAIRED: gettext_lazy("model's answer repaired"),
    Flag.REPLY_UNUSABLE: gettext_lazy("model's answer unusable"),
    Flag.MODEL_REFUSED: gettext_lazy("model refused"),
    Flag.MODEL_SUBSTITUTED: gettext_lazy("another model answered"),
    Flag.NO_MODEL: gettext_lazy("no language model"),
    Flag.PROVIDERS_DOWN: gettext_lazy("models not reached"),
    Flag.FAR_FROM_LOCAL_SCORER: gettext_lazy("far from the local scorer"),
    Flag.QUESTION_UNKNOWN: gettext_lazy("question unknown"),
    Flag.AUDIT_DIFFERENCE: gettext_lazy("rater and machine apart"),
}

ROUTE_REASONS: dict[RouteReason, Words] = {
    RouteReason.CONFIDENCE_LOW: gettext_lazy("The machine is unsure."),
    RouteReason.CONFIDENCE_MEDIUM: gettext_lazy("The machine is not quite sure."),
    RouteReason.NOT_CALIBRATED: gettext_lazy("Too few ratings yet to trust the machine."),
    RouteReason.LOCAL_SCORER_ONLY: gettext_lazy("Only the local scorer graded it."),
    RouteReason.NEAR_BAND_CUT: gettext_lazy("The score is close to a band cut."),
    RouteReason.FLAGGED: gettext_lazy("Something about the response was noticed."),
    RouteReason.CLIENT_PRIORITY: gettext_lazy("The school asked for a rater."),
    RouteReason.REGRADE_DIFFERS: gettext_lazy("A new grading gave another band."),
}

ERROR_CODES: dict[ErrorCode, Words] = {
    ErrorCode.CRASHED: gettext_lazy("Grading it stopped the worker several times."),
    ErrorCode.INPUT_UNUSABLE: gettext_lazy("What was sent cannot be graded."),
}

OVERRIDE_REASONS: dict[OverrideReason, Words] = {
    OverrideReason.TASK_MISREAD: gettext_lazy("The machine misread the task"),
    OverrideReason.EVIDENCE_WRONG: gettext_lazy("Its evidence does not support the score"),
    OverrideReason.TOO_HARSH: gettext_lazy("Too harsh for the scale"),
    OverrideReason.TOO_LENIENT: gettext_lazy("Too lenient for the scale"),
    OverrideReason.LANGUAGE_MISJUDGED: gettext_lazy("It misjudged the language"),
    OverrideReason.INTEGRITY: gettext_lazy("Copied, memorised or not the candidate's own"),
    OverrideReason.OTHER: gettext_lazy("Another reason (say it in the comment)"),
}

EVENTS: dict[AuditKind, Words] = {
    AuditKind.RECEIVED: gettext_lazy("Received."),
    AuditKind.STARTED: gettext_lazy("Grading started."),
    AuditKind.RETRIED: gettext_lazy("Grading is to be tried again."),
    AuditKind.RELEASED: gettext_lazy("Put back to be graded later."),
    AuditKind.GRADED: gettext_lazy("Graded by the machine."),
    AuditKind.ROUTED: gettext_lazy("Sent to raters."),
    AuditKind.COMPLETED: gettext_lazy("Completed with the machine's grade."),
    AuditKind.FAILED: gettext_lazy("Failed for good."),
    AuditKind.CANCELLED: gettext_lazy("Cancelled by the school."),
    AuditKind.REGRADE_REQUESTED: gettext_lazy("The school asked for a new grading."),
    AuditKind.CLAIMED: gettext_lazy("%(who)s took the response."),
    AuditKind.CLAIM_RELEASED: gettext_lazy("%(who)s gave the response back."),
    AuditKind.RATED: gettext_lazy("%(who)s rated it."),
    AuditKind.RATING_UNDONE: gettext_lazy("%(who)s took the rating back."),
    AuditKind.STALE_RESULT_REFUSED: gettext_lazy("A late result of an abandoned try was refused."),
    AuditKind.SUPERSEDED: gettext_lazy(
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


def noticed(flags: object) -> str:
    """All flags in one short sentence; empty for none."""
    names = sentences_for(FLAGS_IN_SHORT, Flag, flags)
    return _("Noticed: %(flags)s.") % {"flags": ", ".join(names)} if names else ""


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
