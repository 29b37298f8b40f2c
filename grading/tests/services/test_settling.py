"""What counts, what waits, and what is told outside, whoever graded last."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django_q.models import OrmQ

from conftest import LETTER, Api, make_api, submission
from grading.enums import (
    CRITERIA,
    Band,
    Confidence,
    ErrorCode,
    Flag,
    GradeSource,
    RouteReason,
    RunState,
    Skill,
    Status,
)
from grading.models import (
    AuditEvent,
    Grade,
    GradingRun,
    ModelTry,
    OutgoingEvent,
    PromptVersion,
    RubricVersion,
    Submission,
)
from grading.schemas import DraftGrade, HumanDecision, TryRecord
from grading.services import leases
from grading.services.grades import IllegalScores
from grading.services.leases import Lease
from grading.services.settling import (
    Outcome,
    settle_batch,
    settle_human_grade,
    settle_machine_grade,
)
from grading.services.status import ALLOWED, IllegalTransition, change_status

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(settings: Any) -> Api:
    settings.AUTO_RELEASE_POLICY = "fixed"
    return make_api("North school")


def marks(score: str) -> dict[Any, Decimal]:
    return dict.fromkeys(CRITERIA[Skill.WRITING], Decimal(score))


def draft(score: str = "7", **changes: Any) -> DraftGrade:
    return DraftGrade.model_validate(
        {
            "source": GradeSource.AI,
            "criteria_scores": marks(score),
            "overall_score": Decimal(score),
            "band": Band.B2,
            "feedback": "Well done.",
            "confidence": Confidence.HIGH,
            "confidence_score": 0.9,
            "models": ("stub",),
            **changes,
        }
    )


def claimed(school: Api, *names: str) -> list[GradingRun]:
    for name in names:
        school.post("submissions", submission(submissionId=name))
    return leases.claim("worker", 10)


def settled(school: Api, name: str = "a", **changes: Any) -> dict[str, Any]:
    [run] = claimed(school, name)
    assert settle_machine_grade(run.pk, run.fence, draft(**changes))
    return body_of(school, name)


def body_of(school: Api, name: str = "a") -> dict[str, Any]:
    return school.get(f"submissions/{name}").json()


def regraded(school: Api, **changes: Any) -> dict[str, Any]:
    assert school.post("submissions/a/regrade").status_code == 202
    [run] = leases.claim("worker", 1)
    assert settle_machine_grade(run.pk, run.fence, draft(**changes))
    return body_of(school)


def rated(scores: dict[Any, Decimal]) -> Grade:
    rater = get_user_model().objects.get_or_create(username="lan")[0]
    decision = HumanDecision(criteria_scores=scores, feedback="Good.", rater_id=rater.pk)
    return settle_human_grade(Submission.objects.get().pk, decision)


def test_one_bad_draft_in_a_batch_stops_no_other(school: Api) -> None:
    first, second, third = claimed(school, "a", "b", "c")
    bad = draft(criteria_scores={**marks("7"), CRITERIA[Skill.WRITING][0]: Decimal("7.3")})
    drafts = [(third, draft()), (second, bad), (first, draft())]
    assert settle_batch([Outcome(run.pk, run.fence, one) for run, one in drafts]) == 2
    statuses = dict(Submission.objects.values_list("submission_id", "status"))
    assert statuses == {"a": "completed", "b": "processing", "c": "completed"}
    assert Grade.objects.count() == 2


@pytest.mark.parametrize(
    "scores",
    [
        {**marks("7"), CRITERIA[Skill.WRITING][0]: Decimal("7.3")},
        {**marks("7"), CRITERIA[Skill.WRITING][0]: Decimal("10.5")},
        dict(list(marks("7").items())[1:]),
        {**marks("7"), CRITERIA[Skill.SPEAKING][-1]: Decimal("7")},
    ],
)
def test_scores_that_are_off_the_scale_missing_or_extra_are_never_stored(
    school: Api, scores: dict[Any, Decimal]
) -> None:
    settled(school, flags=(Flag.OFF_TOPIC,))
    with pytest.raises(IllegalScores):
        rated(scores)
    assert Grade.objects.count() == 1
    assert body_of(school)["status"] == "review_pending"


def test_the_sum_and_the_band_are_computed_here_whatever_the_draft_says(school: Api) -> None:
    body = settled(school, score="9", overall_score=Decimal("4"), band=Band.B1)
    assert (body["score"], body["band"]) == (9.0, "C1")


def test_a_draft_is_written_once_even_by_the_same_worker(school: Api) -> None:
    [run] = claimed(school, "a")
    assert settle_machine_grade(run.pk, run.fence, draft())
    assert settle_machine_grade(run.pk, run.fence, draft(score="5")) is False
    assert body_of(school)["score"] == 7.0
    assert OutgoingEvent.objects.count() == 1


def test_a_draft_of_an_older_lease_is_refused_while_another_worker_grades(school: Api) -> None:
    [run] = claimed(school, "a")
    leases.give_back(Lease(run.pk, run.fence))
    leases.claim("heir", 1)
    assert settle_machine_grade(run.pk, run.fence, draft()) is False
    assert not Grade.objects.exists()
    assert AuditEvent.objects.latest("id").kind == "stale_result_refused"


def test_only_a_models_grade_cites_the_prompt(school: Api) -> None:
    assert settled(school)["result"]["provenance"]["promptVersion"]
    settled(school, "b", source=GradeSource.LOCAL, models=())
    local = Grade.objects.get(source=GradeSource.LOCAL)
    assert (local.prompt_version, bool(local.rubric_version)) == (None, True)


def test_what_a_grade_cites_is_frozen_and_before_that_it_is_not(school: Api) -> None:
    claimed(school, "b")
    assert not RubricVersion.objects.exclude(frozen_at=None).exists()
    settled(school)
    assert RubricVersion.objects.get(is_active=True, skill="writing").is_frozen
    assert PromptVersion.objects.get(is_active=True, skill="writing").is_frozen


def test_replies_that_the_database_cannot_hold_are_kept_as_far_as_it_can(school: Api) -> None:
    said = TryRecord(
        requested_model="stub", number=1, raw_reply="a\x00b\ud800c", error_detail="e" * 900
    )
    settled(school, tries=(said,))
    kept = ModelTry.objects.get()
    assert kept.raw_reply == "a\ufffdb?c"
    assert kept.error_detail == "e" * 500


def test_a_regrade_wakes_the_workers(school: Api) -> None:
    settled(school)
    OrmQ.objects.all().delete()
    school.post("submissions/a/regrade")
    assert OrmQ.objects.count() == 1


def test_a_raters_grade_counts_through_every_later_regrade(school: Api) -> None:
    settled(school, flags=(Flag.OFF_TOPIC,))
    rated(marks("5"))
    told = OutgoingEvent.objects.count()
    body = regraded(school, score="9")
    assert (body["score"], body["gradingMode"], body["status"]) == (5.0, "hybrid", "completed")
    assert body["aiResult"]["overallScore"] == 9.0
    assert body["result"]["provenance"]["source"] == "human"
    assert AuditEvent.objects.latest("id").kind == "superseded"
    assert OutgoingEvent.objects.count() == told


def test_a_released_grade_put_in_doubt_by_a_regrade_is_hidden_again(school: Api) -> None:
    assert settled(school)["score"] == 7.0
    body = regraded(school, score="5", flags=(Flag.OFF_TOPIC,))
    assert (body["status"], body["score"], body["result"]) == ("review_pending", None, None)
    assert (body["gradingMode"], body["completedAt"]) == (None, None)
    assert RouteReason.REGRADE_DIFFERS in body["routeReasons"]
    assert "7.0" not in OutgoingEvent.objects.latest("id").body


def test_a_regrade_in_the_same_band_has_nothing_to_say_of_a_difference(school: Api) -> None:
    settled(school)
    body = regraded(school, score="7.5", flags=(Flag.OFF_TOPIC,))
    assert RouteReason.REGRADE_DIFFERS not in body["routeReasons"]


@pytest.mark.parametrize(("human", "flagged"), [("7.5", False), ("6.5", False), ("8", True)])
def test_a_difference_of_more_than_half_a_point_is_flagged_for_audit(
    school: Api, human: str, flagged: bool
) -> None:
    settled(school, flags=(Flag.OFF_TOPIC,))
    rated(marks(human))
    assert (Flag.AUDIT_DIFFERENCE in body_of(school)["flags"]) == flagged


def test_a_regrade_that_crashes_for_good_leaves_what_counts(school: Api) -> None:
    settled(school)
    school.post("submissions/a/regrade")
    [run] = leases.claim("worker", 1)
    GradingRun.objects.filter(pk=run.pk).update(attempts=3)
    leases.record_crash(Lease(run.pk, run.fence))
    body = body_of(school)
    assert (body["status"], body["score"]) == ("completed", 7.0)
    assert "error" not in body
    assert GradingRun.objects.get(pk=run.pk).state == RunState.FAILED


ILLEGAL = [(one, to) for one in Status for to in Status if to not in ALLOWED[one]]


@pytest.mark.parametrize(("before", "to"), ILLEGAL)
def test_a_way_the_state_machine_does_not_have_writes_nothing(
    school: Api, before: Status, to: Status
) -> None:
    school.post("submissions", submission(submissionId="a"))
    found = Submission.objects.get()
    found.status, found.error_code = before, ErrorCode.CRASHED
    events = AuditEvent.objects.count()
    with pytest.raises(IllegalTransition):
        change_status(found, to)
    assert AuditEvent.objects.count() == events
    assert not OutgoingEvent.objects.exists()
    assert Submission.objects.get().status == Status.PENDING


def test_final_states_are_left_by_a_regrade_only() -> None:
    assert ALLOWED[Status.FAILED] == ALLOWED[Status.CANCELLED] == frozenset()
    assert ALLOWED[Status.COMPLETED] == {Status.COMPLETED, Status.REVIEW_PENDING}
    assert Status.COMPLETED not in ALLOWED[Status.PENDING]


def test_a_change_of_status_never_writes_the_response_again(school: Api) -> None:
    school.post("submissions", submission(submissionId="a"))
    found = Submission.objects.get()
    found.answer_text = "Something else."
    change_status(found, Status.PROCESSING)
    assert Submission.objects.get().answer_text == LETTER


@pytest.mark.django_db(transaction=True)
def test_a_status_changes_inside_a_transaction_only(school: Api) -> None:
    school.post("submissions", submission(submissionId="a"))
    with pytest.raises(transaction.TransactionManagementError):
        change_status(Submission.objects.get(), Status.PROCESSING)
    assert body_of(school)["status"] == "pending"


def test_what_a_worker_holds_or_has_graded_cannot_be_cancelled(school: Api) -> None:
    [run] = claimed(school, "a")
    assert school.post("submissions/a/cancel").status_code == 409
    assert school.post("submissions/a/regrade").status_code == 409
    settle_machine_grade(run.pk, run.fence, draft())
    assert school.post("submissions/a/cancel").status_code == 409
    school.post("submissions/a/regrade")
    assert school.post("submissions/a/cancel").status_code == 409
    assert body_of(school)["status"] == "completed"
