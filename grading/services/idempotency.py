"""Answers kept under the caller's Idempotency-Key, so that a repeated call changes nothing."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from grading.models import Client, IdempotentRequest

# A request that has not finished after this has died; its key may be taken over.
UNFINISHED_LIFE_SECONDS = 60
# As long as callers sensibly retry; the submissionId protects for ever.
LIFE_HOURS = 24


class BodyDiffers(Exception):
    """The key was used with another body."""


class InProgress(Exception):
    """The first request with this key has not been answered yet."""


@dataclass(frozen=True)
class Begun:
    """`replay` is the kept request when it was answered before."""

    row: IdempotentRequest
    is_replay: bool


@transaction.atomic
def begin(client: Client, key: str, body: bytes) -> Begun:
    """Reserve a key, or find its answer; BodyDiffers or InProgress where neither is possible."""
    digest = hashlib.sha256(body).hexdigest()
    _forget_old(client, key)
    IdempotentRequest.objects.bulk_create(
        [IdempotentRequest(client=client, key=key, body_digest=digest)], ignore_conflicts=True
    )
    row = IdempotentRequest.objects.select_for_update().filter(client=client, key=key).first()
    if row is None:  # the first request was refused at this moment, and freed the key
        raise InProgress
    if row.body_digest != digest:
        raise BodyDiffers
    if row.answer is not None:
        return Begun(row, is_replay=True)
    if row.is_taken:
        raise InProgress
    row.is_taken = True
    row.save(update_fields=["is_taken"])
    return Begun(row, is_replay=False)


def _forget_old(client: Client, key: str) -> None:
    rows = IdempotentRequest.objects.filter(client=client, key=key)
    rows.filter(created_at__lt=Now() - timedelta(hours=LIFE_HOURS)).delete()
    unfinished = rows.filter(answer=None)
    unfinished.filter(created_at__lt=Now() - timedelta(seconds=UNFINISHED_LIFE_SECONDS)).delete()


def finish(row: IdempotentRequest, status_code: int, answer: bytes, location: str) -> None:
    """Keep the answer for replay."""
    IdempotentRequest.objects.filter(pk=row.pk).update(
        status_code=status_code, answer=answer, headers={"Location": location}
    )


def abandon(row: IdempotentRequest) -> None:
    """Free the key of a request that changed nothing; one with an answer keeps it."""
    IdempotentRequest.objects.filter(pk=row.pk, answer=None).delete()


def forget_old_keys(limit: int = 1000) -> int:
    """Delete keys past their life, a bounded number at a time; how many."""
    old = IdempotentRequest.objects.filter(created_at__lt=Now() - timedelta(hours=LIFE_HOURS))
    deleted, _ = IdempotentRequest.objects.filter(pk__in=old.values("pk")[:limit]).delete()
    return deleted
