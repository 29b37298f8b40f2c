"""A machine's grade that comes while a rater has the response."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from conftest import Api, make_api, submission
from grading.enums import AuditKind
from grading.models import Submission
from grading.services import audit
from grading.services.drain import drain
from grading.tests.fixtures_provider import STUB_KEY
from grading.tests.stub_provider import StubProvider

pytestmark = pytest.mark.django_db(transaction=True)

DOUBTFUL = {"taskFulfillment": 6.0, "organization": 6.0, "vocabulary": 5.5, "grammar": 5.5}
CLEAR = {"taskFulfillment": 7.5, "organization": 7.0, "vocabulary": 7.5, "grammar": 7.0}


@pytest.fixture
def waiting(provider: StubProvider, settings: Any) -> tuple[Api, StubProvider]:
    """A response that waits for a rater, and a model that is now sure of it."""
    settings.LLM_MODEL, settings.LLM_API_BASE = "openai/stub", provider.url
    settings.LLM_API_KEY, settings.AUTO_RELEASE_POLICY = STUB_KEY, "fixed"
    provider.script(default={"mode": "good", "scores": DOUBTFUL})
    school = make_api("North school")
    school.post("submissions", submission(submissionId="a"))
    drain()
    provider.script(default={"mode": "good", "scores": CLEAR})
    return school, provider


def regraded(school: Api, *steps: AuditKind) -> dict[str, Any]:
    rater = User.objects.create_user("rater")
    for step in steps:
        audit.record(Submission.objects.get(), step, actor=rater)
    assert school.post("submissions/a/regrade").status_code == 202
    drain()
    return school.get("submissions/a").json()


@pytest.mark.parametrize(
    "steps",
    [
        (AuditKind.CLAIMED,),
        (AuditKind.CLAIMED, AuditKind.RATED),
        (AuditKind.CLAIMED, AuditKind.RATED, AuditKind.RATING_UNDONE, AuditKind.CLAIMED),
    ],
)
def test_what_a_rater_has_is_not_completed_under_their_hands(
    waiting: tuple[Api, StubProvider], steps: tuple[AuditKind, ...]
) -> None:
    body = regraded(waiting[0], *steps)
    assert (body["status"], body["score"], body["reviewPriority"]) == (
        "review_pending",
        None,
        "medium",
    )
    assert "near_band_cut" in body["routeReasons"]


@pytest.mark.parametrize("steps", [(), (AuditKind.CLAIMED, AuditKind.CLAIM_RELEASED)])
def test_what_no_rater_has_is_completed_by_a_confident_regrade(
    waiting: tuple[Api, StubProvider], steps: tuple[AuditKind, ...]
) -> None:
    body = regraded(waiting[0], *steps)
    assert (body["status"], body["gradingMode"], body["score"]) == ("completed", "auto", 7.5)
