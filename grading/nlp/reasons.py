"""Facts in words that stand beside the language scores; the scores come from the fitted model."""

from grading.enums import Criterion
from grading.nlp.facts import Facts


def _counted(number: float, noun: str) -> str:
    return f"{number:.0f} {noun}" + ("" if round(number) == 1 else "s")


def _organization(facts: Facts, measures: dict[str, float]) -> list[str]:
    said = [
        f"{_counted(facts.paragraphs, 'paragraph')} and {_counted(facts.sentences, 'sentence')}.",
        f"{_counted(measures['linker_types'], 'different linking word')}.",
    ]
    if facts.repeated_share >= 0.1:
        said.append(f"{facts.repeated_share:.0%} of the text repeats what already stands there.")
    return said


def _vocabulary(facts: Facts, measures: dict[str, float]) -> list[str]:
    outside = measures["shown_outside_top_5000"]
    return [
        f"{outside:.0%} of the words are outside the 5,000 most frequent.",
        f"{measures['once_share']:.0%} of the different words are used once only.",
        f"{facts.english_share:.0%} of the words are known English words.",
    ]


def _grammar(facts: Facts, measures: dict[str, float]) -> list[str]:
    length = facts.words / facts.sentences if facts.sentences else 0
    return [
        f"{_counted(length, 'word')} to a sentence on average.",
        f"{measures['misspelt_share']:.0%} of the words are likely misspelt.",
        f"{measures['sentence_capital_share']:.0%} of the sentences begin with a capital letter.",
    ]


def language_reasons(facts: Facts, measures: dict[str, float]) -> dict[Criterion, list[str]]:
    """For organization, vocabulary and grammar the facts a rater can check, in English."""
    return {
        Criterion.ORGANIZATION: _organization(facts, measures),
        Criterion.VOCABULARY: _vocabulary(facts, measures),
        Criterion.GRAMMAR: _grammar(facts, measures),
    }
