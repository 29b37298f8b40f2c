"""Who may work on a run, and who may not any more."""

from datetime import datetime, timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from conftest import Api, make_api, submission
from grading.enums import RunState
from grading.models import GradingRun, RubricVersion, Submission
from grading.services import leases, outages
from grading.services.leases import Lease
from grading.services.versions import activate_version, copy_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Api:
    return make_api("North school")


def posted(school: Api, *names: str) -> None:
    for name in names:
        school.post("submissions", submission(submissionId=name))


def claimed(**how: bool) -> list[str]:
    return [run.submission.submission_id for run in leases.claim("worker", 10, **how)]


def lease_of(run: GradingRun) -> Lease:
    return Lease(run.pk, run.fence)


def expire() -> None:
    GradingRun.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def taken_over(school: Api) -> Lease:
    """The lease of a worker whose run another has taken since."""
    posted(school, "a")
    [run] = leases.claim("zombie", 1)
    expire()
    leases.recover_expired()
    leases.claim("heir", 1)
    return lease_of(run)


def seconds_until(moment: datetime) -> float:
    return (moment - timezone.now()).total_seconds()


def test_the_oldest_due_run_is_claimed_first_and_one_that_is_not_due_never(school: Api) -> None:
    posted(school, "a", "b", "c", "later")
    GradingRun.objects.filter(submission__submission_id="b").update(
        due_at=timezone.now() - timedelta(hours=1)
    )
    GradingRun.objects.filter(submission__submission_id="later").update(
        due_at=timezone.now() + timedelta(hours=1)
    )
    first = leases.claim("worker", 1)
    assert first[0].submission.submission_id == "b"
    assert claimed() == ["a", "c"]


def test_what_crashed_twice_is_claimed_alone_and_one_at_a_time(school: Api) -> None:
    posted(school, "a", "b", "c")
    GradingRun.objects.exclude(submission__submission_id="c").update(attempts=2)
    assert claimed() == ["c"]
    assert claimed(alone=True) == ["a"]
    assert claimed(alone=True) == ["b"]
    assert claimed(alone=True) == []


def test_orderly_ends_do_not_make_a_run_suspect(school: Api) -> None:
    posted(school, "a")
    GradingRun.objects.update(attempts=5, orderly_ends=4)
    assert claimed(alone=True) == []
    assert claimed() == ["a"]


def test_a_run_keeps_the_rubric_it_began_with(school: Api) -> None:
    posted(school, "a")
    [run] = leases.claim("worker", 1)
    began_with = run.rubric_version
    leases.give_back(lease_of(run))
    newer = activate_version(copy_version(RubricVersion.objects.get(pk=began_with.pk)))
    posted(school, "b")
    again, fresh = leases.claim("worker", 2)
    assert (again.rubric_version, fresh.rubric_version) == (began_with, newer)


def test_a_lease_taken_over_is_neither_renewed_nor_given_back_nor_failed(school: Api) -> None:
    lost = taken_over(school)
    before = GradingRun.objects.values().get()
    assert leases.renew([lost]) == set()
    assert leases.give_back(lost) is False
    assert outages.postpone(lost, code="timeout", retry_after=None, tries=()) is None
    leases.record_crash(lost)
    assert GradingRun.objects.values().get() == before


def test_what_is_queued_again_cannot_be_given_back_by_who_held_it(school: Api) -> None:
    posted(school, "a")
    [run] = leases.claim("worker", 1)
    expire()
    leases.recover_expired()
    before = GradingRun.objects.values().get()
    assert leases.renew([lease_of(run)]) == set()
    assert leases.give_back(lease_of(run)) is False
    leases.record_crash(lease_of(run))
    assert GradingRun.objects.values().get() == before


def test_renewing_moves_the_end_of_ones_own_lease_only(school: Api) -> None:
    posted(school, "a", "b")
    mine, other = leases.claim("worker", 2)
    expire()
    assert leases.renew([lease_of(mine)]) == {mine.pk}
    assert seconds_until(GradingRun.objects.get(pk=mine.pk).leased_until) > 20
    assert leases.recover_expired() == 1
    assert GradingRun.objects.get(state=RunState.QUEUED).pk == other.pk


def test_a_living_workers_runs_are_left_alone(school: Api) -> None:
    posted(school, "a")
    leases.claim("worker", 1)
    assert leases.recover_expired() == 0
    assert GradingRun.objects.get().state == RunState.RUNNING


@pytest.mark.parametrize(("crashes", "least", "most"), [(1, -2, 1), (2, 8, 11)])
def test_a_run_comes_back_at_once_after_its_first_crash_and_later_after_its_second(
    school: Api, crashes: int, least: float, most: float
) -> None:
    posted(school, "a")
    leases.claim("worker", 1)
    GradingRun.objects.update(attempts=crashes)
    expire()
    leases.recover_expired()
    assert least <= seconds_until(GradingRun.objects.get().due_at) <= most
    assert Submission.objects.get().status == "pending"


def test_a_dead_clusters_runs_come_back_and_those_of_one_with_a_longer_name_stay(
    school: Api,
) -> None:
    posted(school, "a", "b")
    leases.claim("host-1/10/0", 1)
    leases.claim("host-12/10/0", 1)
    assert leases.release_dead_cluster("host-1") == 1
    assert GradingRun.objects.get(state=RunState.RUNNING).worker == "host-12/10/0"


def test_waits_grow_to_five_minutes_and_never_past_the_local_scorers_turn(
    school: Api, settings: object
) -> None:
    waits = [outages.delay_before_next(ends, None) for ends in (0, 3, 20, 900)]
    for wait, ceiling in zip(waits, (2, 16, 300, 300), strict=True):
        assert ceiling / 4 <= wait <= ceiling
    assert outages.delay_before_next(0, -5) <= 1
    posted(school, "a")
    [run] = leases.claim("worker", 1)
    settings.LLM_OUTAGE_FALLBACK_MINUTES = 1
    assert 59 < outages.postpone(lease_of(run), code="x", retry_after=800, tries=()) < 61


def test_an_outage_is_counted_from_its_first_failure(school: Api) -> None:
    posted(school, "a")
    ago = timezone.now() - timedelta(minutes=9)
    GradingRun.objects.update(providers_down_since=ago)
    [run] = leases.claim("worker", 1)
    wait = outages.postpone(lease_of(run), code="timeout", retry_after=800, tries=())
    assert 50 < wait < 61
    run.refresh_from_db()
    assert run.providers_down_since == ago
    assert GradingRun.objects.filter(attempts=F("orderly_ends")).exists()
