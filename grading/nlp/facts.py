"""Checkable facts about a response that need no model."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from grading.nlp.lexicon import FUNCTION_WORDS, INSTRUCTION_WORDS
from grading.nlp.orders import Span, find_orders
from grading.nlp.text import composed, count_words, paragraphs_of, sentences_of, words_of, zipf

__all__ = ["Facts", "Span", "copied_share", "observe", "prompt_overlap", "topic_words"]

COPY_RUN = 5
REPEAT_RUN = 8
# Below this wordfreq's list holds stray foreign words and letter strings.
ENGLISH_ZIPF = 2.5
STEM_ENDINGS = ("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied", "ers", "er")
SHORT_STEM_ENDINGS = ("ed", "es", "ly", "s", "y", "e")


@dataclass(frozen=True)
class Facts:
    """Counts and shares (0-1) of one response."""

    words: int
    sentences: int
    paragraphs: int
    copied_share: float
    prompt_overlap: float
    english_share: float
    repeated_share: float
    addresses_grader: tuple[Span, ...]


def _stem(word: str) -> str:
    for ending in (*STEM_ENDINGS, *SHORT_STEM_ENDINGS):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def topic_words(text: str) -> set[str]:
    """Stems of the content words of a text, without the words of the instruction itself."""
    words = {word.lower() for word in words_of(text)}
    return {_stem(w) for w in words - FUNCTION_WORDS - INSTRUCTION_WORDS if len(w) > 2}


def _runs(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]


def copied_share(words: Sequence[str], prompt: str) -> float:
    """Share of the response's five-word runs that stand in the prompt."""
    runs = _runs(words, COPY_RUN)
    asked = set(_runs([w.lower() for w in words_of(composed(prompt))], COPY_RUN))
    return sum(run in asked for run in runs) / len(runs) if runs and asked else 0.0


def prompt_overlap(text: str, prompt: str) -> float:
    """Share of the prompt's topic words the response takes up; 1.0 for a prompt without any."""
    asked = topic_words(prompt)
    return len(asked & topic_words(text)) / len(asked) if asked else 1.0


def _english_share(words: Sequence[str]) -> float:
    known = {word: word.isascii() and zipf(word) >= ENGLISH_ZIPF for word in set(words)}
    return sum(known[word] for word in words) / len(words) if words else 0.0


def _repeated_sentences(text: str) -> float:
    sentences = [[w.lower() for w in words_of(s)] for s in sentences_of(text)]
    total = sum(map(len, sentences))
    seen = Counter(tuple(s) for s in sentences if len(s) > 2)
    return sum(len(s) * (n - 1) for s, n in seen.items()) / total if total else 0.0


def _repeated_runs(words: Sequence[str]) -> float:
    runs = _runs(words, REPEAT_RUN)
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def observe(text: str, *, prompt: str) -> Facts:
    """Facts about a response to a prompt; linear in the length of both."""
    shown = composed(text)
    words = [word.lower() for word in words_of(shown)]
    return Facts(
        words=count_words(shown),
        sentences=len(sentences_of(shown)),
        paragraphs=len(paragraphs_of(shown)),
        copied_share=copied_share(words, prompt),
        prompt_overlap=prompt_overlap(shown, composed(prompt)),
        english_share=_english_share(words),
        repeated_share=max(_repeated_sentences(shown), _repeated_runs(words)),
        addresses_grader=find_orders(text),
    )
