import sys
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GradingConfig(AppConfig):
    name = "grading"
    verbose_name = "Grading"

    def ready(self) -> None:
        post_migrate.connect(load_reference_data, sender=self)
        if sys.argv[1:2] == ["qcluster"]:
            from grading.services.drain import preload

            preload()


def load_reference_data(**_signal: Any) -> None:
    """After the first migration, and after tests have emptied the tables."""
    from grading.services import reference

    reference.load_reference_data()
