"""The operator's pages: what may be changed there, what is only shown, and what never is."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import Api, submission
from grading.enums import RunState, Scope, Skill
from grading.models import (
    ApiKey,
    AuditEvent,
    Client,
    GradingRun,
    PromptVersion,
    RubricVersion,
    Submission,
)
from grading.queries import estimates
from grading.services.clients import create_client, find_key
from grading.services.demonstration import load_demonstration
from grading.services.leases import claim
from grading.services.versions import VersionRefused, activate_version, copy_version

pytestmark = pytest.mark.django_db

RECORD_PAGES = [
    "grading/submission",
    "grading/gradingrun",
    "grading/auditevent",
    "grading/outgoingevent",
    "grading/workercluster",
    "grading/apikey",
    "review/claim",
    "review/rating",
]
EDITED_PAGES = ["grading/rubricversion", "grading/promptversion", "grading/client", "auth/user"]


@pytest.fixture
def operator() -> Browser:
    person = get_user_model().objects.create_superuser("operator", password="pw-of-operator")
    browser = Browser()
    browser.force_login(person)
    return browser


def rubric() -> RubricVersion:
    return RubricVersion.objects.get(skill=Skill.WRITING, is_active=True)


def draft_form(version: RubricVersion, **changes: Any) -> dict[str, Any]:
    return {
        "skill": version.skill,
        "name": version.name,
        "criteria": json.dumps(version.criteria),
        "underlength_caps": json.dumps(version.underlength_caps),
        **changes,
    }


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize("page", [*RECORD_PAGES, *EDITED_PAGES])
def test_every_list_and_every_row_of_it_opens(operator: Browser, page: str) -> None:
    load_demonstration()
    listed = operator.get(f"/admin/{page}/")
    assert listed.status_code == 200
    results = listed.context["cl"].result_list
    for row in list(results)[:3]:
        assert operator.get(f"/admin/{page}/{row.pk}/change/").status_code == 200


@pytest.mark.parametrize("page", RECORD_PAGES)
def test_records_are_shown_and_never_added_changed_or_deleted(operator: Browser, page: str) -> None:
    load_demonstration()
    assert operator.get(f"/admin/{page}/add/").status_code == 403
    for row in list(operator.get(f"/admin/{page}/").context["cl"].result_list)[:1]:
        assert operator.post(f"/admin/{page}/{row.pk}/change/", {}).status_code == 403
        assert operator.post(f"/admin/{page}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    "page", ["", "ormq/", "schedule/", "schedule/add/", "success/", "failure/"]
)
def test_the_queues_own_tables_are_not_there_even_for_a_superuser(
    operator: Browser, page: str
) -> None:
    assert operator.get(f"/admin/django_q/{page}").status_code == 404
    assert "django_q" not in text_of(operator.get("/admin/"))


def test_people_who_are_not_staff_see_none_of_it() -> None:
    get_user_model().objects.create_user("rater", password="pw-of-rater")
    browser = Browser()
    assert browser.login(username="rater", password="pw-of-rater")
    answer = browser.get("/admin/grading/submission/")
    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


@pytest.mark.parametrize("page", RECORD_PAGES)
def test_a_list_of_records_never_counts_a_whole_table(operator: Browser, page: str) -> None:
    load_demonstration()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        operator.get(f"/admin/{page}/")
    counts = [query["sql"] for query in asked if "COUNT(" in query["sql"]]
    assert all(f"LIMIT {estimates.COUNT_LIMIT}" in sql for sql in counts), counts


def test_a_large_table_is_not_counted_at_all(
    operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_demonstration()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE grading_submission")
    monkeypatch.setattr(estimates, "COUNT_LIMIT", 10)
    with CaptureQueriesContext(connection) as asked:
        page = operator.get("/admin/grading/submission/")
    assert not [query for query in asked if "COUNT(" in query["sql"]]
    assert page.context["cl"].result_count == Submission.objects.count()


@pytest.mark.parametrize("page", ["grading/submission", "grading/gradingrun", "grading/auditevent"])
def test_a_longer_list_costs_no_more_queries(operator: Browser, page: str) -> None:
    client, _ = create_client("South school")
    api = Api(client, create_client("North school")[1], Browser())

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            operator.get(f"/admin/{page}/")
        return len(asked)

    api.post("submissions", submission(submissionId="one"))
    queries()
    first = queries()
    for name in ("two", "three"):
        assert api.post("submissions", submission(submissionId=name)).status_code == 202
    assert queries() == first


def test_a_submission_is_found_by_its_whole_id_only(operator: Browser) -> None:
    load_demonstration()

    def found(term: str) -> list[str]:
        page = operator.get("/admin/grading/submission/", {"q": term})
        return [row.submission_id for row in page.context["cl"].result_list]

    row = Submission.objects.get(submission_id="demo-06")
    assert found("demo-06") == ["demo-06"]
    assert found(str(row.pk)) == ["demo-06"]
    assert found("demo") == []


def test_a_submissions_page_shows_its_grades_history_and_way_to_the_console(
    operator: Browser,
) -> None:
    load_demonstration()
    row = Submission.objects.get(submission_id="demo-06")
    text = text_of(operator.get(f"/admin/grading/submission/{row.pk}/change/"))
    assert f'href="/review/{row.pk}/"' in text
    assert "received" in text
    assert "routed" in text
    assert str(row.machine_grade.overall_score) in text


def test_what_a_candidate_wrote_is_shown_as_text(operator: Browser, api: Api) -> None:
    api.post("submissions", submission(answer={"text": "<script>alert(1)</script> " * 30}))
    row = Submission.objects.get()
    text = text_of(operator.get(f"/admin/grading/submission/{row.pk}/change/"))
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_grading_again_asks_for_a_new_run_and_says_what_cannot_be(operator: Browser) -> None:
    load_demonstration()
    rows = [Submission.objects.get(submission_id=name) for name in ("demo-01", "demo-33")]
    answer = operator.post(
        "/admin/grading/submission/",
        {"action": "grade_again", "_selected_action": [row.pk for row in rows]},
        follow=True,
    )
    assert "Will be graded again: 1." in text_of(answer)
    assert "Left alone: demo-33. Only a graded submission can be graded again" in text_of(answer)
    assert rows[0].runs.filter(state=RunState.QUEUED).count() == 1


def test_a_key_is_shown_once_in_the_answer_that_makes_it_and_never_again(
    operator: Browser,
) -> None:
    client, first = create_client("North school")
    scopes = {"scopes": [Scope.SUBMISSIONS_READ]}
    answer = operator.post(f"/admin/grading/client/{client.pk}/key/", scopes)
    key = text_of(answer).split('id="new-key">')[1].split("<")[0]
    found = find_key(key)
    assert found is not None
    assert found.scopes == ["submissions:read"]
    assert "no-store" in answer["Cache-Control"]
    assert "messages" not in answer.cookies
    client.refresh_from_db()
    for page in (
        "grading/client/",
        f"grading/client/{client.pk}/change/",
        f"grading/client/{client.pk}/history/",
        f"grading/client/{client.pk}/key/",
        "grading/apikey/",
        f"grading/apikey/{found.pk}/change/",
    ):
        text = text_of(operator.get(f"/admin/{page}"))
        assert text.count("North school") > 0
        for secret in (key, first, found.digest, client.webhook_secret):
            assert secret not in text


def test_a_new_client_gets_its_first_key_and_a_webhook_secret(operator: Browser) -> None:
    answer = operator.post(
        "/admin/grading/client/add/",
        {"name": "West school", "webhook_url": "https://west.example/hook", "is_active": "on"},
    )
    client = Client.objects.get(name="West school")
    key = find_key(text_of(answer).split('id="new-key">')[1].split("<")[0])
    assert key is not None
    assert key.client == client
    assert client.webhook_url == "https://west.example/hook"
    assert client.webhook_secret.startswith("whsec_")


def test_a_revoked_key_is_refused(operator: Browser) -> None:
    _, key = create_client("North school")
    row = ApiKey.objects.get()
    operator.post("/admin/grading/apikey/", {"action": "revoke", "_selected_action": [row.pk]})
    assert find_key(key) is None


def test_an_inactive_client_is_refused(operator: Browser) -> None:
    client, key = create_client("North school")
    keys = {"keys-TOTAL_FORMS": 1, "keys-INITIAL_FORMS": 1, "keys-0-id": ApiKey.objects.get().pk}
    operator.post(f"/admin/grading/client/{client.pk}/change/", {"name": client.name, **keys})
    assert find_key(key) is None


def test_the_version_in_force_is_copied_edited_and_activated(operator: Browser) -> None:
    before = rubric()
    assert operator.post(f"/admin/grading/rubricversion/{before.pk}/copy/").status_code == 302
    draft = RubricVersion.objects.get(name="vstep-writing-2")
    assert draft.criteria == before.criteria
    assert not draft.is_active
    criteria = json.loads(json.dumps(before.criteria))
    criteria[0]["about"]["en"] = "What the task asks for."
    operator.post(
        f"/admin/grading/rubricversion/{draft.pk}/change/",
        draft_form(draft, criteria=json.dumps(criteria)),
    )
    draft.refresh_from_db()
    assert draft.criteria[0]["about"]["en"] == "What the task asks for."
    assert draft.content_hash != before.content_hash
    page = operator.get(f"/admin/grading/rubricversion/{draft.pk}/activate/")
    assert before.name in text_of(page)
    assert rubric() == before
    operator.post(f"/admin/grading/rubricversion/{draft.pk}/activate/")
    assert rubric() == draft
    history = text_of(operator.get(f"/admin/grading/rubricversion/{draft.pk}/history/"))
    assert "Activated." in history
    assert "Copied from vstep-writing-1." in history


def frozen(version: RubricVersion) -> None:
    RubricVersion.objects.filter(pk=version.pk).update(is_active=False, frozen_at=timezone.now())


def in_force(version: RubricVersion) -> None:
    assert version.is_active


def being_used(version: RubricVersion) -> None:
    api = Api(Client.objects.create(name="x"), create_client("North school")[1], Browser())
    api.post("submissions", submission())
    assert claim("worker", 1)[0].rubric_version == version
    RubricVersion.objects.filter(pk=version.pk).update(is_active=False)


@pytest.mark.parametrize("state", [frozen, in_force, being_used])
def test_what_grades_may_cite_cannot_be_edited_or_deleted(
    operator: Browser, state: Callable[[RubricVersion], None]
) -> None:
    version = rubric()
    state(version)
    address = f"/admin/grading/rubricversion/{version.pk}"
    page = operator.get(f"{address}/change/")
    assert '<textarea name="criteria"' not in text_of(page)
    assert "Hoàn thành yêu cầu đề bài" in text_of(page)
    changed = draft_form(version, name="another")
    assert operator.post(f"{address}/change/", changed).status_code == 403
    assert operator.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    version.refresh_from_db()
    assert version.name == "vstep-writing-1"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda criteria: criteria.pop(), "grammar is missing"),
        (lambda criteria: criteria[0].update(key="style"), "style is not a criterion of writing"),
        (lambda criteria: criteria[1]["bands"].pop(), "organization must describe each band"),
        (lambda criteria: criteria[2]["bands"][3].pop("vi"), "vocabulary / bands / 7 / vi"),
        (lambda criteria: criteria[3]["name"].update(vi=" "), "grammar / name / vi"),
    ],
)
def test_a_rubric_of_another_shape_is_refused_and_the_place_is_named(
    operator: Browser, change: Callable[[Any], Any], complaint: str
) -> None:
    draft = copy_version(rubric())
    criteria = json.loads(json.dumps(draft.criteria))
    change(criteria)
    answer = operator.post(
        f"/admin/grading/rubricversion/{draft.pk}/change/",
        draft_form(draft, criteria=json.dumps(criteria)),
    )
    assert complaint in text_of(answer)
    stored = RubricVersion.objects.get(pk=draft.pk)
    assert stored.criteria == draft.criteria
    RubricVersion.objects.filter(pk=draft.pk).update(criteria=criteria)
    with pytest.raises(VersionRefused, match=complaint):
        activate_version(stored)
    assert rubric().name == "vstep-writing-1"


@pytest.mark.parametrize(
    ("caps", "complaint"),
    [
        ({"writing_task_3": [{"cap": 4}]}, "writing_task_3 is not a task"),
        ({"writing_task_1": [{"shortBelow": 0.3, "cap": 6}]}, "must name growing shares"),
        (
            {
                "writing_task_1": [
                    {"shortBelow": 0.3, "cap": 6},
                    {"shortBelow": 0.1, "cap": 5},
                    {"cap": 4},
                ]
            },
            "must name growing shares",
        ),
        ({"writing_task_1": [{"cap": 11}]}, "less than or equal to 10"),
    ],
)
def test_underlength_caps_of_another_shape_are_refused(
    operator: Browser, caps: Any, complaint: str
) -> None:
    draft = copy_version(rubric())
    answer = operator.post(
        f"/admin/grading/rubricversion/{draft.pk}/change/",
        draft_form(draft, underlength_caps=json.dumps(caps)),
    )
    assert complaint in text_of(answer)


def test_a_prompt_without_a_fence_for_the_response_is_refused(operator: Browser) -> None:
    draft = copy_version(PromptVersion.objects.get(skill=Skill.WRITING, is_active=True))
    form = {"skill": draft.skill, "name": draft.name, "system_text": draft.system_text}
    address = f"/admin/grading/promptversion/{draft.pk}/change/"
    answer = operator.post(address, {**form, "user_text": "Grade this: {{response}} {{name}}"})
    assert "{{delimiter}} is missing from the user text" in text_of(answer)
    assert "{{name}} is not a placeholder" in text_of(answer)
    answer = operator.post(address, {**form, "user_text": draft.user_text + " "})
    assert answer.status_code == 302


def test_a_version_that_cannot_be_used_cannot_be_activated(operator: Browser) -> None:
    draft = copy_version(PromptVersion.objects.get(skill=Skill.WRITING, is_active=True))
    PromptVersion.objects.filter(pk=draft.pk).update(user_text="Grade it.")
    operator.post(f"/admin/grading/promptversion/{draft.pk}/activate/")
    draft.refresh_from_db()
    assert not draft.is_active
    assert PromptVersion.objects.filter(is_active=True).exists()


def test_copies_never_share_a_name() -> None:
    names = {copy_version(rubric()).name for _ in range(3)}
    assert names == {"vstep-writing-2", "vstep-writing-3", "vstep-writing-4"}


def test_staff_without_the_right_may_look_but_not_act() -> None:
    load_demonstration()
    person = get_user_model().objects.create_user("looker", password="pw-of-looker", is_staff=True)
    from django.contrib.auth.models import Permission

    person.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    browser = Browser()
    browser.force_login(person)
    version, client = rubric(), Client.objects.get()
    assert browser.get("/admin/grading/rubricversion/").status_code == 200
    for address in (
        f"rubricversion/{version.pk}/copy/",
        f"rubricversion/{version.pk}/activate/",
        f"client/{client.pk}/key/",
    ):
        assert browser.post(f"/admin/grading/{address}").status_code == 403
    before = (GradingRun.objects.count(), ApiKey.objects.filter(revoked_at=None).count())
    for page, action in (("submission", "grade_again"), ("apikey", "revoke")):
        model = {"submission": Submission, "apikey": ApiKey}[page]
        browser.post(
            f"/admin/grading/{page}/",
            {"action": action, "_selected_action": [row.pk for row in model.objects.all()]},
        )
    assert (GradingRun.objects.count(), ApiKey.objects.filter(revoked_at=None).count()) == before


def test_a_long_history_does_not_make_a_long_page(operator: Browser) -> None:
    load_demonstration()
    row = Submission.objects.get(submission_id="demo-01")
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            submission=row, kind="claimed", status=row.status, at=moment + timedelta(seconds=n)
        )
        for n in range(150)
    )
    page = operator.get(f"/admin/grading/submission/{row.pk}/change/")
    sizes = [len(formset.formset.forms) for formset in page.context["inline_admin_formsets"]]
    assert max(sizes) == 100
