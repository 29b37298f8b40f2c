"""Stored values in words, in templates."""

from datetime import datetime
from decimal import Decimal

from django import template
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grading.enums import (
    Band,
    Confidence,
    Criterion,
    ErrorCode,
    GradeSource,
    GradingMode,
    OverrideReason,
    Priority,
    Status,
    Task,
)
from review import wording

register = template.Library()


@register.filter
def task_words(value: str) -> str:
    return wording.words_for(wording.TASKS, Task, value)


@register.filter
def band_words(value: str) -> str:
    return wording.words_for(wording.BANDS, Band, value)


@register.filter
def status_words(value: str) -> str:
    return wording.words_for(wording.STATUSES, Status, value)


@register.filter
def mode_words(value: str) -> str:
    return wording.words_for(wording.MODES, GradingMode, value)


@register.filter
def priority_words(value: str) -> str:
    return wording.words_for(wording.PRIORITIES, Priority, value)


@register.filter
def confidence_words(value: str) -> str:
    return wording.words_for(wording.CONFIDENCES, Confidence, value)


@register.filter
def source_words(value: str) -> str:
    return wording.words_for(wording.SOURCES, GradeSource, value)


@register.filter
def criterion_words(value: str) -> str:
    return wording.words_for(wording.CRITERIA, Criterion, value)


@register.filter
def error_words(value: str) -> str:
    return wording.words_for(wording.ERROR_CODES, ErrorCode, value)


@register.filter
def override_words(value: str) -> str:
    return wording.words_for(wording.OVERRIDE_REASONS, OverrideReason, value)


@register.filter
def person(value: User | None) -> str:
    return wording.name_of(value)


@register.filter
def score(value: Decimal | None) -> str:
    """One decimal, with the decimal mark of the page's language."""
    return "–" if value is None else number_format(value, 1)


@register.filter
def difference(value: Decimal | None) -> str:
    """A signed difference; a word where there is none."""
    if value is None:
        return "–"
    if value == 0:
        return _("the same")
    return ("+" if value > 0 else "−") + number_format(abs(value), 1)


@register.filter
def percent(share: float | None) -> str:
    return "–" if share is None else f"{round(share * 100)} %"


@register.filter
def age(moment: datetime | None) -> str:
    """How long ago, in one unit; Django's own words for it lack a Vietnamese translation."""
    if moment is None:
        return "–"
    minutes = int((timezone.now() - moment).total_seconds() // 60)
    if minutes < 1:
        return _("under a minute")
    if minutes < 60:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 24:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = hours // 24
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
