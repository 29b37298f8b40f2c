"""Short n-grams of a text, hashed into buckets: no word of any text is kept."""

from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from grading.nlp.features import SUFFIXES
from grading.nlp.lexicon import FUNCTION_WORDS
from grading.nlp.reading import Reading

Hashes = NDArray[np.uint64]
BUCKET_BITS = 16
# Odd 64-bit constants of splitmix64 (Steele, Lea and Flood 2014).
MULTIPLIER = np.uint64(0xBF58476D1CE4E5B9)
INCREMENT = np.uint64(0x9E3779B97F4A7C15)


def _rolling(codes: Hashes, shortest: int, longest: int) -> Hashes:
    """Hashes of every run of shortest to longest neighbouring codes."""
    parts = []
    mixed = codes
    for size in range(1, longest + 1):
        if size > 1:
            if len(codes) < size:
                break
            mixed = (mixed[:-1] * MULTIPLIER) ^ (codes[size - 1 :] + INCREMENT)
        if size >= shortest:
            parts.append((mixed + INCREMENT) * MULTIPLIER)
    return np.concatenate(parts) if parts else codes[:0]


def _codes(tokens: Sequence[str]) -> Hashes:
    known = {token: crc32(token.encode()) for token in set(tokens)}
    return np.fromiter((known[t] for t in tokens), dtype=np.uint64, count=len(tokens))


def _tokens(reading: Reading) -> list[str]:
    marked = "".join(c if c.isalnum() or c in "'’ " else f" {c} " for c in reading.text)
    return marked.split()


def _characters(reading: Reading) -> Hashes:
    flat = " " + " ".join(reading.text.split()) + " "
    codes = np.frombuffer(flat.encode("utf-32-le", "replace"), dtype=np.uint32)
    return _rolling(codes.astype(np.uint64), 2, 5)


def _words(reading: Reading) -> Hashes:
    return _rolling(_codes([t.lower() for t in _tokens(reading)]), 1, 2)


def _shape(token: str) -> str:
    """A function word or mark as it is, any other word as its ending."""
    lower = token.lower()
    if lower in FUNCTION_WORDS or not lower[0].isalpha():
        return lower
    ending = next((s for s in SUFFIXES if len(lower) > len(s) + 2 and lower.endswith(s)), "")
    return ("A-" if token[0].isupper() else "a-") + ending


def _shapes(reading: Reading) -> Hashes:
    return _rolling(_codes([_shape(t) for t in _tokens(reading)]), 1, 4)


KINDS: tuple[Callable[[Reading], Hashes], ...] = (_characters, _words, _shapes)


def buckets(reading: Reading) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """For each kind of n-gram the buckets a text falls into and how often."""
    found = []
    for kind in KINDS:
        hashed = kind(reading)
        places = (hashed >> np.uint64(64 - BUCKET_BITS)).astype(np.int64)
        where, counts = np.unique(places, return_counts=True)
        found.append((where, counts.astype(np.float64)))
    return found
