"""A text with disguises taken off, each character knowing where it stood in the original."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Cyrillic and Greek letters drawn like Latin ones, after Unicode's confusables (UTS 39).
CONFUSABLES = str.maketrans(
    "авеёкмнорстухіїјѕԁһӏɡɑαβενοικρτυχωςϲ",
    "abeekmhopctyxiijsdhlgaabevoikptuxwcc",
)
SENTENCE_MARKS = frozenset(".!?;:\n\r")
APOSTROPHES = frozenset("'’‘`")
# One ligature may unfold to eighteen letters; a text made of them is not read to its end.
GROWTH_LIMIT = 2
LEET = str.maketrans("013457@$", "oieastas")


@dataclass(frozen=True)
class Folded:
    """Folded characters and, for each, the code point offset in the text as received."""

    text: str
    offsets: list[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offset and length in the received text of a run of folded characters."""
        first = self.offsets[start]
        return first, self.offsets[end - 1] + 1 - first


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return ""
    composed = unicodedata.normalize("NFKC", character).lower().replace("đ", "d")
    bare = (c for c in unicodedata.normalize("NFD", composed) if unicodedata.category(c) != "Mn")
    return "".join(bare).translate(CONFUSABLES)


def fold(text: str) -> Folded:
    """Lower case, without accents, invisible characters, wide letters and look-alikes."""
    if text.isascii():
        return Folded(text.lower(), list(range(len(text))))
    characters: list[str] = []
    offsets: list[int] = []
    for offset, character in enumerate(text):
        if len(characters) > GROWTH_LIMIT * len(text):
            break
        for folded in _fold_character(character):
            characters.append(folded)
            offsets.append(offset)
    return Folded("".join(characters), offsets)


def _flat_character(character: str) -> str:
    if character.isalnum() or character in "@$":
        return character
    if character in APOSTROPHES:
        return ""
    return "." if character in SENTENCE_MARKS else " "


def flatten(folded: Folded) -> Folded:
    """Words between single spaces and a lone point where a sentence or line ends."""
    characters, offsets = [" "], [0]
    for character, offset in zip(folded.text, folded.offsets, strict=True):
        flat = _flat_character(character)
        before = characters[-1]
        if flat == ".":
            flat = " . " if before != " " else ". "
            if characters[-2:] == [".", " "]:
                continue
        elif flat == " " and before == " ":
            continue
        characters.extend(flat)
        offsets.extend([offset] * len(flat))
    return Folded("".join(characters), offsets)
