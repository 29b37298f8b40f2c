"""What is noticed about a response before any model is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from grading.enums import Flag
from grading.nlp.facts import Facts, observe, topic_words
from grading.schemas import WritingResponse
from grading.scoring.length import underlength_cap

# Fewer words than this show no paragraph, no variety of sentences and no development to rate.
FEWEST_WORDS_TO_JUDGE = 20
# Two words in five taken from the question: the share from which copying is reported to a rater.
PROMPT_COPY_SHARE = 0.4
# One word in four written before: of 783 learners' essays (ELLIPSE corpus) none has as many.
REPETITION_SHARE = 0.25
# Of the same essays 0.3 % lie below the first; under the second there is less English than
# something else, and no English scale to rate it on.
ENGLISH_SHARE = 0.85
MOSTLY_ENGLISH_SHARE = 0.5
# With fewer topic words in a question, an answer to it may well do without all of them.
FEWEST_TOPIC_WORDS = 8
# Of 34 made-up responses every one that keeps to its question takes up more of its topic
# words; held against another question, three in four take up less.
OFF_TOPIC_OVERLAP = 0.2
_BEYOND_ALL = 101


@dataclass(frozen=True)
class Finding:
    """Facts about a response, the flags they raise, and the cap its length puts on a criterion.

    `own_words` leaves out what was copied or written twice, where that was flagged.
    """

    facts: Facts
    flags: frozenset[Flag]
    own_words: int
    length_cap: Decimal | None

    @property
    def leaves_nothing_to_judge(self) -> bool:
        """No model is asked about it."""
        return (
            bool(self.flags & {Flag.EMPTY, Flag.TOO_SHORT_TO_JUDGE})
            or self.facts.english_share < MOSTLY_ENGLISH_SHARE
        )

    def as_signals(self) -> dict[str, Any]:
        """The facts as JSON."""
        return {
            **asdict(self.facts),
            "own_words": self.own_words,
            "length_cap": None if self.length_cap is None else float(self.length_cap),
        }


def examine(response: WritingResponse, caps: Sequence[Mapping[str, Any]] = ()) -> Finding:
    """Look at a response without a model; `caps` are the rubric's own for too few words."""
    facts = observe(response.text, prompt=response.question_prompt)
    if not facts.words:
        return Finding(facts, frozenset({Flag.EMPTY}), 0, None)
    flags = _flags(response, facts)
    own_words = _own_words(facts, flags)
    cap = _length_cap(own_words, response, caps)
    if cap is not None:
        flags |= {Flag.UNDERLENGTH}
    return Finding(facts, frozenset(flags), own_words, cap)


def _flags(response: WritingResponse, facts: Facts) -> set[Flag]:
    noticed = {
        Flag.TOO_SHORT_TO_JUDGE: facts.words < FEWEST_WORDS_TO_JUDGE,
        Flag.NON_ENGLISH: facts.english_share < ENGLISH_SHARE,
        Flag.PROMPT_COPY: facts.copied_share >= PROMPT_COPY_SHARE,
        Flag.REPETITION: facts.repeated_share >= REPETITION_SHARE,
        Flag.OFF_TOPIC: _is_off_topic(response, facts),
        Flag.INJECTION_SUSPECTED: bool(facts.addresses_grader),
        Flag.QUESTION_UNKNOWN: not response.question_known,
    }
    return {flag for flag, is_so in noticed.items() if is_so}


def _is_off_topic(response: WritingResponse, facts: Facts) -> bool:
    return (
        response.question_known
        and facts.prompt_overlap < OFF_TOPIC_OVERLAP
        and len(topic_words(response.question_prompt)) >= FEWEST_TOPIC_WORDS
    )


def _own_words(facts: Facts, flags: set[Flag]) -> int:
    share = 1.0
    if Flag.PROMPT_COPY in flags:
        share -= facts.copied_share
    if Flag.REPETITION in flags:
        share -= facts.repeated_share
    return max(0, round(facts.words * share))


def _length_cap(
    words: int, response: WritingResponse, caps: Sequence[Mapping[str, Any]]
) -> Decimal | None:
    if not caps:
        return underlength_cap(words, response.min_words, response.task)
    steps = {response.task: [_cap_step(cap) for cap in caps]}
    return underlength_cap(words, response.min_words, response.task, steps)


def _cap_step(cap: Mapping[str, Any]) -> tuple[int, Decimal | None]:
    """A rubric's cap as per cent short, exclusive; the one without a limit holds to the end."""
    percent = round(cap["shortBelow"] * 100) if "shortBelow" in cap else _BEYOND_ALL
    return percent, None if cap["cap"] is None else Decimal(str(cap["cap"]))
