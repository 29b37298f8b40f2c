"""Text in a response that addresses whoever grades it, or hides from them.

A first detector: it names what it is sure of and stays silent on honest essays about rules,
systems and artificial intelligence. Anything it finds goes to a person, nothing is punished here.
"""

import codecs
import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from grading.nlp.folding import CONFUSABLES, LEET, Folded, flatten, fold
from grading.nlp.order_patterns import (
    ADDRESSES,
    BEFORE_AN_ORDER,
    DISMISSALS,
    FOREIGN_ORDERS,
    IMPERATIVES,
    MAKES_A_STATEMENT,
    MARKUP,
    SCRAMBLED,
    TELLTALES,
    VERDICTS,
)

TOKEN = re.compile(r"\S+")
SPACED_LETTERS = re.compile(r"(?:(?<= )[a-z] (?:\. )?){6,}")
ENCODED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2} ?){16,}")
LOOK_ALIKE = "".join(map(chr, CONFUSABLES))
MIXED_SCRIPTS = re.compile(rf"[a-z][{LOOK_ALIKE}]|[{LOOK_ALIKE}][a-z]", re.I)
WIDE_LETTERS = re.compile(r"[Ａ-Ｚａ-ｚ\U0001d400-\U0001d7ff]{3,}")
HIDDEN = re.compile(
    r"(?<!\U0001f3f4)[\U000e0000-\U000e007f]{2,}"  # tags, but for the flags spelled with them
    r"|[\u202d\u202e\u2066-\u2069]"  # text shown in another order than it is stored
    r"|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}"
    r"|[\x00-\x08\x0e-\x1f\x7f]"
    r"|(?<=[^\W\d_])[\u200b-\u200d\u2060\ufeff](?=[^\W\d_])"
)
FLAG_TAGS = re.compile(r"\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{2,6}\U000e007f")
# Without one of these in the rotated text no order can be there; it saves half the time.
ROTATED_TELLTALES = ("ignore", "score", "disregard", "marks", "grade", "instruction")
# Longer than any honest response; the rest is noted by its length alone.
READ_CHARACTERS = 20_000


@dataclass(frozen=True)
class Span:
    """Where something stands: code points of the text as received, and what kind it is."""

    offset: int
    length: int
    kind: str


def _matches(
    patterns: Iterable[re.Pattern[str]],
    view: Folded,
    kind: str,
    holds: Callable[[str, int], bool] = lambda text, at: True,
) -> Iterator[Span]:
    for pattern in patterns:
        for match in pattern.finditer(view.text):
            if holds(view.text, match.start()):
                yield Span(*view.original(match.start(), match.end()), kind)


def _key(token: str) -> str:
    return f"{token[0]}{''.join(sorted(token[1:-1]))}{token[-1]}"


SCRAMBLED_BY_KEY = {_key(word): word for word in SCRAMBLED}


def _restored(token: str) -> str:
    """A token with digits for letters, or its inner letters in disorder, made plain again."""
    letters = sum(map(str.isalpha, token))
    if len(token) >= 5 and 3 <= letters < len(token):
        token = token.translate(LEET)
    return SCRAMBLED_BY_KEY.get(_key(token), token) if len(token) > 4 else token


def _plain_words(flat: Folded) -> Folded:
    restored = TOKEN.sub(lambda match: _restored(match.group()), flat.text)
    return Folded(restored, flat.offsets)


def _words_before(text: str, at: int) -> tuple[str, str]:
    """The word before a place, and up to three words joined backwards ("to-have-you")."""
    words = text[max(at - 60, 0) : at].split()[-3:] or ["."]
    return words[-1], "-".join(reversed(words))


def _begins_order(text: str, at: int) -> bool:
    word, chain = _words_before(text, at)
    turned = ("must-you", "should-you", "to-have-you")
    return word in BEFORE_AN_ORDER or chain.startswith(turned)


def _makes_statement(text: str, at: int) -> bool:
    return _words_before(text, at)[0] in MAKES_A_STATEMENT


def _order_spans(view: Folded, kind: str) -> Iterator[Span]:
    yield from _matches(ADDRESSES, view, kind)
    yield from _matches(IMPERATIVES, view, kind, _begins_order)
    yield from _matches(DISMISSALS, view, kind, lambda *where: not _makes_statement(*where))


def _spaced(flat: Folded) -> Iterator[Span]:
    for match in SPACED_LETTERS.finditer(flat.text):
        joined = match.group().replace(" ", "").replace(".", "")
        if any(word in joined for word in TELLTALES):
            yield Span(*flat.original(match.start(), match.end()), "disguised")


def _decoded(run: str) -> str:
    try:
        whole = run.rstrip("=")
        whole = whole[: len(whole) - (len(whole) % 4 == 1)]
        return a2b_base64(whole + "=" * (-len(whole) % 4)).decode("ascii")
    except (Base64Error, UnicodeDecodeError):
        return ""


def _encoded(text: str) -> Iterator[Span]:
    for match in ENCODED.finditer(text):
        if (said := _decoded(match.group())).isprintable() and " " in said:
            yield Span(match.start(), match.end() - match.start(), "encoded")
    for match in HEXADECIMAL.finditer(text):
        yield Span(match.start(), match.end() - match.start(), "encoded")


def _hidden(text: str) -> Iterator[Span]:
    flags = [match.span() for match in FLAG_TAGS.finditer(text)]
    for match in HIDDEN.finditer(text):
        if not any(start <= match.start() < end for start, end in flags):
            yield Span(match.start(), match.end() - match.start(), "hidden")


def _disguised(text: str) -> Iterator[Span]:
    for pattern in (MIXED_SCRIPTS, WIDE_LETTERS):
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end() - match.start(), "disguised")


def _found(text: str) -> Iterator[Span]:
    folded = fold(text)
    flat = flatten(folded)
    yield from _matches(MARKUP, folded, "markup")
    yield from _matches(VERDICTS, folded, "verdict")
    yield from _order_spans(_plain_words(flat), "order")
    rotated = codecs.encode(flat.text, "rot13")
    if any(word in rotated for word in ROTATED_TELLTALES):
        yield from _order_spans(Folded(rotated, flat.offsets), "encoded")
    yield from _spaced(flat)
    for pattern in FOREIGN_ORDERS:
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end() - match.start(), "order")
    yield from _encoded(text)
    yield from _disguised(text)
    if not text.isascii() or HIDDEN.search(text):
        yield from _hidden(text)


def find_orders(text: str) -> tuple[Span, ...]:
    """Spans that address the grader or hide something, by offset, none inside another."""
    kept: list[Span] = []
    for span in sorted(_found(text[:READ_CHARACTERS]), key=lambda s: (s.offset, -s.length)):
        if not kept or span.offset + span.length > kept[-1].offset + kept[-1].length:
            kept.append(span)
    return tuple(kept)
