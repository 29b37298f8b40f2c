"""Which rubric and prompt are in force, and new drafts of them."""

import re
from typing import TypeVar

from django.db import transaction
from django.db.models import Q

from grading.enums import Skill
from grading.models import GradingRun, PromptVersion, RubricVersion
from grading.prompts.rendering import validate_prompt
from grading.schemas.rubrics import rubric_problems

AnyVersion = TypeVar("AnyVersion", RubricVersion, PromptVersion)

_LAST_NUMBER = re.compile(r"^(.*?)-?(\d*)$", re.DOTALL)
_LONGEST_NAME = 60


class VersionRefused(Exception):
    """The version cannot be used; `problems` says why, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def problems_of(version: RubricVersion | PromptVersion) -> list[str]:
    """What keeps a version from being used, a sentence each; empty when nothing does."""
    if isinstance(version, PromptVersion):
        return validate_prompt(version.system_text, version.user_text)
    return rubric_problems(Skill(version.skill), version.criteria, version.underlength_caps)


def is_editable(version: RubricVersion | PromptVersion) -> bool:
    """Nothing was ever graded with it, and nothing can be at this moment."""
    if version.is_frozen or version.is_active:
        return False
    pinned = Q(prompt_version=version.pk)
    if isinstance(version, RubricVersion):
        pinned = Q(rubric_version=version.pk)
    return not GradingRun.objects.filter(pinned).exists()


@transaction.atomic
def activate_version(version: AnyVersion) -> AnyVersion:
    """Make gradings begin with this version from now on; VersionRefused if it cannot be used.

    Gradings under way keep the version they began with.
    """
    model = type(version)
    # All of the skill, in one order: two activations at once wait for each other.
    rows = model.objects.select_for_update().filter(skill=version.skill).order_by("pk")
    locked = {row.pk: row for row in rows}[version.pk]
    if problems := problems_of(locked):
        raise VersionRefused(problems)
    model.objects.filter(skill=version.skill, is_active=True).exclude(pk=locked.pk).update(
        is_active=False
    )
    model.objects.filter(pk=locked.pk).update(is_active=True)
    locked.is_active = True
    return locked


@transaction.atomic
def copy_version(version: AnyVersion) -> AnyVersion:
    """An editable draft with the same content and the next free name."""
    model = type(version)
    copy = model.objects.get(pk=version.pk)
    copy.pk = None
    copy._state.adding = True
    copy.name = _next_name(model, version.name)
    copy.is_active = False
    copy.frozen_at = None
    copy.created_at = model._meta.get_field("created_at").get_default()
    copy.save()
    copy.refresh_from_db()
    return copy


def _next_name(model: type[RubricVersion] | type[PromptVersion], name: str) -> str:
    found = _LAST_NUMBER.match(name)
    stem, number = (found[1], int(found[2] or 1)) if found else (name, 1)
    while True:
        number += 1
        candidate = f"{stem[: _LONGEST_NAME - len(str(number)) - 1]}-{number}"
        if not model.objects.filter(name=candidate).exists():
            return candidate
