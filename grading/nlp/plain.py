"""Texts made harmless to show, to store and to send: nothing invisible, nothing to click."""

import re
import unicodedata

_KEPT_CONTROLS = frozenset("\n\t")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_END = r"[^\s<>\"')\]]"
# A bare "data:" or "file: " is ordinary English, so those need what only an address has.
_LINK = re.compile(
    rf"\b(?:https?|ftp|file|javascript|vbscript|mailto|tel):{_END}+"
    rf"|\bdata:[a-z]+/{_END}*|//[^\s/]+\.{_END}+|\bwww\.{_END}+",
    re.IGNORECASE,
)
LINK_REMOVED = "[link removed]"


def is_hidden(character: str) -> bool:
    """A character that shows nothing by itself: control, format, variation selector, surrogate."""
    if " " <= character <= "~" or character in _KEPT_CONTROLS:
        return False
    if "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return True
    return unicodedata.category(character) in _HIDDEN_CATEGORIES


def visible(text: str) -> str:
    """The text as a reader sees it: line ends as \\n, hidden characters left out."""
    with_line_ends = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in with_line_ends if not is_hidden(c))


def plain_text(text: str, limit: int) -> str:
    """A model's words fit to show: visible, without links, at most `limit` characters.

    Markup stays as it is and is shown as text.
    """
    return _LINK.sub(LINK_REMOVED, visible(text[: 2 * limit])).strip()[:limit]


def storable(text: str, limit: int) -> str:
    """The text as received but for what PostgreSQL cannot hold, at most `limit` characters."""
    return "".join(
        "\ufffd" if c == "\x00" or "\ud800" <= c <= "\udfff" else c for c in text[:limit]
    )


def shares_run(text: str, source: str, *, words: int = 12) -> bool:
    """Whether the text repeats a run of so many words of the source, case and marks aside."""
    runs = set(_runs(source, words))
    return any(run in runs for run in _runs(text, words))


def _runs(text: str, length: int) -> list[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return [tuple(words[i : i + length]) for i in range(len(words) - length + 1)]
