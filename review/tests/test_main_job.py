"""The main job with nothing but real parts: HTTP in, real workers, a rater's browser, HTTP out."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from conftest import submission
from grading.tests.live_service import LiveService, eventually
from review.tests.test_browser import ARGUMENTS, CHROMIUM, score

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cluster,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine"),
]

PASSWORD = "a-rater-of-the-live-test"
MAKE_RATER = (
    "from review.services.accounts import create_account, ensure_roles;"
    f"ensure_roles(); create_account('an', '{PASSWORD}', 'rater')"
)
SCORES = {"taskFulfillment": 6.0, "organization": 6.5, "vocabulary": 6.0, "grammar": 6.5}


def test_a_posted_letter_is_graded_overridden_in_a_browser_and_read_back(tmp_path: Path) -> None:
    with LiveService(tmp_path, UNDO_SECONDS="0") as service:
        service.manage("shell", "-c", MAKE_RATER)
        service.start_worker()
        status, taken = service.post("/api/v1/submissions", submission())
        assert status == 202
        path = f"/api/v1/submissions/{taken['submissionId']}"
        eventually(lambda: service.get(path)[1]["status"] == "review_pending", 20, "the queue")
        waiting = service.get(f"{path}?include=provisional")[1]
        assert (service.get(path)[1]["result"], waiting["score"] is None) == (None, False)
        rate_in_a_browser(service.port)
        body = service.get(path)[1]
    assert (body["status"], body["gradingMode"]) == ("completed", "hybrid")
    assert (body["score"], body["band"]) == (6.5, "B2")
    assert body["result"]["criteriaScores"] == SCORES
    assert body["result"]["provenance"]["source"] == "human"
    assert body["result"]["confidence"] is None
    assert body["aiResult"] == waiting["result"]


def rate_in_a_browser(port: int) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(base_url=f"http://127.0.0.1:{port}", locale="en")
        rate(page)
        browser.close()


def rate(page: Page) -> None:
    page.goto("/review/")
    page.get_by_label("Name").fill("an")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Open next").click()
    for number, value in enumerate(SCORES.values(), start=1):
        score(page, number, str(value))
    page.get_by_label("Reason for the change").select_option("too_harsh")
    page.get_by_role("button", name="Submit", exact=True).click()
    page.wait_for_selector(".status:has-text('Completed')")
