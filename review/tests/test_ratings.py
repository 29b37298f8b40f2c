"""Ratings: what is refused, what counts, and when."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from grading.enums import AuditKind, GradeSource, GradingMode, Status
from grading.models import AuditEvent, OutgoingEvent, Submission
from review.models import Claim, Rating
from review.services.claims import ClaimLost, NoLongerPending, claim
from review.services.ratings import (
    AlreadyRated,
    RatingInvalid,
    TooLateToUndo,
    settle_due_ratings,
    submit_rating,
    undo_rating,
)
from review.tasks import settle_ratings
from review.tests import builders
from review.tests.test_claims import in_threads, let_lease_run_out, meanwhile

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(rater):
    return claim(builders.waiting().pk, rater)


def end_undo_window(rating):
    Rating.objects.filter(pk=rating.pk).update(settles_at=timezone.now() - timedelta(seconds=1))


def refused(held, rater, scores, **texts):
    with pytest.raises(RatingInvalid) as error:
        submit_rating(held.lease_id, rater, scores, **texts)
    assert not Rating.objects.exists()
    return error.value.errors


def test_without_an_undo_window_the_rating_counts_at_once(settings, held, rater):
    settings.UNDO_SECONDS = 0
    rating = submit_rating(held.lease_id, rater, builders.scores("7.5"), "Good.", "too_harsh")
    row = Submission.objects.get(pk=held.submission_id)
    assert (row.status, row.grading_mode) == (Status.COMPLETED, GradingMode.HYBRID)
    assert row.counting_grade == rating.grade
    assert row.counting_grade.overall_score == Decimal("7.5")
    assert row.counting_grade.graded_by == rater
    assert row.machine_grade.source == GradeSource.LOCAL


def test_nothing_leaves_until_the_undo_window_is_over(settings, held, rater):
    settings.UNDO_SECONDS = 90
    rating = submit_rating(held.lease_id, rater, builders.scores())
    assert settle_due_ratings() == 0
    assert not OutgoingEvent.objects.exists()
    end_undo_window(rating)
    assert settle_ratings() == 1
    rating.refresh_from_db()
    assert rating.grade.overall_score == Decimal("6.0")
    assert OutgoingEvent.objects.get().submission_id == held.submission_id
    assert settle_due_ratings() == 0


def test_a_rating_taken_back_never_counts(settings, held, rater):
    settings.UNDO_SECONDS = 90
    rating = submit_rating(held.lease_id, rater, builders.scores())
    undo_rating(rating.pk, rater)
    end_undo_window(rating)
    assert settle_due_ratings() == 0
    kinds = AuditEvent.objects.filter(submission=held.submission).values_list("kind", flat=True)
    assert list(kinds) == [
        AuditKind.CLAIMED,
        AuditKind.RATED,
        AuditKind.RATING_UNDONE,
        AuditKind.CLAIMED,
    ]


def test_after_the_window_or_by_another_nothing_is_undone(settings, held, rater):
    settings.UNDO_SECONDS = 90
    rating = submit_rating(held.lease_id, rater, builders.scores())
    with pytest.raises(TooLateToUndo):
        undo_rating(rating.pk, builders.account("binh"))
    end_undo_window(rating)
    with pytest.raises(TooLateToUndo):
        undo_rating(rating.pk, rater)


def test_every_criterion_needs_a_score_on_the_scale(held, rater):
    bad = {"taskFulfillment": "6.25", "organization": "10.5", "vocabulary": "NaN"}
    errors = refused(held, rater, bad)
    assert set(errors) == {"taskFulfillment", "organization", "vocabulary", "grammar"}
    assert all("half steps" in sentence for sentence in errors.values())


def test_a_criterion_of_another_skill_is_refused_by_name(held, rater):
    assert set(refused(held, rater, builders.scores(fluency="5"))) == {"fluency"}


def test_half_a_point_from_the_machine_needs_a_reason(held, rater):
    assert set(refused(held, rater, builders.scores(grammar="6.5"))) == {"overrideReason"}
    rating = submit_rating(
        held.lease_id, rater, builders.scores(grammar="6.5"), override_reason="too_harsh"
    )
    assert rating.override_reason == "too_harsh"


def test_agreeing_with_the_machine_needs_no_reason(held, rater):
    assert submit_rating(held.lease_id, rater, builders.scores("6.0")).override_reason == ""


def test_a_reason_that_is_not_in_the_list_is_refused(held, rater):
    errors = refused(held, rater, builders.scores(), override_reason="because")
    assert set(errors) == {"overrideReason"}


def test_texts_that_cannot_be_kept_are_refused_by_field(held, rater):
    errors = refused(held, rater, builders.scores(), feedback="a\x00b", comment="x" * 2001)
    assert set(errors) == {"feedback", "comment"}


def test_a_lease_taken_over_writes_nothing(held, rater):
    let_lease_run_out(held)
    claim(held.submission_id, builders.account("binh"))
    with pytest.raises(ClaimLost) as lost:
        submit_rating(held.lease_id, rater, builders.scores())
    assert lost.value.holder.rater_name == "binh"
    assert not Rating.objects.exists()


def test_another_persons_lease_cannot_be_used(held):
    with pytest.raises(ClaimLost):
        submit_rating(held.lease_id, builders.account("binh"), builders.scores())


def test_a_lease_that_ran_out_but_was_not_taken_still_counts(held, rater):
    let_lease_run_out(held)
    assert submit_rating(held.lease_id, rater, builders.scores()).submission == held.submission


def test_a_response_cancelled_meanwhile_is_not_rated(held, rater):
    Submission.objects.filter(pk=held.submission_id).update(status=Status.CANCELLED)
    with pytest.raises(NoLongerPending):
        submit_rating(held.lease_id, rater, builders.scores())


def test_the_same_submit_twice_gives_the_same_rating(settings, held, rater):
    settings.UNDO_SECONDS = 0
    first = submit_rating(held.lease_id, rater, builders.scores())
    assert submit_rating(held.lease_id, rater, builders.scores("6")) == first
    assert Claim.objects.filter(ended_at__isnull=True).count() == 0


@pytest.mark.parametrize(
    ("scores", "texts"),
    [
        ({"grammar": "6.5"}, {"override_reason": "other"}),
        ({}, {"feedback": "Another."}),
        ({}, {"comment": "Another."}),
        ({}, {"override_reason": "other"}),
        ({"grammar": "nonsense"}, {}),
    ],
)
def test_other_content_on_a_lease_already_submitted_is_refused(held, rater, scores, texts):
    first = submit_rating(held.lease_id, rater, builders.scores())
    with pytest.raises(AlreadyRated):
        submit_rating(held.lease_id, rater, builders.scores(**scores), **texts)
    assert Rating.objects.get().criteria_scores == first.criteria_scores


def test_one_rating_that_cannot_count_does_not_stop_the_others(settings, held, rater):
    settings.UNDO_SECONDS = 90
    broken = submit_rating(held.lease_id, rater, builders.scores())
    fine = submit_rating(claim(builders.waiting().pk, rater).lease_id, rater, builders.scores())
    Submission.objects.filter(pk=broken.submission_id).update(status=Status.CANCELLED)
    end_undo_window(broken)
    end_undo_window(fine)
    assert settle_due_ratings() == 1
    fine.refresh_from_db()
    broken.refresh_from_db()
    assert fine.grade is not None
    assert broken.grade is None


@pytest.mark.django_db(transaction=True)
def test_parallel_settling_counts_each_rating_once(settings):
    settings.UNDO_SECONDS = 90
    rater = builders.account("an")
    for _ in range(6):
        held = claim(builders.waiting().pk, rater)
        end_undo_window(submit_rating(held.lease_id, rater, builders.scores()))
    counts = in_threads(lambda _: settle_due_ratings(), range(4))
    assert sum(counts) == 6
    assert OutgoingEvent.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_rating_somebody_is_working_on_keeps_no_other_waiting(settings):
    settings.UNDO_SECONDS = 90
    rater = builders.account("an")
    ratings = []
    for _ in range(2):
        held = claim(builders.waiting().pk, rater)
        ratings.append(submit_rating(held.lease_id, rater, builders.scores()))
        end_undo_window(ratings[-1])
    busy = Rating.objects.select_for_update().filter(pk=ratings[0].pk)
    with meanwhile(busy.get):
        assert settle_due_ratings() == 1
    assert settle_due_ratings() == 1
