"""The demonstration: a working day with every state, and no grade that claims to be a model's."""

import json
import os
import stat
import time
from collections import Counter
from io import StringIO
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.staticfiles.finders import get_finder
from django.core.management import call_command
from django.db.models import Model
from django_q.models import OrmQ

from grading.enums import GradeSource, GradingMode, Priority, RunState, Status
from grading.models import (
    ApiKey,
    AuditEvent,
    Client,
    Grade,
    GradingRun,
    ModelTry,
    Question,
    Submission,
)
from grading.queries.status_body import status_body
from grading.services.clients import find_key
from grading.services.demonstration import Part, read_demonstration
from review.access import roles_of
from review.management.pages import collect_pages
from review.models import Claim, Rating
from review.queries import awaiting
from review.services.claims import claim_next
from review.services.demonstration import load_working_day
from review.services.ratings import settle_due_ratings
from review.services.sign_ins import ensure_sheet, read_sheet

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:8000"
COUNTED: tuple[type[Model], ...] = (
    ApiKey,
    AuditEvent,
    Claim,
    Client,
    Grade,
    GradingRun,
    OrmQ,
    Question,
    Rating,
    Submission,
    get_user_model(),
)


def counts() -> list[int]:
    return [model._default_manager.count() for model in COUNTED]


def by_status() -> Counter[str]:
    return Counter(Submission.objects.values_list("status", flat=True))


def test_every_state_of_a_working_day_is_there() -> None:
    load_working_day()
    statuses = by_status()
    assert set(statuses) == set(Status) - {Status.PROCESSING}
    assert statuses[Status.PENDING] == 2
    modes = Counter(Submission.objects.values_list("grading_mode", flat=True))
    assert (modes[GradingMode.AUTO], modes[GradingMode.HYBRID], modes[GradingMode.HUMAN]) == (
        4,
        4,
        1,
    )
    assert {row.review_priority for row in awaiting()} == set(Priority)
    assert sum(statuses.values()) == len(read_demonstration().responses)


def test_a_second_load_changes_nothing() -> None:
    load_working_day()
    before = counts()
    newest = AuditEvent.objects.latest("id").pk
    assert load_working_day().added == ()
    assert counts() == before
    assert AuditEvent.objects.latest("id").pk == newest


def test_the_command_loads_the_part_it_is_asked_for_and_later_the_rest() -> None:
    call_command("loaddemo", "--stage", "empty", stdout=StringIO())
    assert not Submission.objects.exists()
    assert Question.objects.count() == 6
    assert get_user_model().objects.filter(username="rater1").exists()
    call_command("loaddemo", "--stage", "morning", stdout=StringIO())
    assert set(by_status()) == {Status.PENDING, Status.REVIEW_PENDING}
    assert not Rating.objects.exists()
    morning = Submission.objects.count()
    call_command("loaddemo", stdout=StringIO())
    assert Submission.objects.count() == len(read_demonstration().responses) > morning


def test_no_grade_that_was_loaded_is_presented_as_a_models() -> None:
    load_working_day()
    machine = Grade.objects.exclude(source=GradeSource.HUMAN)
    assert set(machine.values_list("source", flat=True)) == {GradeSource.DEMO}
    assert not any(row.models_used or row.tries_count or row.local_version for row in machine)
    assert not ModelTry.objects.exists()
    released = Submission.objects.filter(grading_mode=GradingMode.AUTO)
    sources = {status_body(row)["result"]["provenance"]["source"] for row in released}
    assert sources == {"demo"}


def test_only_the_pending_ones_are_left_to_the_workers() -> None:
    load_working_day()
    queued = GradingRun.objects.filter(state__in=[RunState.QUEUED, RunState.RUNNING])
    assert {run.submission.status for run in queued} == {Status.PENDING}
    assert queued.count() == OrmQ.objects.count() == 2
    assert not Grade.objects.filter(submission__status=Status.PENDING).exists()


def test_every_quote_stands_where_its_offset_says() -> None:
    load_working_day()
    evidence = 0
    for grade in Grade.objects.filter(source=GradeSource.DEMO).select_related("submission"):
        text = grade.submission.answer_text
        for item in grade.evidence:
            assert text[item["offset"] : item["offset"] + item["length"]] == item["quote"]
            evidence += 1
        wrong = {each.key: each for each in read_demonstration().responses}[
            grade.submission.submission_id
        ].grammar_errors
        found = [
            text[row["offset"] : row["offset"] + row["length"]] for row in grade.grammar_errors
        ]
        assert found == [error.quote for error in wrong]
    assert evidence >= 4 * 29


def test_flags_are_what_the_guards_see_in_the_text() -> None:
    load_working_day()
    fragment = Submission.objects.get(submission_id="demo-14")
    assert "too_short_to_judge" in fragment.flags
    assert "flagged" in fragment.route_reasons
    assert Submission.objects.get(submission_id="demo-01").flags == []


def test_a_raters_decision_stands_beside_the_grade_it_replaced() -> None:
    load_working_day()
    for rating in Rating.objects.select_related("grade", "submission__machine_grade", "claim"):
        row = rating.submission
        assert rating.grade is not None
        assert row.counting_grade_id == rating.grade_id
        assert rating.grade.graded_by_id == rating.rater_id
        assert row.created_at < rating.claim.created_at < rating.submitted_at < row.completed_at
        if row.grading_mode == GradingMode.HYBRID:
            assert row.machine_grade is not None
            assert row.machine_grade.source == GradeSource.DEMO
        else:
            assert row.machine_grade is None
    assert Rating.objects.count() == 5
    assert settle_due_ratings() == 0


def test_histories_are_in_the_order_of_their_times_and_lie_in_the_past() -> None:
    load_working_day()
    for row in Submission.objects.filter(review_since__isnull=False):
        events = list(row.audit_events.order_by("id"))
        times = [event.at for event in events]
        assert times == sorted(times)
        assert events[0].kind == "received"
        assert "routed" in {event.kind for event in events}


def test_a_visitor_begins_with_the_most_urgent_response_and_nothing_in_hand() -> None:
    load_working_day()
    rater = get_user_model().objects.get(username="rater1")
    assert not Claim.objects.filter(rater=rater, ended_at=None).exists()
    assert Claim.objects.filter(ended_at=None).count() == 2
    held = claim_next(rater)
    assert held is not None
    assert held.submission.review_priority == Priority.HIGH


def test_the_sheet_lets_everybody_in_and_is_only_its_owners_to_read(tmp_path: Path) -> None:
    client = load_working_day(Part.EMPTY).client
    path = tmp_path / "demo.json"
    ensure_sheet(path, client, URL)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    sheet = json.loads(path.read_text())
    assert set(sheet) == {"url", "apiKey", "webhookSecret", "accounts"}
    assert sheet["webhookSecret"] == client.webhook_secret
    key = find_key(sheet["apiKey"])
    assert key is not None
    assert key.client == client
    assert [row["role"] for row in sheet["accounts"]] == ["rater", "rater", "lead", "admin"]
    for row in sheet["accounts"]:
        person = authenticate(username=row["username"], password=row["password"])
        assert person is not None
        assert row["role"] in roles_of(person)


def test_a_second_start_keeps_the_sheet_and_a_lost_one_is_made_anew(tmp_path: Path) -> None:
    client = load_working_day(Part.EMPTY).client
    path = tmp_path / "demo.json"
    first = ensure_sheet(path, client, URL)
    keys = ApiKey.objects.count()
    assert ensure_sheet(path, client, URL) == first
    assert ApiKey.objects.count() == keys
    path.write_text('{"url": ')
    anew = ensure_sheet(path, client, URL)
    assert anew.api_key != first.api_key
    assert find_key(anew.api_key) is not None
    assert not {row.password for row in anew.accounts} & {row.password for row in first.accounts}
    assert read_sheet(path) == anew


def test_a_sheet_of_another_database_gets_a_key_that_works_here(tmp_path: Path) -> None:
    client = load_working_day(Part.EMPTY).client
    path = tmp_path / "demo.json"
    ensure_sheet(path, client, URL)
    ApiKey.objects.all().delete()
    get_user_model().objects.get(username="lead").delete()
    load_working_day(Part.EMPTY)
    sheet = ensure_sheet(path, client, URL)
    assert find_key(sheet.api_key) is not None
    assert all(authenticate(username=a.username, password=a.password) for a in sheet.accounts)


def test_pages_are_collected_again_only_when_a_file_of_theirs_changed(
    tmp_path: Path, settings: Any
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    page = source / "page.css"
    page.write_text("a {}")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "static"
    get_finder.cache_clear()
    try:
        assert collect_pages()
        assert not collect_pages()
        page.write_text("a { color: green }")
        # Django compares whole seconds.
        os.utime(page, (time.time() + 10, time.time() + 10))
        assert collect_pages()
        assert "green" in (tmp_path / "static" / "page.css").read_text()
        rmtree(tmp_path / "static")
        assert collect_pages()
    finally:
        get_finder.cache_clear()
