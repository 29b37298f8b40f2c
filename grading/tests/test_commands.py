"""What the management commands print, keep, and refuse."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from grading.enums import Scope
from grading.models import ApiKey, Client
from grading.services.clients import find_key

pytestmark = pytest.mark.django_db


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def key_in(text: str) -> str:
    return next(word for word in text.split() if word.startswith("vk_"))


def test_createclient_prints_a_key_that_works_and_keeps_only_its_digest() -> None:
    key = key_in(run("createclient", "North school"))
    found = find_key(key)
    assert found is not None
    assert found.client.name == "North school"
    assert set(found.scopes) == set(Scope)
    kept = ApiKey.objects.values().get()
    assert all(key not in str(value) for value in kept.values())


def test_createclient_gives_only_the_scopes_asked_for() -> None:
    text = run(
        "createclient", "North school", "--scope", "submissions:read", "--scope", "questions:write"
    )
    found = find_key(key_in(text))
    assert found is not None
    assert found.scopes == ["submissions:read", "questions:write"]


def test_createclient_names_the_known_scopes_when_one_is_unknown() -> None:
    with pytest.raises(CommandError, match="submissions:write, submissions:read"):
        run("createclient", "North school", "--scope", "everything")
    assert not Client.objects.exists()


def test_createclient_refuses_a_name_that_is_taken() -> None:
    run("createclient", "North school")
    with pytest.raises(CommandError, match="'North school' already"):
        run("createclient", " North school ")
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("name", ["", "  ", "n" * 101])
def test_createclient_refuses_a_name_that_cannot_be_stored(name: str) -> None:
    with pytest.raises(CommandError, match="name cannot be used"):
        run("createclient", name)
