"""Prompts as messages: fixed text first, the candidate's words last and fenced off as data."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from grading.enums import Task
from grading.nlp.plain import visible
from grading.schemas import PromptText, RubricText, WritingResponse

PLACEHOLDERS = frozenset({"rubric", "task", "question", "min_words", "delimiter", "response"})
# What the system text may hold: the same for every candidate, so that providers can cache it.
SYSTEM_PLACEHOLDERS = frozenset({"rubric", "task", "min_words"})

TASK_NAMES: dict[Task, str] = {
    Task.WRITING_TASK_1: "Writing task 1: a letter or an email",
    Task.WRITING_TASK_2: "Writing task 2: an essay",
}
_UNKNOWN_QUESTION = (
    "(The question is not known. Judge task fulfilment by how clear and how well developed the "
    "response's own purpose is.)"
)
_MAX_ECHO_CHARACTERS = 4000
_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")


def render_writing(
    prompt: PromptText,
    rubric: RubricText,
    response: WritingResponse,
    *,
    delimiter: str | None = None,
) -> list[dict[str, str]]:
    """The messages that ask for a mark; a delimiter that stands in the texts is replaced."""
    written = visible(response.text)
    question = visible(response.question_prompt).strip() or _UNKNOWN_QUESTION
    values = {
        "rubric": render_rubric(rubric),
        "task": TASK_NAMES[response.task],
        "question": question,
        "min_words": str(response.min_words),
        "delimiter": _unused(delimiter, written + question),
        "response": written,
    }
    return [
        {"role": "system", "content": _filled(prompt.system, values)},
        {"role": "user", "content": _filled(prompt.user, values)},
    ]


def render_repair(messages: list[dict[str, str]], reply: str, problem: str) -> list[dict[str, str]]:
    """The same question again, with the reply that could not be used and what was wrong with it."""
    again = (
        f"Your answer could not be used. {problem}\n"
        "Answer the same question again, with one JSON object in the shape asked for and nothing "
        "around it."
    )
    echo = visible(reply)[:_MAX_ECHO_CHARACTERS]
    told = [{"role": "assistant", "content": echo}] if echo.strip() else []
    return [*messages, *told, {"role": "user", "content": again}]


def render_rubric(rubric: RubricText) -> str:
    """The scale in English, one block a criterion, from the highest band down."""
    return "\n\n".join(_criterion_block(criterion) for criterion in rubric.criteria)


def validate_prompt(system: str, user: str) -> list[str]:
    """What is wrong with a prompt's texts, in plain words; empty when they may be used."""
    problems = [
        f"{{{{{name}}}}} is not a placeholder. Known are: {', '.join(sorted(PLACEHOLDERS))}."
        for name in sorted((_names(system) | _names(user)) - PLACEHOLDERS)
    ]
    problems += [
        f"{{{{{name}}}}} must not stand in the system text, which is the same for every response."
        for name in sorted(_names(system) & (PLACEHOLDERS - SYSTEM_PLACEHOLDERS))
    ]
    problems += [
        f"{{{{{name}}}}} is missing from the user text."
        for name in ("question", "delimiter", "response")
        if name not in _names(user)
    ]
    if "rubric" not in _names(system) | _names(user):
        problems.append("{{rubric}} is missing: the model would mark without the scale.")
    return problems + _fence_problems(user)


def _fence_problems(user: str) -> list[str]:
    """The response stands once, after a delimiter has been declared and between two more."""
    before, found, after = user.partition("{{response}}")
    if not found or "{{delimiter}}" not in user:
        return []
    problems = []
    if "{{response}}" in after:
        problems.append("{{response}} stands more than once in the user text.")
    if before.count("{{delimiter}}") < 2 or "{{delimiter}}" not in after:
        problems.append(
            "{{delimiter}} must be declared, then stand right before and right after {{response}}."
        )
    if _names(after) - {"delimiter", "response"}:
        problems.append("Only {{delimiter}} may follow {{response}} in the user text.")
    return problems


def _names(template: str) -> set[str]:
    return set(_PLACEHOLDER.findall(template))


def _filled(template: str, values: Mapping[str, str]) -> str:
    # One pass: what a candidate wrote is never looked at for placeholders.
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group()), template)


def _unused(delimiter: str | None, texts: str) -> str:
    chosen = delimiter or secrets.token_hex(16)
    while chosen in texts:
        chosen = secrets.token_hex(16)
    return chosen


def _criterion_block(criterion: Mapping[str, Any]) -> str:
    bands = sorted(criterion["bands"], key=lambda band: band["score"], reverse=True)
    lines = [f"{band['score']}: {band['en']}" for band in bands]
    title = f"## {criterion['key']} ({criterion['name']['en']})"
    return "\n".join([title, criterion["about"]["en"], *lines])
