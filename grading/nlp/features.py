"""What the local scorer sees of a text: about a hundred measures, each with a name."""

import zlib
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from math import log1p, sqrt
from statistics import fmean, pstdev

import numpy as np
from numpy.typing import NDArray

from grading.nlp import lexicon
from grading.nlp.patterns import PATTERNS
from grading.nlp.reading import Reading
from grading.nlp.spelling import likely_misspelt
from grading.nlp.text import (
    common_words,
    words_of,
    zipf,
)

ZIPF_STEPS = (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0)
SUFFIXES = (
    "ing",
    "ed",
    "ly",
    "tion",
    "ment",
    "ness",
    "ity",
    "ous",
    "ive",
    "able",
    "ful",
    "er",
    "s",
)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _mean(values: list[float]) -> float:
    return fmean(values) if values else 0.0


def _spread(values: list[float]) -> float:
    return pstdev(values) if values else 0.0


def _size(reading: Reading) -> dict[str, float]:
    count = len(reading.words)
    lengths = [float(len(words_of(s))) for s in reading.sentences]
    blocks = [float(len(words_of(p))) for p in reading.paragraphs]
    word_lengths = [float(min(len(w), 20)) for w in reading.words]
    return {
        "words_log": log1p(count),
        "words_root": sqrt(count),
        "sentences_log": log1p(len(lengths)),
        "paragraphs": float(min(len(blocks), 15)),
        "sentence_mean": log1p(_mean(lengths)),
        "sentence_spread": log1p(_spread(lengths)),
        "sentence_longest": log1p(max(lengths, default=0.0)),
        "sentence_short_share": _share(sum(n < 6 for n in lengths), len(lengths)),
        "sentence_long_share": _share(sum(n > 35 for n in lengths), len(lengths)),
        "paragraph_mean": log1p(_mean(blocks)),
        "paragraph_spread": log1p(_spread(blocks)),
        "paragraph_longest": log1p(max(blocks, default=0.0)),
        "paragraph_first_share": _share(blocks[0], count) if blocks else 0.0,
        "word_length_mean": _mean(word_lengths),
        "word_length_spread": _spread(word_lengths),
        "word_long_share": _share(sum(n > 7 for n in word_lengths), count),
    }


def _mtld(words: list[str], floor: float = 0.72) -> float:
    """Measure of textual lexical diversity, one direction (McCarthy and Jarvis 2010)."""
    factors, seen, since = 0.0, set[str](), 0
    for word in words:
        seen.add(word)
        since += 1
        if since >= 10 and len(seen) / since < floor:
            factors, seen, since = factors + 1, set(), 0
    if since:
        factors += (1 - len(seen) / since) / (1 - floor)
    return len(words) / factors if factors else float(len(words))


def _variety(reading: Reading) -> dict[str, float]:
    words = reading.lower
    counts = Counter(words)
    content = [w for w in words if w not in lexicon.FUNCTION_WORDS]
    windows = [len(set(words[i : i + 50])) / 50 for i in range(0, max(len(words) - 49, 0), 10)]
    pairs = Counter(pairwise(words))
    return {
        "types_log": log1p(len(counts)),
        "types_root": _share(len(counts), sqrt(len(words))),
        "types_corrected": _share(len(set(content)), sqrt(len(content))),
        "types_window": _mean(windows),
        "mtld": log1p(min((_mtld(words) + _mtld(words[::-1])) / 2, 500.0)),
        "once_share": _share(sum(n == 1 for n in counts.values()), len(counts)),
        "top_word_share": _share(max(counts.values(), default=0), len(words)),
        "content_share": _share(len(content), len(words)),
        "pairs_repeated_share": _share(sum(n - 1 for n in pairs.values()), len(words)),
        "types_rare": sqrt(sum(0 < zipf(w) < 4.0 for w in set(content))),
    }


def _frequency(reading: Reading) -> dict[str, float]:
    known = [z for z in reading.zipfs if z]
    content = [
        z
        for z, w in zip(reading.zipfs, reading.lower, strict=True)
        if z and w not in lexicon.FUNCTION_WORDS
    ]
    distinct = sorted(
        {w: z for w, z in zip(reading.lower, reading.zipfs, strict=True) if z}.values()
    )
    measures = {
        "zipf_mean": _mean(known),
        "zipf_spread": _spread(known),
        "zipf_content_mean": _mean(content),
        "zipf_content_spread": _spread(content),
        "zipf_types_mean": _mean(distinct),
        "zipf_types_low": distinct[len(distinct) // 10] if distinct else 0.0,
        "zipf_types_quarter": distinct[len(distinct) // 4] if distinct else 0.0,
        "unknown_share": _share(len(reading.words) - len(known), len(reading.words)),
    }
    for step in ZIPF_STEPS:
        measures[f"zipf_below_{step}"] = _share(sum(z < step for z in known), len(known))
    return measures


def _spelling(reading: Reading) -> dict[str, float]:
    count = len(reading.words)
    candidates = {w for w in reading.words if w.islower()}
    wrong = {w for w in candidates if likely_misspelt(w)}
    tokens = sum(w in wrong for w in reading.words)
    unknown = [w for w in candidates if not zipf(w)]
    return {
        "misspelt_share": _share(tokens, count),
        "misspelt_types_share": _share(len(wrong), len(candidates)),
        "misspelt_root": sqrt(tokens),
        "unknown_lower_share": _share(len(unknown), len(candidates)),
        "unknown_lower_root": sqrt(len(unknown)),
        "apostrophe_lost": _share(sum(w in lexicon.APOSTROPHE_LOST for w in reading.lower), count),
        "apostrophes": _share(reading.text.count("'") + reading.text.count("’"), count),
        "shown_outside_top_2000": _share(
            sum(w not in common_words(2000) for w in reading.lower), count
        ),
        "shown_outside_top_5000": _share(
            sum(w not in common_words(5000) for w in reading.lower), count
        ),
    }


def _patterns(reading: Reading) -> dict[str, float]:
    count = max(len(reading.words), 1)
    return {
        f"rate_{name}": sqrt(min(len(pattern.findall(reading.text)) / count, 1.0))
        for name, pattern in PATTERNS.items()
    }


def _groups(reading: Reading) -> dict[str, float]:
    count = len(reading.words)
    groups = lexicon.WORD_GROUPS | {f"linker_{k}": v for k, v in lexicon.LINKER_GROUPS.items()}
    return {
        f"share_{name}": _share(sum(w in group for w in reading.lower), count)
        for name, group in groups.items()
    }


def _linking(reading: Reading) -> dict[str, float]:
    flat = " ".join(reading.lower)
    starts = [s.split(None, 1)[0].strip(",.;:!?\"'").lower() for s in reading.sentences]
    bags = [{w.lower() for w in words_of(s)} - lexicon.FUNCTION_WORDS for s in reading.sentences]
    shared = [_share(len(a & b), min(len(a), len(b))) for a, b in pairwise(bags) if a and b]
    return {
        "linker_types": float(len(set(reading.lower) & lexicon.LINKERS)),
        "linking_phrases": float(sum(min(flat.count(p), 3) for p in lexicon.LINKING_PHRASES)),
        "sentence_start_variety": _share(len(set(starts)), sqrt(len(starts))),
        "sentence_overlap": _mean(shared),
        "sentence_capital_share": _share(
            sum(s[0].isupper() for s in reading.sentences), len(reading.sentences)
        ),
        "sentence_closed_share": _share(
            sum(s[-1] in '.!?"”' for s in reading.sentences), len(reading.sentences)
        ),
        "final_mark": float(reading.text.rstrip()[-1:] in set('.!?"”')),
    }


def _grammar(reading: Reading) -> dict[str, float]:
    pairs = list(pairwise(reading.lower))
    count = len(reading.words)
    return {
        "agreement_singular": _share(
            sum(a in lexicon.SINGULAR_SUBJECTS and b in lexicon.BASE_ONLY_VERBS for a, b in pairs),
            count,
        ),
        "agreement_plural": _share(
            sum(
                a in lexicon.PLURAL_SUBJECTS and b in lexicon.SINGULAR_ONLY_VERBS for a, b in pairs
            ),
            count,
        ),
        "modal_wrong_form": _share(
            sum(a in lexicon.MODALS and b in lexicon.NOT_AFTER_MODAL for a, b in pairs), count
        ),
        "word_doubled": _share(sum(a == b for a, b in pairs), count),
    }


def _suffixes(reading: Reading) -> dict[str, float]:
    count = len(reading.words)
    content = [w for w in reading.lower if w not in lexicon.FUNCTION_WORDS and len(w) > 4]
    return {f"suffix_{s}": _share(sum(w.endswith(s) for w in content), count) for s in SUFFIXES}


def _density(reading: Reading) -> dict[str, float]:
    raw = reading.text.encode()
    characters = len(reading.text)
    return {
        "compressed_share": min(_share(len(zlib.compress(raw, 6)), len(raw)), 1.5),
        "letter_share": _share(sum(map(str.isalpha, reading.text)), characters),
        "space_share": _share(sum(map(str.isspace, reading.text)), characters),
        "capital_share": _share(sum(map(str.isupper, reading.text)), characters),
        "characters_root": sqrt(characters),
    }


MEASURES: tuple[Callable[[Reading], dict[str, float]], ...] = (
    _size,
    _variety,
    _frequency,
    _spelling,
    _patterns,
    _groups,
    _linking,
    _grammar,
    _suffixes,
    _density,
)


def measure(reading: Reading) -> dict[str, float]:
    """Every measure of a text by name, always the same names in the same order."""
    return {name: value for part in MEASURES for name, value in part(reading).items()}


def vector(measures: dict[str, float]) -> NDArray[np.float64]:
    """The measures as the model takes them."""
    return np.fromiter(measures.values(), dtype=np.float64, count=len(measures))
