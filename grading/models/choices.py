"""Turns the closed lists into Django choices and database checks."""

from collections.abc import Iterable
from enum import StrEnum

from django.db import models


def choices_of(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """Choices of a closed list, value and plain words."""
    return [(member.value, member.value.replace("_", " ")) for member in enum]


def one_of(field: str, members: Iterable[StrEnum], name: str) -> models.CheckConstraint:
    """A check that a column holds one of the list's values."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": [member.value for member in members]}), name=name
    )
