"""Score a file of texts with the local scorer."""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grading.enums import CRITERIA, Confidence, Skill, Task
from grading.nlp.corpus import CorpusError, Row, rows_of
from grading.nlp.local_scorer import ModelFileError, predict_traits, score_response
from grading.nlp.trait_model import TRAITS
from grading.scoring.bands import band_of, round_half_up, task_score
from grading.scoring.length import DEFAULT_MIN_WORDS

WRITING_TASKS = [task for task in Task if task.skill is Skill.WRITING]
PROGRESS_EVERY = 100


class Command(BaseCommand):
    help = "Scores the texts of a CSV file with the local scorer, without network or key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV: text_id, full_text[, task, prompt]")
        parser.add_argument("--out", type=Path, required=True, help="the CSV file to write")
        parser.add_argument("--traits", action="store_true", help="six traits instead of VSTEP")

    def handle(self, *args: Any, **options: Any) -> None:
        score = _traits if options["traits"] else _grade
        try:
            rows = rows_of(options["file"], ("text_id", "full_text"))
            scored = [self._scored(score, row, at, len(rows)) for at, row in enumerate(rows, 1)]
        except (CorpusError, ModelFileError) as error:
            raise CommandError(str(error)) from error
        try:
            _write(options["out"], scored)
        except OSError as error:
            raise CommandError(f"{options['out']} cannot be written: {error}") from error

    def _scored(self, score: Any, row: Row, number: int, total: int) -> dict[str, Any]:
        scored: dict[str, Any] = {"text_id": row["text_id"], **score(row)}
        if number % PROGRESS_EVERY == 0 or number == total:
            self.stderr.write(f"scored {number} of {total} texts")
        return scored


def _task(row: Row) -> Task:
    named = (row.get("task") or "").strip() or Task.WRITING_TASK_2.value
    if named not in WRITING_TASKS:
        allowed = ", ".join(WRITING_TASKS)
        raise CorpusError(f"text {row['text_id']}: column task is {named!r}, not one of {allowed}")
    return Task(named)


def _traits(row: Row) -> dict[str, Any]:
    predicted = predict_traits(row["full_text"])
    return {trait: f"{predicted[trait]:.4f}" for trait in TRAITS}


def _grade(row: Row) -> dict[str, Any]:
    task = _task(row)
    prompt = row.get("prompt") or ""
    scores = score_response(
        row["full_text"], task=task, prompt=prompt, min_words=DEFAULT_MIN_WORDS[task]
    )
    rounded = {c: round_half_up(scores.criteria[c]) for c in CRITERIA[Skill.WRITING]}
    overall = task_score(rounded, Skill.WRITING)
    return {
        **{criterion.value: score for criterion, score in rounded.items()},
        "overall": overall,
        "band": band_of(overall).value,
        "confidence": Confidence.LOW.value,
    }


def _write(path: Path, scored: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(scored[0]))
        writer.writeheader()
        writer.writerows(scored)
