"""Who may open and do what; what a GET and a form without a token do."""

import uuid

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.urls import reverse

from grading.models import AuditEvent, Grade, Submission
from review.models import Claim, Rating
from review.services.accounts import create_account
from review.services.claims import claim
from review.services.ratings import submit_rating
from review.tests import builders

pytestmark = pytest.mark.django_db

GETS = ("queue", "response", "dashboard")
POSTS = ("next", "claim", "renew", "release", "submit", "undo")
PEOPLE = ("rater", "lead", "admin", "outsider", "nobody")


@pytest.fixture
def people():
    accounts = {role: builders.account(f"the-{role}", role) for role in ("rater", "lead", "admin")}
    outsider = create_account("outsider", builders.PASSWORD, "rater")
    outsider.groups.clear()
    return accounts | {"outsider": outsider}


@pytest.fixture
def row():
    return builders.waiting()


def browser_of(person, **options):
    browser = Browser(**options)
    if person is not None:
        browser.force_login(person)
    return browser


def address(name, row):
    return reverse(name) if name in {"queue", "dashboard", "next"} else reverse(name, args=[row.pk])


def everything():
    models = (Submission, Claim, Rating, Grade, AuditEvent)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("queue", {"rater", "lead", "admin"}),
        ("response", {"rater", "lead", "admin"}),
        ("dashboard", {"lead", "admin"}),
    ],
)
def test_pages_open_for_their_roles_and_for_nobody_else(people, row, name, allowed):
    for who in PEOPLE:
        answer = browser_of(people.get(who)).get(address(name, row))
        shows = row.submission_id in answer.content.decode() or (
            name == "dashboard" and answer.status_code == 200
        )
        assert shows == (who in allowed), who
        if who not in allowed:
            assert answer.status_code == (302 if who == "nobody" else 403)


@pytest.mark.parametrize("name", POSTS)
def test_outsiders_and_strangers_change_nothing(people, row, name):
    held = claim(row.pk, people["rater"])
    before = everything()
    for who in ("outsider", "nobody"):
        answer = browser_of(people.get(who)).post(address(name, row), {"lease": held.lease_id})
        assert answer.status_code == (403 if who == "outsider" else 302)
    assert everything() == before


@pytest.mark.parametrize("name", GETS)
def test_reading_a_page_changes_no_row(people, row, name):
    claim(row.pk, people["rater"])
    before = everything()
    for who in ("rater", "lead", "admin"):
        browser_of(people[who]).get(address(name, row))
    assert everything() == before


@pytest.mark.parametrize("name", POSTS)
def test_what_changes_rows_cannot_be_done_with_a_get(people, row, name):
    assert browser_of(people["lead"]).get(address(name, row)).status_code == 405


@pytest.mark.parametrize("name", POSTS)
def test_a_form_without_its_token_is_refused_and_changes_nothing(people, row, name):
    held = claim(row.pk, people["rater"])
    before = everything()
    browser = browser_of(people["rater"], enforce_csrf_checks=True)
    answer = browser.post(
        address(name, row),
        {"lease": held.lease_id, **{f"score_{k}": v for k, v in builders.scores().items()}},
    )
    assert answer.status_code == 403
    assert "too old" in answer.content.decode()
    assert everything() == before


def test_a_swap_of_somebody_signed_out_keeps_the_page(row):
    answer = Browser().post(address("submit", row), headers={"HX-Request": "true"})
    assert answer.status_code == 401


def test_raters_do_not_see_what_never_came_to_raters_but_leads_do(people):
    private = builders.submission("Only for the machine.")
    for who, status in (("rater", 404), ("lead", 200), ("admin", 200)):
        answer = browser_of(people[who]).get(address("response", private))
        assert answer.status_code == status
        assert ("Only for the machine." in answer.content.decode()) == (status == 200)


def test_an_unknown_response_is_a_page_in_plain_words(people):
    missing = reverse("response", args=[uuid.uuid4()])
    answer = browser_of(people["rater"]).get(missing)
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()


def test_one_rater_cannot_use_anothers_lease_or_undo_anothers_rating(people, row, settings):
    settings.UNDO_SECONDS = 60
    other = builders.account("other")
    held = claim(row.pk, people["rater"])
    browser = browser_of(other)
    for name in ("release", "renew", "submit"):
        data = {"lease": held.lease_id, "feedback": "mine"}
        assert browser.post(address(name, row), data).status_code == 409
    submit_rating(held.lease_id, people["rater"], builders.scores())
    assert browser.post(address("undo", row)).status_code == 409
    assert Rating.objects.get().undone_at is None


def test_signing_out_needs_a_post_and_ends_the_session(people):
    browser = browser_of(people["rater"])
    assert browser.get(reverse("logout")).status_code == 405
    browser.post(reverse("logout"))
    assert browser.get(reverse("queue")).status_code == 302


def test_an_account_gets_its_groups_and_an_admin_its_rights(people):
    assert set(Group.objects.values_list("name", flat=True)) == {"rater", "lead"}
    assert people["admin"].is_superuser
    assert not people["lead"].is_staff
    with pytest.raises(ValueError, match="already"):
        create_account("the-rater", builders.PASSWORD, "lead")
