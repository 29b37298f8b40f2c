"""Loads the demonstration: a school, its raters, and a working day of responses."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from grading.services.demonstration import Part
from review.services.demonstration import load_working_day


class Command(BaseCommand):
    help = (
        "Loads the demonstration. What is there already is left alone. Grades that come with it "
        "are marked `demo`; the pending responses are real work for the workers."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--stage",
            choices=[part.value for part in Part],
            default=Part.ALL.value,
            help="empty: school, questions and raters; morning: also responses that wait for a "
            "worker or a rater; all (default): also those held, rated, failed and cancelled",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_working_day(Part(options["stage"]))
        self.stdout.write(f"Responses added: {len(loaded.added)}")
        if loaded.key is not None:
            self.stdout.write(f"Key of {loaded.client.name!r}, shown only now: {loaded.key}")
