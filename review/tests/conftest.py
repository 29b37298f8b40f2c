"""What every test of the console shares."""

import pytest


@pytest.fixture(autouse=True)
def _fast_passwords(settings):
    """Fifty raters are made in one test; slow hashing is tested by Django."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
