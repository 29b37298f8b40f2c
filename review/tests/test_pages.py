"""What the pages say, and that what people wrote stays text."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone, translation

from grading.enums import Flag, Priority, RouteReason
from grading.models import Submission
from review.models import Claim
from review.services.claims import claim
from review.services.ratings import submit_rating
from review.templatetags.words import age
from review.tests import builders
from review.tests.browsing import form_of, page, text_of
from review.tests.test_claims import let_lease_run_out

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>'\"&{{ 7|add:7 }}"


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


def test_next_says_that_a_response_is_still_held(browser, rater):
    row = builders.waiting()
    first = browser.post(reverse("next"), follow=True).content.decode()
    again = browser.post(reverse("next"), follow=True).content.decode()
    assert f"You still hold {row.submission_id}." not in first
    assert f"You still hold {row.submission_id}." in again


def test_the_queue_says_the_general_reason_once_and_names_the_flags(browser):
    reasons = [RouteReason.CONFIDENCE_LOW, RouteReason.NOT_CALIBRATED, RouteReason.FLAGGED]
    rows = [builders.waiting(), builders.waiting()]
    Submission.objects.update(route_reasons=reasons, flags=[Flag.UNDERLENGTH, Flag.OFF_TOPIC])
    html = page(browser, "queue")
    assert html.count("too few ratings yet to trust the machine") == 1
    assert html.count("Noticed: too few words, perhaps off topic.") == len(rows)
    assert "Too few ratings yet" not in html
    Submission.objects.update(route_reasons=[RouteReason.NEAR_BAND_CUT])
    assert "too few ratings yet" not in page(browser, "queue")


def test_a_text_without_marks_has_no_legend(browser):
    marked, plain = builders.waiting(), builders.waiting(evidence=[], grammar_errors=[])
    assert 'class="legend"' in page(browser, "response", marked.pk)
    assert 'class="legend"' not in page(browser, "response", plain.pk)


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
