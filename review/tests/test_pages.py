"""What the pages say, and that what people wrote stays text."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone, translation

from grading.enums import Criterion, Priority, Status
from grading.models import Submission
from review.models import Claim, Rating
from review.services.claims import claim, claim_next
from review.services.ratings import settle_due_ratings, submit_rating
from review.templatetags.words import age
from review.tests import builders
from review.tests.test_claims import let_lease_run_out

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>'\"&{{ 7|add:7 }}"


@pytest.fixture
def rater():
    return builders.account("an")


@pytest.fixture
def browser(rater):
    browser = Browser()
    browser.force_login(rater)
    return browser


def page(browser, name, *args, **query):
    return browser.get(reverse(name, args=args), query).content.decode()


def form_of(held, value="6.0", **fields):
    scores = {f"score_{key}": score for key, score in builders.scores(value).items()}
    return {"lease": held.lease_id, "feedback": "", "comment": "", **scores, **fields}


def text_of(html, start):
    """The text content of the first element whose opening tag holds `start`."""
    inner = html.split(start, 1)[1].split(">", 1)[1].split("</div>", 1)[0]
    return unescape(re.sub(r"<[^>]*>", "", inner))


def test_next_claims_the_most_urgent_and_opens_it_with_the_form(browser, rater):
    builders.waiting(priority=Priority.LOW)
    urgent = builders.waiting(priority=Priority.HIGH)
    answer = browser.post(reverse("next"))
    assert (answer.status_code, answer.url) == (303, reverse("response", args=[urgent.pk]))
    assert Claim.objects.get().rater == rater
    assert 'id="rating"' in browser.get(answer.url).content.decode()


def test_next_says_why_there_is_nothing(browser):
    held = builders.waiting()
    claim(held.pk, builders.account("binh"))
    answer = browser.post(reverse("next"), follow=True).content.decode()
    assert "others hold what is left (1)" in answer


def test_an_empty_queue_says_what_would_come_here(browser):
    assert "Nothing waits for a rater" in page(browser, "queue")


def test_the_queue_lists_by_priority_then_age_and_pages_without_gaps(browser, monkeypatch):
    monkeypatch.setattr("review.queries.PAGE_SIZE", 2)
    rows = [
        builders.waiting(priority=priority, age_minutes=age)
        for priority, age in (("high", 3), ("high", 2), ("medium", 90), ("low", 900), ("low", 5))
    ]
    seen, address = [], reverse("queue")
    while address:
        html = browser.get(address).content.decode()
        seen += re.findall(r'id="row-([0-9a-f-]+)"', html)
        following = re.search(r'id="next-page"\s+href="([^"]+)"', html)
        address = reverse("queue") + unescape(following[1]) if following else ""
    assert seen == [str(row.pk) for row in rows]


def test_the_queue_shows_who_holds_what_and_ones_own(browser, rater):
    mine, other = builders.waiting(), builders.waiting()
    claim(mine.pk, rater)
    claim(other.pk, builders.account("binh"))
    html = page(browser, "queue")
    assert "<strong>you</strong>" in html
    assert "binh" in html
    held_by_me = page(browser, "queue", view="mine")
    assert mine.submission_id in held_by_me
    assert other.submission_id not in held_by_me


def test_a_lease_that_ran_out_holds_nothing_in_the_queue(browser):
    row = builders.waiting()
    let_lease_run_out(claim(row.pk, builders.account("binh")))
    assert "binh" not in page(browser, "queue")


def test_a_swap_of_the_queue_is_only_its_table(browser):
    row = builders.waiting()
    answer = browser.get(reverse("queue"), headers={"HX-Request": "true"}).content.decode()
    assert row.submission_id in answer
    assert "<html" not in answer


@pytest.mark.parametrize("place", ["1_x_y", "nonsense", "1_2026-01-01_abc", "' OR 1=1"])
def test_a_broken_place_in_the_queue_shows_its_beginning(browser, place):
    row = builders.waiting()
    assert row.submission_id in page(browser, "queue", after=place)


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


def test_claiming_what_another_holds_says_who_and_until_when(browser):
    row = builders.waiting()
    held = claim(row.pk, builders.account("binh"))
    answer = browser.post(reverse("claim", args=[row.pk]))
    assert answer.status_code == 409
    assert f"binh was faster and has this response until {held.lease_until:%H:%M}" in (
        answer.content.decode()
    )


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


def test_demonstration_grades_are_named_as_such(browser):
    row = builders.waiting(source="demo")
    assert "Demonstration data: no model made this grade" in page(browser, "response", row.pk)


def test_rubric_texts_come_in_the_language_of_the_page(browser):
    row = builders.waiting()
    assert "Band 6 in English." in page(browser, "response", row.pk)
    browser.post(reverse("set_language"), {"language": "vi"})
    html = page(browser, "response", row.pk)
    assert "Bậc 6 bằng tiếng Việt." in html
    assert '<html lang="vi">' in html


def test_without_a_machine_grade_the_response_can_still_be_rated(browser, rater):
    row = builders.submission()
    row.status, row.review_priority, row.review_since = "review_pending", "high", timezone.now()
    row.save()
    held = claim(row.pk, rater)
    assert "No machine has graded this response" in page(browser, "response", row.pk)
    browser.post(reverse("submit", args=[row.pk]), form_of(held, "5.0"))
    assert Rating.objects.get().submission == row


def test_everything_people_and_models_wrote_is_shown_as_text(browser, rater, settings):
    settings.UNDO_SECONDS = 0
    text = f"Before {SCRIPT} after"
    row = builders.waiting(
        text,
        feedback=SCRIPT,
        evidence=[builders.quote(text, "grammar", SCRIPT, comment=SCRIPT)],
        grammar_errors=[builders.error(text, "after", SCRIPT) | {"message": SCRIPT}],
        models_used=[SCRIPT],
        local_reasons={"grammar": [SCRIPT]},
        signals={SCRIPT: SCRIPT},
    )
    type(row.question_version).objects.update(prompt=SCRIPT)
    Submission.objects.update(submission_id=SCRIPT[:60])
    rater.first_name = SCRIPT[:60]
    rater.save()
    held = claim(row.pk, rater)
    address = reverse("submit", args=[row.pk])
    sent_wrong = browser.post(
        address, {"lease": held.lease_id, "feedback": SCRIPT, "comment": SCRIPT}
    ).content.decode()
    pages = [page(browser, "queue"), page(browser, "response", row.pk), sent_wrong]
    browser.post(address, form_of(held, feedback=SCRIPT, comment=SCRIPT))
    pages += [page(browser, "response", row.pk), page(browser, "queue", view="done")]
    for html in pages:
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "alert(1)" in html
        assert ">14<" not in html
    assert text_of(pages[1], 'id="answer-text"') == text


def test_the_response_is_shown_exactly_as_received(browser):
    text = "  Hi 👩‍🏫!\n\n\tTabs,  two spaces & <b>tags</b>.\nLần đầu tiên.  \n"
    row = builders.waiting(
        text,
        evidence=[builders.quote(text, "vocabulary", "two spaces & <b>")],
        grammar_errors=[builders.error(text, "spaces & <b>tags", "x")],
    )
    assert text_of(page(browser, "response", row.pk), 'id="answer-text"') == text


def test_a_quote_that_lies_outside_the_text_is_left_out(browser):
    outside = [
        {"criterion": "grammar", "quote": "gone", "offset": offset, "length": length, "comment": ""}
        for offset, length in ((-1, 4), (0, 9_999), (3, 0), ("3", 4), (None, None))
    ]
    text = builders.LETTER
    inside = builders.quote(text, "grammar", "Best wishes", comment="Kept.")
    row = builders.waiting(evidence=[*outside, inside, "nonsense"], grammar_errors=[])
    html = page(browser, "response", row.pk)
    assert re.findall(r'data-label="(G\d+)"', html) == ["G1"]
    assert html.count('data-note="') == 1
    assert "Kept." in html


@pytest.mark.parametrize("name", ["queue", "mine", "done", "response", "dashboard"])
def test_the_number_of_queries_does_not_grow_with_the_rows(name, django_assert_max_num_queries):
    lead = builders.account("lan", "lead")
    browser = Browser()
    browser.force_login(lead)
    address = reverse("dashboard") if name == "dashboard" else reverse("queue")
    query = {"view": name} if name in {"mine", "done"} else {}
    counts = []
    for batch in (1, 2):
        for _ in range(batch):
            row = filled(lead, name)
        if name == "response":
            address = reverse("response", args=[row.pk])
        with django_assert_max_num_queries(30) as captured:
            browser.get(address, query)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def filled(lead, name):
    row = builders.waiting()
    if name == "mine":
        claim(row.pk, lead)
    elif name == "done":
        submit_rating(claim(row.pk, lead).lease_id, lead, builders.scores())
    else:
        builders.waiting()
        claim(builders.waiting().pk, builders.account(f"r{builders.numbers.__next__()}"))
    return row


def test_the_dashboard_counts_what_there_is(settings):
    settings.UNDO_SECONDS = 0
    lead = builders.account("lan", "lead")
    for given, reason in (("6.0", ""), ("6.5", "too_harsh"), ("9.0", "too_harsh"), ("6.0", "")):
        held = claim(builders.waiting().pk, lead)
        submit_rating(held.lease_id, lead, builders.scores(given), override_reason=reason)
    builders.waiting(priority=Priority.HIGH)
    browser = Browser()
    browser.force_login(lead)
    html = re.sub(r"\s+", " ", browser.get(reverse("dashboard")).content.decode())
    assert "<dt>Waiting for a rater</dt><dd>1</dd>" in html
    assert "<dt>Completed today</dt><dd>4</dd>" in html
    assert "<dt>Rated by me today</dt><dd>4</dd>" in html
    shares = re.findall(r'<td class="number">(\d+ %)</td>', html)
    assert shares == ["50 %", "75 %", "50 %"]


def test_pages_hold_no_inline_script_style_or_handler(browser, rater):
    held = claim(builders.waiting().pk, rater)
    lead = Browser()
    lead.force_login(builders.account("lan", "lead"))
    pages = [
        Browser().get(reverse("login")).content.decode(),
        page(browser, "queue"),
        page(browser, "response", held.submission_id),
        page(lead, "dashboard"),
    ]
    for html in pages:
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", html)
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


@pytest.mark.parametrize(
    ("minutes", "english", "vietnamese"),
    [
        (0, "under a minute", "dưới 1 phút"),
        (1, "1 minute", "1 phút"),
        (59, "59 minutes", "59 phút"),
        (61, "1 hour", "1 giờ"),
        (60 * 49, "2 days", "2 ngày"),
    ],
)
def test_ages_are_said_in_one_unit_in_both_languages(minutes, english, vietnamese):
    moment = timezone.now() - timedelta(minutes=minutes)
    for language, words in (("en", english), ("vi", vietnamese)):
        with translation.override(language):
            assert age(moment) == words
