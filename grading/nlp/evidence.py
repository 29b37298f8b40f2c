"""Finding what a model quotes in what a candidate wrote.

A quote counts only when it stands there. Differences that nobody sees are overlooked (kinds of
spaces, quotation marks and dashes, Unicode forms); a different letter or digit never is.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from grading.nlp.plain import is_hidden

# Shorter ones stand in any text and prove nothing.
MIN_QUOTE_CHARACTERS = 3

_ALIKE = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u0060\uff07", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\uff0d", "-"),
}
_OUTER_MARKS = "\"'"
_DECIMAL = re.compile(r"\d[.,]\d")


@dataclass(frozen=True)
class _Normalised:
    """A text in its comparable form, with the code point each character came from."""

    text: str
    origins: tuple[int, ...]


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """Offset and length, in code points of the text as received, of a quote; None if not there.

    It must begin and end where words do: "5%" is not found in "15%".
    """
    if len(quote.strip()) < MIN_QUOTE_CHARACTERS:
        return None
    exact = quote.strip()
    offset = _find(exact, text)
    return (offset, len(exact)) if offset is not None else _locate_alike(exact, text)


def _locate_alike(quote: str, text: str) -> tuple[int, int] | None:
    sought = _normalise(quote).text.strip()
    within = _normalised(text)
    for candidate in (sought, _without_outer_marks(sought)):
        if len(candidate) < MIN_QUOTE_CHARACTERS:
            continue
        found = _find(candidate, within.text)
        if found is not None:
            origins = within.origins[found : found + len(candidate)]
            return min(origins), max(origins) - min(origins) + 1
    return None


def _without_outer_marks(quote: str) -> str:
    if quote[:1] in _OUTER_MARKS and quote[-1:] == quote[:1]:
        return quote[1:-1].strip()
    return ""


def _find(sought: str, text: str) -> int | None:
    """The first place where the sought words stand whole."""
    start = text.find(sought)
    while start != -1:
        if _stands_whole(text, start, start + len(sought)):
            return start
        start = text.find(sought, start + 1)
    return None


def _stands_whole(text: str, start: int, end: int) -> bool:
    if end < len(text) and unicodedata.combining(text[end]):
        return False
    return not (_joins(text, start) or _joins(text, end))


def _joins(text: str, place: int) -> bool:
    """Whether the characters on both sides of a place belong to one word or number."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if before.isalnum() and after.isalnum():
        return True
    around = text[max(0, place - 2) : place + 2]
    return _DECIMAL.search(around) is not None


# One response is searched for dozens of quotes in a row.
@lru_cache(maxsize=4)
def _normalised(text: str) -> _Normalised:
    return _normalise(text)


def _normalise(text: str) -> _Normalised:
    characters: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text):
        for piece in _pieces(character):
            if piece == " " and characters and characters[-1] == " ":
                continue
            characters.append(piece)
            origins.append(index)
    _order_combining_marks(characters, origins)
    return _Normalised("".join(characters), tuple(origins))


def _pieces(character: str) -> str:
    """The comparable characters one character of the text stands for; none for hidden ones."""
    if "!" <= character <= "~" and character != "`":
        return character
    if character.isspace():
        return " "
    if is_hidden(character):
        return ""
    return _ALIKE.get(character) or unicodedata.normalize("NFD", character)


def _order_combining_marks(characters: list[str], origins: list[int]) -> None:
    """Put runs of combining marks into canonical order, as NFD over the whole text would."""
    classes = [0 if c.isascii() else unicodedata.combining(c) for c in characters]
    start = 0
    while start < len(classes):
        if not classes[start]:
            start += 1
            continue
        end = start
        while end < len(classes) and classes[end]:
            end += 1
        order = sorted(range(start, end), key=classes.__getitem__)
        characters[start:end] = [characters[i] for i in order]
        origins[start:end] = [origins[i] for i in order]
        start = end
