"""What every test of the console shares."""

import pytest
from django.test import Client

from review.tests import builders


@pytest.fixture
def rater(db):
    return builders.account("an")


@pytest.fixture
def browser(rater):
    """A rater's browser, signed in."""
    browser = Client()
    browser.force_login(rater)
    return browser
