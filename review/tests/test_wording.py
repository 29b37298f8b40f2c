"""Every value has its words, and every string its Vietnamese."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from grading import enums
from grading.models import AuditEvent
from review import wording

TABLES = [
    (wording.SKILLS, enums.Skill),
    (wording.TASKS, enums.Task),
    (wording.CRITERIA, enums.Criterion),
    (wording.BANDS, enums.Band),
    (wording.STATUSES, enums.Status),
    (wording.MODES, enums.GradingMode),
    (wording.PRIORITIES, enums.Priority),
    (wording.CONFIDENCES, enums.Confidence),
    (wording.SOURCES, enums.GradeSource),
    (wording.FLAGS, enums.Flag),
    (wording.FLAGS_IN_SHORT, enums.Flag),
    (wording.ROUTE_REASONS, enums.RouteReason),
    (wording.ERROR_CODES, enums.ErrorCode),
    (wording.OVERRIDE_REASONS, enums.OverrideReason),
    (wording.EVENTS, enums.AuditKind),
]
ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "locale" / "vi" / "LC_MESSAGES"
ENTRY = re.compile(
    r'^msgid ((?:"(?:[^"\\]|\\.)*"\n)+)(?:msgid_plural (?:"(?:[^"\\]|\\.)*"\n)+)?'
    r'msgstr(?:\[0\])? ((?:"(?:[^"\\]|\\.)*"\n?)+)',
    re.M,
)
TRANSLATORS = {"_", "gettext", "gettext_lazy", "ngettext"}
PLACEHOLDER = re.compile(r"%\(\w+\)\w|{\w+}")
BUTTONS = (
    "Queue",
    "Open next",
    "Take this response",
    "Yours until",
    "Why here",
    "Whole scale",
    "Overall",
    "Feedback",
    "Comment for the lead",
    "Reason for the change",
    "Submit",
    "Submit and open next",
    "Take it back",
    "Release",
)
# The same in both languages.
UNCHANGED = {"C1", "B2", "B1"}


@pytest.mark.parametrize(
    ("table", "kind"), TABLES, ids=lambda value: getattr(value, "__name__", "")
)
def test_every_value_has_words(table, kind):
    assert set(table) == set(kind)
    assert all(str(words).strip() for words in table.values())


@pytest.mark.parametrize("kind", list(enums.AuditKind))
def test_every_event_makes_a_finished_sentence_whatever_its_data(kind):
    datas = [
        {},
        {"reasons": ["near_band_cut"], "source": "local", "score": "7.5"},
        {"expired": True},
        {"by_lead": True},
        {"reasons": None, "source": "newer", "score": 7},
    ]
    for data in datas:
        sentence = wording.event_sentence(AuditEvent(kind=kind, data=data))
        assert sentence
        assert "%(" not in sentence


def test_a_value_from_a_newer_version_is_shown_as_it_is():
    assert wording.words_for(wording.FLAGS, enums.Flag, "brand_new") == "brand_new"


def unquoted(lines):
    return "".join(ast.literal_eval(part) for part in lines.strip().splitlines())


def translations():
    text = (CATALOGUE / "django.po").read_text()
    return {unquoted(source): unquoted(target) for source, target in ENTRY.findall(text)}


def strings_in_python(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in TRANSLATORS and isinstance(node.args[0].value, str):
                yield node.args[0].value


def strings_in_template(path):
    text = path.read_text()
    yield from (match[2] for match in re.finditer(r"{% trans (['\"])(.*?)\1 ?%}", text))
    for block in re.finditer(r"{% blocktrans.*?%}(.*?){% (?:plural|endblocktrans)", text, re.S):
        yield re.sub(r"{{ ?(\w+) ?}}", r"%(\1)s", block[1])


def strings_in_use():
    for path in [*ROOT.glob("review/**/*.py"), ROOT / "vstep_site" / "settings.py"]:
        if "tests" not in path.parts:
            yield from strings_in_python(path)
    for path in ROOT.glob("templates/**/*.html"):
        yield from strings_in_template(path)


def test_every_string_of_the_console_is_in_vietnamese():
    known = translations()
    used = set(strings_in_use())
    assert len(used) > 200
    missing = sorted(text for text in used if not known.get(text, "").strip())
    assert missing == []


def test_no_translation_is_the_english_left_standing_or_loses_a_placeholder():
    for source, target in translations().items():
        if source and source not in UNCHANGED:
            assert target != source
            assert set(PLACEHOLDER.findall(source)) == set(PLACEHOLDER.findall(target))


def test_the_compiled_catalogue_is_the_written_one():
    with translation.override("vi"):
        for source, target in translations().items():
            if source and not re.search(r"%\(n(umber)?\)", source):
                assert translation.gettext(source) == target


@pytest.mark.parametrize(("language", "guide"), [("en", "raters-guide"), ("vi", "raters-guide.vi")])
def test_the_raters_guide_uses_the_consoles_words(language, guide):
    text = (ROOT / "docs" / f"{guide}.md").read_text()
    with translation.override(language):
        for table in (wording.OVERRIDE_REASONS, wording.ROUTE_REASONS, wording.FLAGS):
            for value, words in table.items():
                assert f"| `{value}` | {words} |" in text
        for button in BUTTONS:
            assert translation.gettext(button) in text, button
