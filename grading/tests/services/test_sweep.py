"""What is kept of failed tasks, and for how long."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import Failure

from grading.tasks import sweep

pytestmark = pytest.mark.django_db


def failed(name: str, days_ago: float) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    Failure.objects.create(
        id=name, name=name, func="grading.tasks.drain", started=at, stopped=at, success=False
    )


def test_a_failed_task_can_be_looked_into_for_a_week() -> None:
    failed("old", 7.1)
    failed("young", 6.9)
    sweep()
    assert Failure.objects.get().name == "young"
