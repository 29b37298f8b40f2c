"""The console in a real Chromium: what raters see, type and press."""

import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.db import connections
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect, sync_playwright

from grading.enums import Priority, Status
from grading.models import Submission
from review.models import Claim, Rating
from review.services.claims import claim
from review.services.ratings import submit_rating
from review.tests import builders

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}


def in_database(work: Callable):
    """Rows read or written from another thread: Playwright's loop occupies this one."""

    def run():
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


@pytest.fixture
def open_page(live_server):
    """Opens a browser of a person's own; at the end, fails for what its console complained of.

    Playwright starts with the first page, so that a test makes its rows before its loop runs.
    """
    complaints: list[str] = []
    with ExitStack() as stack:
        started: list[Browser] = []

        def open_for(username: str = "", **options) -> Page:
            if not started:
                playwright = stack.enter_context(sync_playwright())
                started.append(playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS))
                stack.callback(started[0].close)
            page = (
                started[0]
                .new_context(
                    base_url=live_server.url, **({"viewport": WIDE, "locale": "en"} | options)
                )
                .new_page()
            )
            page.on("console", lambda message: note(complaints, message))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            if username:
                sign_in(page, username)
            return page

        yield open_for
    assert complaints == []


def note(complaints, message):
    # Answers we give on purpose; Chromium and htmx print every one.
    expected = re.search(r"status of (401|409|422)|Error Code 401", message.text)
    if message.type in {"error", "warning"} and not expected:
        complaints.append(message.text)


def sign_in(page, username):
    page.goto(reverse("login"))
    page.get_by_label("Name").fill(username)
    page.get_by_label("Password").fill(builders.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/review/")


@pytest.fixture
def people(transactional_db):
    return [builders.account("an"), builders.account("binh"), builders.account("lan", "lead")]


def score(page, number, value):
    page.locator(f'[data-number="{number}"] input[value="{value}"]').check()


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_a_rater_signs_in_opens_the_next_overrides_a_score_and_submits(people, open_page, settings):
    settings.UNDO_SECONDS = 0
    row = builders.waiting()
    page = open_page("an")
    page.get_by_role("button", name="Open next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Writing 1: letter or email")
    for number, value in ((1, "6.0"), (2, "6.5"), (3, "6.0"), (4, "6.5")):
        score(page, number, value)
    expect(page.locator("#overall")).to_have_text("6.5")
    expect(page.locator("#band")).to_have_text("B2")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    expect(page.locator('[data-number="2"] input[value="6.5"]')).to_be_checked()
    page.get_by_label("Reason for the change").select_option("too_harsh")
    page.get_by_label("Comment for the lead").fill("Good range.")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator(".status")).to_have_text("Completed")
    expect(page.get_by_text("Too harsh for the scale")).to_be_visible()
    grade = in_database(lambda: Submission.objects.get(pk=row.pk).counting_grade)
    assert str(grade.overall_score) == "6.5"


def test_the_second_rater_is_told_who_was_faster(people, open_page):
    row = builders.waiting()
    address = reverse("response", args=[row.pk])
    first, second = open_page("an"), open_page("binh")
    second.goto(address)
    first.goto(address)
    first.get_by_role("button", name="Take this response").click()
    expect(first.locator("#rating")).to_be_visible()
    second.get_by_role("button", name="Take this response").click()
    expect(second.get_by_role("alert")).to_contain_text("an was faster and has this response")
    expect(second.locator("#rating")).to_have_count(0)


def test_a_fault_has_the_focus_and_goes_away_when_it_is_mended(people, open_page):
    builders.waiting()
    page = open_page("an")
    page.get_by_role("button", name="Open next").click()
    for number in (1, 3):
        score(page, number, "6.0")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator('[data-number="2"] input').first).to_be_focused()
    score(page, 2, "6.0")
    expect(page.locator("#error-organization")).to_have_count(0)
    expect(page.locator("#error-grammar")).to_be_visible()
    score(page, 4, "6.5")
    expect(page.locator(".field-error")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_label("Reason for the change")).to_be_focused()
    expect(page.locator("#error-reason")).to_contain_text("Say why")
    page.get_by_label("Reason for the change").select_option("other")
    expect(page.locator("#error-reason, [aria-invalid]")).to_have_count(0)


def test_a_lost_lease_keeps_every_word_on_the_page(people, open_page):
    row = builders.waiting()
    page = open_page("an")
    page.get_by_role("button", name="Open next").click()
    page.get_by_label("Feedback").fill("Two minutes of work.")
    for number in (1, 2, 3, 4):
        score(page, number, "6.0")

    def take_over():
        Claim.objects.update(lease_until="2020-01-01T00:00Z")
        claim(row.pk, people[1])

    in_database(take_over)
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("binh has this response now")
    expect(page.get_by_label("Feedback")).to_have_value("Two minutes of work.")
    expect(page.locator('[data-number="4"] input[value="6.0"]')).to_be_checked()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert in_database(Rating.objects.count) == 0


def test_a_half_filled_rating_outlives_a_reload_and_the_language_button(people, open_page):
    row = builders.waiting()
    page = open_page("an")
    page.get_by_role("button", name="Open next").click()
    score(page, 1, "7.5")
    score(page, 3, "4.0")
    page.get_by_label("Feedback").fill("Half of it.")
    page.get_by_label("Reason for the change").select_option("too_harsh")
    page.get_by_label("Comment for the lead").fill("Look at this.")
    page.reload()
    expect_draft(page)
    page.get_by_role("button", name="Tiếng Việt").click()
    page.wait_for_function("document.documentElement.lang === 'vi'")
    expect_draft(page)
    for number in (2, 4):
        score(page, number, "6.0")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert drafts(page) == 0
    assert in_database(Rating.objects.get).submission_id == row.pk


def drafts(page):
    return sum("draft:" in name for name in page.evaluate("Object.keys(sessionStorage)"))


def expect_draft(page):
    for number, value in ((1, "7.5"), (3, "4.0")):
        expect(page.locator(f'[data-number="{number}"] input[value="{value}"]')).to_be_checked()
    expect(page.locator('[data-number="2"] input:checked')).to_have_count(0)
    expect(page.locator("#feedback")).to_have_value("Half of it.")
    expect(page.locator("#override_reason")).to_have_value("too_harsh")
    expect(page.locator("#comment")).to_have_value("Look at this.")


def test_a_response_given_back_leaves_no_draft(people, open_page):
    builders.waiting()
    page = open_page("an")
    page.get_by_role("button", name="Open next").click()
    score(page, 1, "7.5")
    assert drafts(page) == 1
    page.get_by_role("button", name="Release").click()
    page.wait_for_url(f"**{reverse('queue')}")
    assert drafts(page) == 0


def test_a_session_that_ended_does_not_cost_the_text(people, open_page, settings):
    settings.UNDO_SECONDS = 0
    row = builders.waiting()
    page = open_page("an")
    page.get_by_role("button", name="Open next").click()
    page.get_by_label("Feedback").fill("Still here.")
    for number in (1, 2, 3, 4):
        score(page, number, "6.0")
    page.context.clear_cookies(name="sessionid")
    with page.expect_response("**/submit"):
        page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator("#live")).not_to_be_empty()
    expect(page.get_by_label("Feedback")).to_have_value("Still here.")
    other = page.context.new_page()
    sign_in(other, "an")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator(".status")).to_have_text("Completed")
    grade = in_database(lambda: Submission.objects.get(pk=row.pk).counting_grade)
    assert grade.feedback == "Still here."


def test_keys_alone_suffice_from_the_queue_to_the_rating(people, open_page, settings):
    settings.UNDO_SECONDS = 60
    row = builders.waiting()
    page = open_page("an")
    page.keyboard.press("n")
    page.wait_for_url(f"**{reverse('response', args=[row.pk])}")
    for key in ("1", "7", ".", "Enter", "6", "Enter", "1", "0", "Enter", "m", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("#overall")).to_have_text("7.5")
    for label, note_key in (("E1", "m0"), ("O1", "m1")):
        page.keyboard.press("n")
        assert page.evaluate("document.activeElement.dataset.label") == label
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.dataset.note") == note_key
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.dataset.label") == label
    page.keyboard.press("f")
    page.keyboard.type("n1?s ")
    expect(page.get_by_label("Feedback")).to_have_value(re.compile("n1\\?s "))
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("is not sent yet")).to_be_visible()
    rating = in_database(Rating.objects.get)
    assert rating.criteria_scores == {
        "taskFulfillment": 7.5,
        "organization": 6.0,
        "vocabulary": 10.0,
        "grammar": 6.0,
    }
    page.keyboard.press("u")
    expect(page.locator('[data-number="1"] input[value="7.5"]')).to_be_checked()


def test_the_sheet_of_keys_opens_closes_and_switches_keys_off(people, open_page):
    builders.waiting()
    page = open_page("an")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    sheet.get_by_label("Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    assert page.url.endswith(reverse("queue"))


def test_rows_are_walked_by_keys_and_keep_the_focus_through_a_swap(people, open_page):
    urgent, later = builders.waiting(priority=Priority.HIGH), builders.waiting()
    page = open_page("an")
    page.keyboard.press("j")
    page.keyboard.press("j")
    focused = f"row-{later.pk}"
    assert page.evaluate("document.activeElement.id") == focused
    in_database(lambda: Submission.objects.filter(pk=urgent.pk).update(status=Status.CANCELLED))
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        page.evaluate("htmx.ajax('GET', '/review/', {target: '#queue', swap: 'outerHTML'})")
    expect(page.locator(f"#row-{urgent.pk}")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == focused
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('response', args=[later.pk])}")


def test_the_queue_refreshes_by_itself(people, open_page):
    page = open_page("an")
    page.clock.install()
    page.goto(reverse("queue"))
    expect(page.get_by_text("Nothing waits for a rater")).to_be_visible()
    row = in_database(builders.waiting)
    page.clock.fast_forward(11_000)
    expect(page.locator(f"#row-{row.pk}")).to_be_visible()


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_or_breaks_the_policy(
    people, open_page, settings, viewport, scheme
):
    settings.UNDO_SECONDS = 0
    done, open_row = builders.waiting(), builders.waiting("word" * 200 + " and more text. " * 40)
    builders.waiting(age_minutes=90_000)
    lead = people[2]
    submit_rating(
        claim(done.pk, lead).lease_id, lead, builders.scores("8.5"), "x" * 300, "other", "y" * 300
    )
    claim(open_row.pk, lead)
    page = open_page("lan", viewport=viewport, color_scheme=scheme)
    addresses = [reverse("queue"), reverse("queue") + "?view=done", reverse("dashboard")]
    addresses += [reverse("response", args=[row.pk]) for row in (done, open_row)]
    for address in addresses:
        page.goto(address)
        assert overflow(page) <= 0, address
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(17, 22, 26)") == (scheme == "dark")


def test_the_theme_is_remembered(people, open_page):
    page = open_page("an")
    page.get_by_role("button", name="Dark").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def test_the_language_is_switched_from_any_page(people, open_page):
    row = builders.waiting()
    page = open_page("an")
    page.goto(reverse("response", args=[row.pk]))
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.get_by_role("button", name="Nhận bài này")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "vi"


TEXT_CONTRAST = """() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length || e.closest("svg, dialog, .sr, .skip")) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${e.className}: ${e.textContent.trim().slice(0, 20)} ${ratio}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_against_its_ground(people, open_page, scheme):
    row = builders.waiting(priority=Priority.HIGH)
    builders.waiting(confidence="medium")
    claim(row.pk, people[2])
    page = open_page("lan", color_scheme=scheme)
    for address in (reverse("queue"), reverse("dashboard"), reverse("response", args=[row.pk])):
        page.goto(address)
        if "rating" in page.content():
            page.keyboard.press("1")
            page.keyboard.press("7")
        assert page.evaluate(TEXT_CONTRAST) == [], address
