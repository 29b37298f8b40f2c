"""A text cut up once for everything that is measured on it."""

from dataclasses import dataclass

from grading.nlp.text import composed, paragraphs_of, sentences_of, words_of, zipf

# A response of an hour holds some 600 words; what follows this much adds nothing but time.
READ_CHARACTERS = 12_000


@dataclass(frozen=True)
class Reading:
    """A text cut up once for all measures."""

    text: str
    words: list[str]
    lower: list[str]
    sentences: list[str]
    paragraphs: list[str]
    zipfs: list[float]


def read(text: str) -> Reading:
    """Cut a text into words, sentences and paragraphs; what follows READ_CHARACTERS is left out."""
    text = composed(text[:READ_CHARACTERS])
    words = words_of(text)
    lower = [word.lower() for word in words]
    known = {word: zipf(word) for word in set(lower)}
    return Reading(
        text=text,
        words=words,
        lower=lower,
        sentences=sentences_of(text),
        paragraphs=paragraphs_of(text),
        zipfs=[known[word] for word in lower],
    )
