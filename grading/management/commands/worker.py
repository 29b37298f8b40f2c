from typing import Any

from django.core.management.base import BaseCommand

from grading.services.supervision.supervisor import supervise


class Command(BaseCommand):
    help = (
        "Runs a cluster of workers and watches it: canary tasks must be run and acknowledged, or "
        "the cluster is replaced, orphans included. SIGTERM or Ctrl-C stops it in order within "
        "30 s; a second one at once."
    )

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        supervise()
