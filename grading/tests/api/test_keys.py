"""Who may call, and what a key may do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import Api, make_api, submission
from grading.enums import Scope
from grading.models import ApiKey, Client
from grading.services.clients import digest_of_key, revoke_key

pytestmark = pytest.mark.django_db

CALLS = [
    ("GET", "submissions", Scope.SUBMISSIONS_READ),
    ("POST", "submissions", Scope.SUBMISSIONS_WRITE),
    ("GET", "submissions/a", Scope.SUBMISSIONS_READ),
    ("POST", "submissions/a/cancel", Scope.SUBMISSIONS_WRITE),
    ("POST", "submissions/a/regrade", Scope.SUBMISSIONS_WRITE),
    ("GET", "questions/q", Scope.SUBMISSIONS_READ),
    ("PUT", "questions/q", Scope.QUESTIONS_WRITE),
]


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
def test_each_call_needs_its_own_scope_and_no_other(method: str, path: str, scope: Scope) -> None:
    everything_else = make_api("All but one", *(other for other in Scope if other != scope))
    answer = everything_else.call(method, path, {})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert scope in answer.json()["detail"]
    assert make_api("Only this one", scope).call(method, path, {}).status_code != 403


@pytest.mark.parametrize(
    "header",
    ["Basic {key}", "Bearer", "Bearer {key} {key}", "{key}", "Bearer é", "Bearer vk_", "Bearer "],
)
def test_only_a_bearer_key_is_taken_however_the_header_is_broken(api: Api, header: str) -> None:
    answer = api.get("submissions", Authorization=header.format(key=api.key))
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"
    assert api.key not in answer.content.decode()


def test_a_token_of_another_kind_is_no_key_even_if_one_were_on_file(api: Api) -> None:
    ApiKey.objects.update(digest=digest_of_key("vt_" + api.key[3:]))
    assert api.get("submissions", Authorization=f"Bearer vt_{api.key[3:]}").status_code == 401


def test_a_key_is_refused_once_it_has_expired(api: Api) -> None:
    ApiKey.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    assert api.get("submissions").status_code == 200
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert api.get("submissions").status_code == 401


def test_the_keys_of_an_inactive_client_are_refused_and_its_work_stays(api: Api) -> None:
    api.post("submissions", submission())
    Client.objects.update(is_active=False)
    assert api.get("submissions").status_code == 401
    Client.objects.update(is_active=True)
    assert len(api.get("submissions").json()["results"]) == 1


def test_a_key_notes_when_it_was_used_once_a_minute(api: Api) -> None:
    api.get("submissions")
    first = ApiKey.objects.get().last_used_at
    assert timezone.now() - first < timedelta(minutes=1)
    api.get("submissions")
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    api.get("submissions")
    assert ApiKey.objects.get().last_used_at >= first


def test_revoking_a_key_again_keeps_the_time_of_the_first(api: Api) -> None:
    revoke_key(ApiKey.objects.get())
    long_ago = timezone.now() - timedelta(days=3)
    ApiKey.objects.update(revoked_at=long_ago)
    revoke_key(ApiKey.objects.get())
    assert ApiKey.objects.get().revoked_at == long_ago
