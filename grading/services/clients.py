"""Clients and their keys."""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from grading.enums import Scope
from grading.models import ApiKey, Client

KEY_PREFIX = "vk_"
HINT_LENGTH = 9


def digest_of_key(key: str) -> str:
    """Sha256 of a key. It has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def create_client(name: str, scopes: Iterable[Scope] = tuple(Scope)) -> tuple[Client, str]:
    """A client with one key; the key is returned once and stored only as its digest."""
    client = Client.objects.create(name=name, webhook_secret=make_webhook_secret())
    return client, issue_key(client, scopes)


def make_webhook_secret() -> str:
    """A signing secret as Standard Webhooks writes them: `whsec_` and 32 bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def issue_key(client: Client, scopes: Iterable[Scope] = tuple(Scope)) -> str:
    """One more key for a client, returned once."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    ApiKey.objects.create(
        client=client,
        hint=key[:HINT_LENGTH],
        digest=digest_of_key(key),
        scopes=[str(scope) for scope in scopes],
    )
    return key


def revoke_key(key: ApiKey) -> None:
    """Refuse the key from its next call on."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=Now())


def find_key(key: str) -> ApiKey | None:
    """The usable key with this text, None for any other; notes when it was last used."""
    found = ApiKey.objects.select_related("client").filter(digest=digest_of_key(key)).first()
    if found is None or not found.is_usable:
        return None
    # Once a minute is enough to see which keys are dead, and spares a write per call.
    stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - timedelta(minutes=1))
    ApiKey.objects.filter(stale, pk=found.pk).update(last_used_at=Now())
    return found
