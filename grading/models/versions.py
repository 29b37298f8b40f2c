"""Rubrics and prompts as versioned data: pinned by hash, frozen once a grade was made with them."""

import hashlib
import json
from typing import Any

from django.db import models
from django.db.models.functions import Now

from grading.enums import Skill
from grading.models.choices import choices_of


def digest_of(content: Any) -> str:
    """Sha256 of a JSON value, the same for the same content whatever its key order."""
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, ensure_ascii=False).encode()
    ).hexdigest()


class Version(models.Model):
    """Shared by rubrics and prompts: one active version a skill, unchangeable once used."""

    skill = models.CharField(max_length=10, choices=choices_of(Skill))
    name = models.CharField(max_length=60, unique=True, help_text="As grades will cite it.")
    is_active = models.BooleanField(default=False, help_text="New gradings use it.")
    frozen_at = models.DateTimeField(null=True, blank=True, editable=False)
    content_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.content_hash = digest_of(self.content)
        super().save(*args, **kwargs)

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None

    @property
    def content(self) -> Any:
        raise NotImplementedError


class RubricVersion(Version):
    criteria = models.JSONField(
        help_text="A list, one entry a criterion: key, name, about, and the bands from 10 to 0, "
        "each in English (en) and Vietnamese (vi)."
    )
    underlength_caps = models.JSONField(
        default=dict,
        blank=True,
        help_text="Per task: how far below the minimum length caps task fulfilment at what score.",
    )

    class Meta:
        ordering = ["skill", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["skill"], condition=models.Q(is_active=True), name="one_active_rubric"
            )
        ]

    @property
    def content(self) -> Any:
        return {"criteria": self.criteria, "underlengthCaps": self.underlength_caps}


class PromptVersion(Version):
    system_text = models.TextField(
        help_text="What never changes comes here: providers cache it. "
        "Placeholders: {{rubric}}, {{task}}, {{min_words}}."
    )
    user_text = models.TextField(
        help_text="Placeholders: {{task}}, {{min_words}}, {{question}}, {{delimiter}}, "
        "{{response}}. The candidate's words are data between delimiters nobody can guess."
    )

    class Meta:
        ordering = ["skill", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["skill"], condition=models.Q(is_active=True), name="one_active_prompt"
            )
        ]

    @property
    def content(self) -> Any:
        return {"system": self.system_text, "user": self.user_text}
