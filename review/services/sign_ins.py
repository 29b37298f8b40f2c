"""The sheet that lets a visitor in: address, key, and sign-ins of the demonstration."""

import json
import os
import secrets
from pathlib import Path

from django.contrib.auth import get_user_model
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from grading.models import Client
from grading.services.clients import find_key, issue_key
from review.services.demonstration import SIGN_INS


class SheetPart(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class SignIn(SheetPart):
    username: str
    password: str
    role: str


class Sheet(SheetPart):
    url: str
    api_key: str
    webhook_secret: str
    accounts: tuple[SignIn, ...]


def ensure_sheet(path: Path, client: Client, url: str) -> Sheet:
    """The sheet at a path made true: what it says is kept, what is missing or wrong made anew."""
    kept = read_sheet(path)
    sheet = Sheet(
        url=url,
        api_key=_key(client, kept),
        webhook_secret=client.webhook_secret,
        accounts=_accounts(kept),
    )
    if sheet != kept:
        write_sheet(path, sheet)
    return sheet


def read_sheet(path: Path) -> Sheet | None:
    """The sheet at a path; None where there is none that can be read."""
    try:
        return Sheet.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        return None


def write_sheet(path: Path, sheet: Sheet) -> None:
    """Put a whole sheet in place at once, readable by its owner only."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(sheet.model_dump(by_alias=True), file, indent=2)
        file.write("\n")
    unfinished.replace(path)


def _key(client: Client, kept: Sheet | None) -> str:
    known = find_key(kept.api_key) if kept else None
    if kept and known and known.client_id == client.pk:
        return kept.api_key
    return issue_key(client)


def _accounts(kept: Sheet | None) -> tuple[SignIn, ...]:
    passwords = {account.username: account.password for account in kept.accounts} if kept else {}
    accounts = []
    for person in SIGN_INS:
        password = passwords.get(person.username) or secrets.token_urlsafe(12)
        user = get_user_model().objects.get(username=person.username)
        if not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        accounts.append(SignIn(username=person.username, password=password, role=person.role))
    return tuple(accounts)
