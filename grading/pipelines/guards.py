"""What is noticed about a response before any model is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from grading.enums import Flag
from grading.nlp.facts import Facts, observe
from grading.schemas import WritingResponse
from grading.scoring.length import underlength_cap

# Fewer words than this show no paragraph, no variety of sentences and no development to rate.
FEWEST_WORDS_TO_JUDGE = 20
# Two words in five taken from the question: the share from which copying is reported to a rater.
PROMPT_COPY_SHARE = 0.4
# One word in four written before: more than a refrain or a conclusion that takes up the start.
REPETITION_SHARE = 0.25
# Under this a response holds more than names and slips of another language; under the second
# there is less English than something else, and no English scale to rate it on.
ENGLISH_SHARE = 0.8
MOSTLY_ENGLISH_SHARE = 0.5
# A question of a few words cannot tell an answer to it from an answer to another.
FEWEST_PROMPT_WORDS_FOR_TOPIC = 12
# Not one word in twenty of the question's own comes back in any form.
OFF_TOPIC_OVERLAP = 0.05

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
    prompt_words = len(response.question_prompt.split())
    return (
        response.question_known
        and prompt_words >= FEWEST_PROMPT_WORDS_FOR_TOPIC
        and facts.prompt_overlap < OFF_TOPIC_OVERLAP
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
