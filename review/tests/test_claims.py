"""Claims on a real database, with real threads."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from grading.enums import AuditKind, Priority, Status
from grading.models import AuditEvent, Submission
from review.models import Claim
from review.services.claims import (
    ClaimLost,
    HeldByAnother,
    NoLongerPending,
    claim,
    claim_next,
    release,
    renew,
)
from review.services.ratings import submit_rating, undo_rating
from review.tests import builders

pytestmark = pytest.mark.django_db


def let_lease_run_out(held):
    Claim.objects.filter(pk=held.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_the_next_response_is_the_most_urgent_and_among_those_the_oldest():
    builders.waiting(priority=Priority.LOW, age_minutes=900)
    builders.waiting(priority=Priority.HIGH, age_minutes=1)
    oldest_high = builders.waiting(priority=Priority.HIGH, age_minutes=2)
    assert claim_next(builders.account("an")).submission == oldest_high


def test_ones_own_open_response_comes_first_even_when_another_is_more_urgent():
    rater = builders.account("an")
    first = claim_next_of_new(rater, Priority.LOW)
    builders.waiting(priority=Priority.HIGH)
    again = claim_next(rater)
    assert (again.pk, again.lease_id) == (first.pk, first.lease_id)


def claim_next_of_new(rater, priority):
    builders.waiting(priority=priority)
    return claim_next(rater)


def test_a_held_response_is_refused_with_the_holders_name_and_time():
    row = builders.waiting()
    held = claim(row.pk, builders.account("an"))
    with pytest.raises(HeldByAnother) as refused:
        claim(row.pk, builders.account("binh"))
    assert (refused.value.rater_name, refused.value.until) == ("an", held.lease_until)


def test_claiming_ones_own_response_again_renews_the_same_lease():
    row, rater = builders.waiting(), builders.account("an")
    first = claim(row.pk, rater)
    let_lease_run_out(first)
    again = claim(row.pk, rater)
    assert again.lease_id == first.lease_id
    assert again.lease_until > timezone.now() + timedelta(minutes=29)


def test_an_expired_claim_may_be_taken_and_its_end_is_in_the_history():
    row = builders.waiting()
    first = claim(row.pk, builders.account("an"))
    let_lease_run_out(first)
    second = claim_next(builders.account("binh"))
    assert second.submission == row
    first.refresh_from_db()
    assert first.ended_at is not None
    event = AuditEvent.objects.get(submission=row, kind=AuditKind.CLAIM_RELEASED)
    assert event.data == {"expired": True}


def test_a_response_that_is_not_pending_cannot_be_claimed():
    row = builders.submission()
    with pytest.raises(NoLongerPending):
        claim(row.pk, builders.account("an"))


def test_a_rated_response_is_offered_to_nobody_until_its_undo_window_ends(settings):
    settings.UNDO_SECONDS = 60
    row, rater = builders.waiting(), builders.account("an")
    submit_rating(claim(row.pk, rater).lease_id, rater, builders.scores())
    row.refresh_from_db()
    assert row.status == Status.REVIEW_PENDING
    assert claim_next(builders.account("binh")) is None
    with pytest.raises(NoLongerPending):
        claim(row.pk, rater)
    other = builders.waiting()
    assert claim_next(rater).submission == other


def test_an_undone_response_is_held_by_its_rater_again(settings):
    settings.UNDO_SECONDS = 60
    row, rater = builders.waiting(), builders.account("an")
    rating = submit_rating(claim(row.pk, rater).lease_id, rater, builders.scores())
    held = undo_rating(rating.pk, rater)
    assert (held.submission, held.rater, held.is_open) == (row, rater, True)
    assert claim_next(builders.account("binh")) is None


def test_release_gives_the_response_to_the_next_rater():
    row, rater = builders.waiting(), builders.account("an")
    release(claim(row.pk, rater).lease_id, rater)
    assert claim_next(builders.account("binh")).submission == row


def test_only_a_lead_releases_what_another_holds():
    row = builders.waiting()
    held = claim(row.pk, builders.account("an"))
    lead = builders.account("lan", "lead")
    with pytest.raises(ClaimLost):
        release(held.lease_id, lead)
    release(held.lease_id, lead, by_lead=True)
    held.refresh_from_db()
    assert not held.is_open
    event = AuditEvent.objects.get(submission=row, kind=AuditKind.CLAIM_RELEASED)
    assert (event.actor, event.data) == (lead, {"by_lead": True})


def test_renewing_a_lost_claim_says_who_has_the_response_now():
    row, rater = builders.waiting(), builders.account("an")
    held = claim(row.pk, rater)
    let_lease_run_out(held)
    claim(row.pk, builders.account("binh"))
    with pytest.raises(ClaimLost) as lost:
        renew(held.lease_id, rater)
    assert lost.value.holder.rater_name == "binh"


def test_a_lease_runs_by_the_databases_clock_not_this_process(monkeypatch):
    row = builders.waiting()
    wrong = timezone.now() + timedelta(days=3)
    monkeypatch.setattr(timezone, "now", lambda: wrong)
    held = claim(row.pk, builders.account("an"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s - clock_timestamp()", [held.lease_until])
        remaining = cursor.fetchone()[0]
    assert timedelta(minutes=29) < remaining <= timedelta(minutes=30)


def test_a_claim_on_a_response_cancelled_since_is_ended_and_the_next_is_given():
    rater = builders.account("an")
    row = builders.waiting(priority=Priority.HIGH)
    claim(row.pk, rater)
    Submission.objects.filter(pk=row.pk).update(status=Status.CANCELLED)
    other = builders.waiting()
    assert claim_next(rater).submission == other


def in_threads(work, arguments):
    barrier = threading.Barrier(len(arguments))

    def run(argument):
        try:
            barrier.wait()
            return work(argument)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(run, arguments))


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_raters_get_fifty_different_responses():
    rows = {builders.waiting().pk for _ in range(50)}
    raters = [builders.account(f"rater{n}") for n in range(50)]
    claims = in_threads(claim_next, raters)
    assert {held.submission_id for held in claims} == rows


@pytest.mark.django_db(transaction=True)
def test_a_double_click_on_next_opens_one_response():
    for _ in range(8):
        builders.waiting()
    rater = builders.account("an")
    claims = in_threads(claim_next, [rater] * 8)
    assert len({held.pk for held in claims}) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_claim_one_response_at_once_one_gets_it():
    row = builders.waiting()
    raters = [builders.account(f"rater{n}") for n in range(10)]

    def attempt(rater):
        try:
            return claim(row.pk, rater).rater_id
        except HeldByAnother as refused:
            return refused.rater_name

    results = in_threads(attempt, raters)
    winner = Claim.objects.get().rater
    assert sorted(map(str, results)) == sorted([str(winner.pk)] + [winner.username] * 9)


@contextmanager
def meanwhile(work):
    """Another transaction has done `work` and not yet ended; it ends with the block, or soon."""
    done, go_on = threading.Event(), threading.Event()

    def run():
        try:
            with transaction.atomic():
                work()
                done.set()
                go_on.wait(0.7)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    done.wait()
    try:
        yield
    finally:
        go_on.set()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_row_locked_for_a_moment_does_not_make_the_queue_look_empty():
    row = builders.waiting()
    rater = builders.account("an")
    with meanwhile(lambda: Submission.objects.select_for_update().get(pk=row.pk)):
        assert claim_next(rater).submission == row


@pytest.mark.django_db(transaction=True)
def test_a_row_chosen_before_anothers_claim_was_visible_is_looked_at_again():
    row = builders.waiting()
    rater, faster = builders.account("an"), builders.account("binh")
    with meanwhile(lambda: claim(row.pk, faster)):
        assert claim_next(rater) is None
    assert Claim.objects.get().rater == faster
