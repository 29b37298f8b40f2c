"""The rater's guide explains every code a rater can meet, in both languages."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from grading.enums import Flag, OverrideReason, RouteReason

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDES = ("raters-guide.md", "raters-guide.vi.md")


def rows_of(guide: str) -> dict[str, str]:
    text = (DOCS / guide).read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE))


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("codes", [Flag, OverrideReason, RouteReason])
def test_the_guide_explains_every_code(guide: str, codes: type[StrEnum]) -> None:
    assert {code.value for code in codes} <= set(rows_of(guide))


@pytest.mark.parametrize("guide", GUIDES)
def test_the_guide_explains_no_code_that_is_gone(guide: str) -> None:
    known = {code.value for codes in (Flag, OverrideReason, RouteReason) for code in codes}
    assert set(rows_of(guide)) <= known


def test_the_two_guides_are_not_the_same_text() -> None:
    english, vietnamese = (rows_of(guide) for guide in GUIDES)
    assert all(english[code] != vietnamese[code] for code in english)
