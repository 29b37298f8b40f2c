"""Likely misspellings, from word frequencies alone."""

from collections.abc import Iterator
from functools import lru_cache

from grading.nlp.text import zipf

LETTERS = "abcdefghijklmnopqrstuvwxyz"
# A form this common is a word of its own, however near another it stands.
ACCEPTED_ZIPF = 3.4
# A hundred times rarer than a neighbour one keystroke away: a slip more often than a word.
NEIGHBOUR_MARGIN = 2.0
SHORTEST, LONGEST = 3, 18


def _one_slip_away(word: str) -> Iterator[str]:
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in LETTERS:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]


@lru_cache(maxsize=20_000)
def likely_misspelt(word: str) -> bool:
    """Whether a lower-case word is unknown, or rare beside a common word one slip away."""
    own = zipf(word)
    if own >= ACCEPTED_ZIPF or not SHORTEST <= len(word) <= LONGEST:
        return False
    if not own:
        return True
    return any(zipf(near) >= max(own + NEIGHBOUR_MARGIN, 4.0) for near in _one_slip_away(word))
