"""Claiming work with a lease and a fencing number; giving it back."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField as DateTime
from django.db.models import ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Now

from grading.enums import AuditKind, ErrorCode, RunState, Status
from grading.models import GradingRun, PromptVersion, RubricVersion, Submission
from grading.services.audit import record
from grading.services.settling import fail_run, lock_submission
from grading.services.status import change_status

log = structlog.get_logger(__name__)

# From its second crash on a response is graded alone, so that it can take down nobody else's.
ALONE_AFTER_CRASHES = 2


@dataclass(frozen=True)
class Lease:
    """What a worker needs to renew, settle or give back a run."""

    run_id: int
    fence: int


def in_seconds(seconds: float) -> "ExpressionWrapper[Any]":
    """A moment that many seconds from now by the database's clock."""
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTime())


def worker_name(slot: int) -> str:
    """Names this process in leases: the cluster it belongs to first, so that all can be found."""
    return f"{os.environ.get('VSTEP_CLUSTER_ID', 'none')}/{os.getpid()}/{slot}"


def claim(worker: str, limit: int, *, alone: bool = False) -> list[GradingRun]:
    """Lease up to `limit` due runs, oldest first, each claimed by one worker only.

    The attempt is counted here: a crash that never reports back has been counted all the same.
    `alone` takes only what has crashed before, and one at a time.
    """
    with transaction.atomic():
        ids = _due(alone).order_by("due_at", "id").values_list("id", flat=True)
        chosen = list(ids[: 1 if alone else limit])
        if not chosen:
            return []
        GradingRun.objects.filter(pk__in=chosen).update(
            state=RunState.RUNNING,
            attempts=F("attempts") + 1,
            fence=F("fence") + 1,
            leased_until=in_seconds(settings.LEASE_SECONDS),
            worker=worker,
        )
        _pin_versions(chosen)
        started = Submission.objects.select_for_update().filter(
            runs__in=chosen, status=Status.PENDING
        )
        for submission in started:
            change_status(submission, Status.PROCESSING, worker=worker)
        return list(
            GradingRun.objects.filter(pk__in=chosen)
            .select_related(
                "submission__question_version__question", "rubric_version", "prompt_version"
            )
            .annotate(claimed_at=Now())
            .order_by("due_at", "id")
        )


def _due(alone: bool) -> QuerySet[GradingRun]:
    crashed_before = Q(attempts__gte=F("orderly_ends") + ALONE_AFTER_CRASHES)
    return GradingRun.objects.select_for_update(skip_locked=True).filter(
        crashed_before if alone else ~crashed_before, state=RunState.QUEUED, due_at__lte=Now()
    )


def _pin_versions(run_ids: Sequence[int]) -> None:
    """A run keeps the rubric and prompt it first began with, whatever is edited meanwhile."""
    for field, versions in (
        ("rubric_version", RubricVersion.objects.all()),
        ("prompt_version", PromptVersion.objects.all()),
    ):
        unpinned = GradingRun.objects.filter(pk__in=run_ids, **{field: None})
        for version in versions.filter(is_active=True):
            unpinned.filter(submission__skill=version.skill).update(**{field: version})


def renew(leases: Iterable[Lease]) -> set[int]:
    """Extend the leases still held; the ids of the runs that are still ours."""
    fences = {lease.run_id: lease.fence for lease in leases}
    with transaction.atomic():
        ours = {
            run_id
            for run_id, fence in GradingRun.objects.select_for_update()
            .filter(pk__in=fences, state=RunState.RUNNING)
            .order_by("pk")
            .values_list("id", "fence")
            if fence == fences[run_id]
        }
        GradingRun.objects.filter(pk__in=ours).update(
            leased_until=in_seconds(settings.LEASE_SECONDS)
        )
    return ours


@transaction.atomic
def give_back(
    lease: Lease, *, after_seconds: float = 0, reason: str = "", burns_attempt: bool = False
) -> bool:
    """Return a run to the queue in an orderly way; False when it was no longer ours.

    Unless `burns_attempt`, the claim is not counted at all (the worker was told to stop).
    """
    run = GradingRun.objects.select_for_update().get(pk=lease.run_id)
    if run.fence != lease.fence or run.state != RunState.RUNNING:
        return False
    if burns_attempt:
        run.orderly_ends += 1
    else:
        run.attempts -= 1
    _requeue(run, after_seconds, reason)
    return True


def _requeue(run: GradingRun, after_seconds: float, reason: str) -> None:
    run.state = RunState.QUEUED
    run.due_at = in_seconds(after_seconds)
    run.leased_until = None
    run.worker = ""
    run.last_error = reason[:200]
    run.save()
    submission = lock_submission(run.submission_id)
    if submission.status == Status.PROCESSING:
        change_status(submission, Status.PENDING, reason=reason, afterSeconds=after_seconds)
    else:
        record(submission, AuditKind.RELEASED, reason=reason)


def recover_expired(limit: int = 200) -> int:
    """Queue again what dead workers held, or fail what crashed too often; how many rows."""
    return _recover(Q(leased_until__lt=Now()), limit)


def release_dead_cluster(cluster_id: str) -> int:
    """Queue again at once what a cluster held whose processes have been ended; how many rows."""
    recovered = 0
    while count := _recover(Q(worker__startswith=f"{cluster_id}/"), 500):
        recovered += count
    return recovered


def _recover(which: Q, limit: int) -> int:
    ids = list(
        GradingRun.objects.filter(which, state=RunState.RUNNING)
        .order_by("pk")
        .values_list("id", flat=True)[:limit]
    )
    return sum(_recover_by_id(run_id, which) for run_id in ids)


@transaction.atomic
def _recover_by_id(run_id: int, which: Q) -> bool:
    run = (
        GradingRun.objects.select_for_update(skip_locked=True)
        .filter(which, pk=run_id, state=RunState.RUNNING)
        .first()
    )
    if run is None:
        return False
    _recover_one(run)
    return True


@transaction.atomic
def record_crash(lease: Lease) -> None:
    """A grading broke inside its process: queue it again, or fail it after MAX_CRASHES."""
    run = GradingRun.objects.select_for_update().get(pk=lease.run_id)
    if run.fence == lease.fence and run.state == RunState.RUNNING:
        _recover_one(run)


def _recover_one(run: GradingRun) -> None:
    crashes = run.attempts - run.orderly_ends
    log.warning("lease_expired", run=run.pk, crashes=crashes, worker=run.worker)
    if crashes >= settings.MAX_CRASHES:
        fail_run(
            run.pk,
            ErrorCode.CRASHED,
            f"Grading it ended its process {crashes} times; it is not tried again.",
        )
        return
    # Nothing after the first crash: mostly the machine's fault. Then 10 s, so that a response
    # that crashes its worker does not keep all of them busy restarting.
    _requeue(run, 0 if crashes < ALONE_AFTER_CRASHES else 10, "worker_lost")
