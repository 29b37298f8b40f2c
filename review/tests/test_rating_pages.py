"""Rating in the pages: sent, refused, taken back, lost to somebody faster."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from grading.enums import Criterion, Priority, Status
from grading.models import Submission
from review.models import Claim, Rating
from review.services.claims import claim, claim_next
from review.services.ratings import settle_due_ratings, submit_rating
from review.tests import builders
from review.tests.browsing import form_of, page
from review.tests.test_claims import let_lease_run_out

pytestmark = pytest.mark.django_db


def test_submitting_sends_the_rating_and_shows_that_it_can_be_taken_back(browser, rater, settings):
    settings.UNDO_SECONDS = 60
    held = claim(builders.waiting().pk, rater)
    address = reverse("submit", args=[held.submission_id])
    fields = form_of(held, "7.0", override_reason="too_harsh", feedback="Well done.\r\nReally.")
    html = browser.post(address, fields, follow=True).content.decode()
    rating = Rating.objects.get()
    assert (rating.feedback, rating.override_reason) == ("Well done.\nReally.", "too_harsh")
    assert "Take it back" in html
    assert 'id="rating"' not in html


def test_ones_own_rating_is_beside_the_machines_before_it_is_sent(browser, rater, settings):
    settings.UNDO_SECONDS = 60
    held = claim(builders.waiting().pk, rater)
    fields = form_of(held, "8.5", override_reason="too_harsh", feedback="Mine.", comment="Look.")
    html = browser.post(
        reverse("submit", args=[held.submission_id]), fields, follow=True
    ).content.decode()
    assert "Rater and machine" in html
    assert html.count("+2.5") == 4
    assert '<strong>8.5</strong> <span class="band">C1</span>' in html
    assert all(words in html for words in ("Too harsh for the scale", "Mine.", "Look."))
    listed = page(browser, "queue", view="done")
    assert '<strong>8.5</strong> <span class="band">C1</span>' in listed
    assert "not sent yet" in listed


def test_other_scores_from_a_second_tab_are_refused_with_a_sentence(browser, rater, settings):
    settings.UNDO_SECONDS = 60
    held = claim(builders.waiting().pk, rater)
    address = reverse("submit", args=[held.submission_id])
    browser.post(address, form_of(held, "6.0"))
    assert browser.post(address, form_of(held, "6.0")).status_code == 303
    answer = browser.post(
        address, form_of(held, "3.0", feedback="Tab two.", override_reason="other")
    )
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "already rated this response in another tab: these scores were not taken" in html
    assert "Tab two." in html
    assert set(Rating.objects.get().criteria_scores.values()) == {6.0}


def test_undo_opens_the_form_with_what_was_entered(browser, rater, settings):
    settings.UNDO_SECONDS = 60
    held = claim(builders.waiting().pk, rater)
    browser.post(
        reverse("submit", args=[held.submission_id]),
        form_of(held, "8.5", override_reason="other", feedback="Mine."),
    )
    answer = browser.post(reverse("undo", args=[held.submission_id]), follow=True)
    html = answer.content.decode()
    assert html.count('value="8.5" checked') == 4
    assert ">Mine.</textarea>" in html
    assert '<option value="other" selected>' in html


def test_what_is_missing_is_said_by_field_and_everything_typed_is_kept(browser, rater):
    held = claim(builders.waiting().pk, rater)
    fields = form_of(held, "7.5", feedback="A long text.", comment="For you.")
    del fields["score_grammar"]
    answer = browser.post(reverse("submit", args=[held.submission_id]), fields)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert '<a href="#criterion-grammar">Grammar</a>: Give a score' in html
    assert "A long text." in html
    assert "For you." in html
    assert html.count('value="7.5" checked') == 3
    assert not Rating.objects.exists()


def test_somebody_faster_is_a_sentence_and_the_text_stays(browser, rater):
    held = claim(builders.waiting().pk, rater)
    let_lease_run_out(held)
    claim(held.submission_id, builders.account("binh"))
    answer = browser.post(
        reverse("submit", args=[held.submission_id]), form_of(held, feedback="Two minutes' work.")
    )
    html = unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "binh has this response now" in html
    assert "Two minutes' work." in html
    assert html.count('value="6.0" checked') == 4
    assert 'id="submit"' not in html


def test_a_released_response_can_be_taken_again_with_what_was_typed(browser, rater):
    held = claim(builders.waiting().pk, rater)
    Claim.objects.update(ended_at=timezone.now())
    fields = form_of(held, "6.0", feedback="Still here.")
    lost = browser.post(reverse("submit", args=[held.submission_id]), fields)
    assert "Take it again" in lost.content.decode()
    again = browser.post(reverse("claim", args=[held.submission_id]), fields).content.decode()
    assert "Still here." in again
    assert 'id="submit"' in again


def test_claiming_what_another_holds_says_who_and_until_when(browser, settings):
    settings.TIME_ZONE = "Asia/Ho_Chi_Minh"
    row, binh = builders.waiting(), builders.account("binh")
    binh.first_name = "<b>Binh"
    binh.save()
    until = claim(row.pk, binh).lease_until + timedelta(hours=7)
    answer = browser.post(reverse("claim", args=[row.pk]))
    assert answer.status_code == 409
    said = re.search(
        r"<strong>(.*) was faster and has this response until <time ([^>]*)>(.*)</time>",
        answer.content.decode(),
    )
    assert said[1] == "&lt;b&gt;Binh"
    assert said[3] == f"{until:%H:%M}"
    assert f"{until:%Y-%m-%dT%H:%M}" in said[2]
    assert "data-local" in said[2]


def test_a_cancelled_response_says_that_no_rater_is_needed(browser, rater):
    held = claim(builders.waiting().pk, rater)
    Submission.objects.update(status=Status.CANCELLED)
    answer = browser.post(
        reverse("submit", args=[held.submission_id]), form_of(held, feedback="Kept.")
    )
    assert answer.status_code == 409
    assert "rated or cancelled meanwhile" in answer.content.decode()
    assert "Kept." in answer.content.decode()


def test_renewing_moves_the_end_of_the_lease(browser, rater):
    held = claim(builders.waiting().pk, rater)
    Claim.objects.update(lease_until=timezone.now() + timedelta(minutes=1))
    browser.post(reverse("renew", args=[held.submission_id]), {"lease": held.lease_id})
    held.refresh_from_db()
    assert held.lease_until > timezone.now() + timedelta(minutes=25)


def test_submit_and_next_goes_straight_to_the_next(browser, rater):
    held = claim(builders.waiting(priority=Priority.HIGH).pk, rater)
    following = builders.waiting()
    answer = browser.post(reverse("submit", args=[held.submission_id]), form_of(held, then="next"))
    assert answer.url == reverse("response", args=[following.pk])


def test_a_completed_response_shows_both_grades_and_what_happened(browser, rater, settings):
    settings.UNDO_SECONDS = 0
    row = builders.waiting(scores={Criterion.GRAMMAR: Decimal("4.0")})
    submit_rating(
        claim_next(rater).lease_id, rater, builders.scores("7.5"), "Fine.", "too_harsh", "See it."
    )
    html = page(browser, "response", row.pk)
    assert "+3.5" in html
    assert "Too harsh for the scale" in html
    assert "See it." in html
    assert "Completed with the rating of an." in html
    assert "an took the response." in html


def test_anothers_waiting_rating_shows_no_score(browser, settings):
    settings.UNDO_SECONDS = 60
    row, other = builders.waiting(), builders.account("binh")
    submit_rating(claim(row.pk, other).lease_id, other, builders.scores("9.5"), "", "other", "psst")
    html = page(browser, "response", row.pk)
    assert "Rated by binh" in html
    assert "psst" not in html
    assert settle_due_ratings() == 0


def test_the_status_says_who_has_the_response(browser, rater, settings):
    settings.UNDO_SECONDS = 60
    row, binh = builders.waiting(), builders.account("binh")
    assert status_on(browser, row) == "Waiting for a rater"
    held = claim(row.pk, binh)
    assert status_on(browser, row) == "Held by binh"
    let_lease_run_out(held)
    assert status_on(browser, row) == "Waiting for a rater"
    mine = claim(row.pk, rater)
    assert status_on(browser, row) == "With you"
    submit_rating(mine.lease_id, rater, builders.scores())
    assert status_on(browser, row) == "Rated, not sent yet"
    browser.post(reverse("set_language"), {"language": "vi"})
    assert status_on(browser, row) == "Đã chấm, chưa gửi"


def status_on(browser, row):
    return re.search(r'class="status[^>]*>([^<]*)<', page(browser, "response", row.pk))[1]


def test_without_a_machine_grade_the_response_can_still_be_rated(browser, rater):
    row = builders.submission()
    row.status, row.review_priority, row.review_since = "review_pending", "high", timezone.now()
    row.save()
    held = claim(row.pk, rater)
    assert "No machine has graded this response" in page(browser, "response", row.pk)
    browser.post(reverse("submit", args=[row.pk]), form_of(held, "5.0"))
    assert Rating.objects.get().submission == row
