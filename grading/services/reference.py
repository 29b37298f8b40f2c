"""Loads the official rubrics and the first prompts where a database has none."""

import json
from pathlib import Path
from typing import Any

from grading.enums import Skill
from grading.models import PromptVersion, RubricVersion

DATA = Path(__file__).resolve().parent.parent / "data"


def load_reference_data() -> None:
    """Make the first rubric and prompt versions of each skill; existing ones are left alone."""
    for skill, rubric in _read("rubrics.json").items():
        if skill in set(Skill) and not RubricVersion.objects.filter(skill=skill).exists():
            RubricVersion.objects.create(
                skill=skill,
                name=rubric["version"],
                criteria=rubric["criteria"],
                underlength_caps=rubric.get("underlengthCaps", {}),
                is_active=True,
            )
    for skill, prompt in _read("prompts.json").items():
        if skill in set(Skill) and not PromptVersion.objects.filter(skill=skill).exists():
            PromptVersion.objects.create(
                skill=skill,
                name=prompt["version"],
                system_text=prompt["system"],
                user_text=prompt["user"],
                is_active=True,
            )


def _read(name: str) -> dict[str, Any]:
    content = json.loads((DATA / name).read_text(encoding="utf-8"))
    assert isinstance(content, dict)  # noqa: S101  our own file
    return content
