"""Grades one text at the command line."""

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from grading.enums import Skill, Task
from grading.schemas.intake import LONGEST_ANSWER, LONGEST_PROMPT
from grading.services.single import CannotGrade, grade_text

WRITING_TASKS = [task.value for task in Task if task.skill == Skill.WRITING]
WIDTH = 88


class Command(BaseCommand):
    help = "Grades one text as the service would, prints the result, and stores nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a text file in UTF-8; - reads standard input")
        parser.add_argument("--task", required=True, choices=WRITING_TASKS)
        parser.add_argument("--prompt", required=True, help="the question that was answered")
        parser.add_argument("--format", choices=["json", "text"], default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        text = read_text(options["file"])
        check_length("The text", text, LONGEST_ANSWER)
        check_length("The prompt", options["prompt"], LONGEST_PROMPT)
        try:
            result = grade_text(text, Task(options["task"]), options["prompt"], timezone.now())
        except CannotGrade as error:
            raise CommandError(str(error)) from None
        if options["format"] == "text":
            self.stdout.write(for_reading(result, text))
        else:
            self.stdout.write(json.dumps(result, ensure_ascii=False, indent=2))


def read_text(file: str) -> str:
    """The file's text as it is; CommandError says why it cannot be read."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CommandError(f"{file} is not UTF-8 text.") from None


def check_length(what: str, text: str, longest: int) -> None:
    """CommandError for a text that the service would not take in either."""
    if len(text) > longest:
        raise CommandError(f"{what} has {len(text)} characters; at most {longest} can be graded.")


def for_reading(result: dict[str, Any], text: str) -> str:
    """A result laid out for a terminal."""
    band = "below B1" if result["band"] == "none" else result["band"]
    confidence = f"{result['confidence']} ({result['confidenceScore']:.2f})"
    lines = [f"Overall {result['overallScore']:g}   {band}   confidence {confidence}", ""]
    lines += [f"  {name:<16} {score:>4g}" for name, score in result["criteriaScores"].items()]
    if result["flags"]:
        lines += ["", "Flags: " + ", ".join(flag.replace("_", " ") for flag in result["flags"])]
    if result["feedback"]:
        lines += ["", *textwrap.wrap(result["feedback"], WIDTH)]
    if result["grammarErrors"]:
        lines += ["", *(error_line(error, text) for error in result["grammarErrors"])]
    made_by = ", ".join(result["provenance"]["models"]) or result["provenance"]["source"]
    return "\n".join([*lines, "", f"Graded by {made_by}, {result['provenance']['rubricVersion']}"])


def error_line(error: dict[str, Any], text: str) -> str:
    quote = " ".join(text[error["offset"] : error["offset"] + error["length"]].split())
    suggestion = f" -> {error['suggestion']}" if error["suggestion"] else ""
    return f"  “{quote}”{suggestion}: {error['message']}"
