"""The people of the console."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from review.access import Role


def ensure_roles() -> None:
    """The groups raters and leads belong to."""
    for role in (Role.RATER, Role.LEAD):
        Group.objects.get_or_create(name=role)


def create_account(username: str, password: str, role: Role | str) -> User:
    """A person with one role; ValidationError for a weak password, ValueError for a taken name."""
    role = Role(role)
    validate_password(password)
    with transaction.atomic():
        ensure_roles()
        if get_user_model().objects.filter(username=username).exists():
            raise ValueError(f"There is an account named {username!r} already.")
        is_admin = role is Role.ADMIN
        person = get_user_model().objects.create_user(
            username, password=password, is_staff=is_admin, is_superuser=is_admin
        )
        if not is_admin:
            person.groups.add(Group.objects.get(name=role))
        return person
