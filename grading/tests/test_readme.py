"""The README's own example works as it stands there."""

import json
import re
from pathlib import Path

import pytest

from conftest import Api
from grading.models import Submission

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()

pytestmark = pytest.mark.django_db


def test_the_letter_of_the_tour_is_taken(api: Api) -> None:
    [body] = re.findall(r"-d '(\{.*?\})'\n```", README, re.DOTALL)
    assert api.post("submissions", json.loads(body)).status_code == 202
    words = Submission.objects.get().answer_text.split()
    assert len(words) >= 120


def test_what_the_readme_names_is_there() -> None:
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"`((?:grading|review|vstep_site|docs)/[\w./]+)`", README):
        assert (ROOT / path).exists(), path
