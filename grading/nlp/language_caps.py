"""Limits for text that is not English, is no sentences, or is too little to show a command.

The fitted traits know essays only and give a middling score to anything else. The limits are the
product's own, read off the lowest bands of the VSTEP writing scale.
"""

from decimal import Decimal

from grading.nlp.facts import Facts
from grading.nlp.lexicon import FUNCTION_WORDS
from grading.nlp.reading import Reading

# Among 3,911 learners' essays 99.9 % have an English share of 0.81 or more.
ENGLISH_CAPS = ((0.5, Decimal(1)), (0.7, Decimal(3)))
# Band 1 is isolated words, 2 memorised patterns, 3 some simple forms, 4 simple sentences.
WORD_CAPS = ((5, Decimal(1)), (15, Decimal(2)), (30, Decimal(3)), (60, Decimal(4)))
# Among the same essays 99.9 % have 0.39 or more function words; lists of words have few.
FEWEST_FUNCTION_WORDS = 0.2
WORD_LIST_CAP = Decimal(2)


def own_words(facts: Facts) -> int:
    """Words that count for length: repeated ones are counted once."""
    return round(facts.words * (1 - facts.repeated_share))


def _first_cap(value: float, caps: tuple[tuple[float, Decimal], ...]) -> Decimal | None:
    return next((cap for limit, cap in caps if value < limit), None)


def language_caps(reading: Reading, facts: Facts) -> list[tuple[Decimal, str]]:
    """The most any criterion (0-10) may be, each with its reason in words."""
    caps = []
    if (cap := _first_cap(facts.english_share, ENGLISH_CAPS)) is not None:
        share = f"Only {facts.english_share:.0%} of the words are known English words"
        caps.append((cap, f"{share}: at most {cap}."))
    words = own_words(facts)
    if (cap := _first_cap(words, WORD_CAPS)) is not None:
        caps.append((cap, f"{words} words without repetition show too little: at most {cap}."))
    functional = sum(word in FUNCTION_WORDS for word in reading.lower)
    if reading.lower and functional < FEWEST_FUNCTION_WORDS * len(reading.lower):
        caps.append((WORD_LIST_CAP, f"The words form no sentences: at most {WORD_LIST_CAP}."))
    return caps
