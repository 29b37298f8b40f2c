"""What happens to a response while providers are not well: it waits, it never fails."""

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from grading.models import GradingRun
from grading.schemas import TryRecord
from grading.services.grades import write_tries
from grading.services.leases import Lease, give_back

FIRST_DELAY_SECONDS = 2.0
LONGEST_DELAY_SECONDS = 300.0
# A provider may ask for more; beyond this we look again ourselves.
LONGEST_RETRY_AFTER_SECONDS = 900.0


def delay_before_next(orderly_ends: int, retry_after: float | None) -> float:
    """Seconds to wait: as the provider asked, up to 15 minutes, else exponential with full jitter.

    A provider's wish gets up to a tenth on top, so that parked responses do not return at once.
    """
    if retry_after is not None:
        wished = min(max(retry_after, 0.0), LONGEST_RETRY_AFTER_SECONDS)
        return wished + random.uniform(0, max(1.0, wished / 10))  # noqa: S311  jitter, no secret
    ceiling = min(FIRST_DELAY_SECONDS * 2.0**orderly_ends, LONGEST_DELAY_SECONDS)
    return random.uniform(ceiling / 4, ceiling)  # noqa: S311  jitter, no secret


@transaction.atomic
def postpone(
    lease: Lease, *, code: str, retry_after: float | None, tries: tuple[TryRecord, ...]
) -> float | None:
    """Park a run whose providers failed; seconds until it is due, None when it is not ours."""
    run = GradingRun.objects.select_for_update().get(pk=lease.run_id)
    if run.fence != lease.fence:
        return None
    write_tries(run, tries)
    if run.providers_down_since is None:
        run.providers_down_since = Now()
        run.save(update_fields=["providers_down_since"])
        run.refresh_from_db(fields=["providers_down_since"])
    delay = _until_fallback(run, delay_before_next(run.orderly_ends, retry_after))
    given = give_back(lease, after_seconds=delay, reason=code, burns_attempt=True)
    return delay if given else None


def _until_fallback(run: GradingRun, delay: float) -> float:
    """Never past the moment at which the local scorer takes over."""
    assert run.providers_down_since is not None  # noqa: S101  set by the caller
    limit = run.providers_down_since + timedelta(minutes=settings.LLM_OUTAGE_FALLBACK_MINUTES)
    now: datetime = GradingRun.objects.filter(pk=run.pk).values_list(Now(), flat=True).get()
    return min(delay, max((limit - now).total_seconds(), 0.0) + 0.1)
