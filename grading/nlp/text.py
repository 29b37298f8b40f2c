"""Words, sentences and paragraphs of a text; every pattern runs in linear time."""

import re
import unicodedata
from functools import cache
from itertools import islice
from math import log10

from grading.nlp.plain import visible

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SENTENCE_END = re.compile(r"(?<=[.!?])[\s\"'”’)]+|[\r\n]+")
UNKNOWN_ZIPF = 0.0


def words_of(text: str) -> list[str]:
    """Words in writing order, case kept, typographic apostrophes made plain."""
    return [word.replace("’", "'") for word in WORD.findall(text)]


def count_words(text: str) -> int:
    """Words as a rater counts them: runs between spaces that hold a letter or a digit."""
    return sum(1 for run in text.split() if any(map(str.isalnum, run)))


def sentences_of(text: str) -> list[str]:
    """Sentences and loose lines, stripped, none empty."""
    return [part for part in map(str.strip, SENTENCE_END.split(text)) if part]


def paragraphs_of(text: str) -> list[str]:
    """Blocks between line breaks, stripped, none empty."""
    return [line for line in map(str.strip, text.splitlines()) if line]


def composed(text: str) -> str:
    """What a reader sees, in composed Unicode."""
    return unicodedata.normalize("NFC", visible(text))


@cache
def english_frequencies() -> dict[str, float]:
    """Relative frequency of each English word form known to wordfreq."""
    from wordfreq import get_frequency_dict

    return dict(get_frequency_dict("en", "large"))


@cache
def common_words(rank: int) -> frozenset[str]:
    """The most frequent English word forms up to a rank."""
    return frozenset(islice(english_frequencies(), rank))


def zipf(word: str) -> float:
    """Log10 of the occurrences in a thousand million words; 0.0 for an unknown word.

    The scale is van Heuven et al. 2014, as wordfreq uses it.
    """
    frequencies = english_frequencies()
    frequency = frequencies.get(word)
    if frequency is None and word.endswith("'s"):
        frequency = frequencies.get(word[:-2])
    return log10(frequency) + 9.0 if frequency else UNKNOWN_ZIPF
