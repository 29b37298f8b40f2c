"""What models say of a response, held against the response itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from grading.enums import CRITERIA, Criterion, Skill
from grading.nlp.evidence import locate
from grading.nlp.plain import plain_text
from grading.schemas import CriterionReply, Evidence, GrammarError, WritingReply

_LONGEST_COMMENT = 2000
_LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class QuoteCount:
    """How many quotes of the replies stand in the response."""

    given: int
    located: int

    @property
    def share(self) -> float:
        """0-1; nothing quoted is nothing located."""
        return self.located / self.given if self.given else 0.0


def criterion_replies(reply: WritingReply) -> Iterator[tuple[Criterion, CriterionReply]]:
    """The parts of a reply, one a criterion, in the scale's order."""
    for criterion in CRITERIA[Skill.WRITING]:
        yield criterion, getattr(reply, criterion.value)


def scores_of(reply: WritingReply) -> dict[Criterion, Decimal]:
    """A reply's scores, 0-10 in half steps."""
    return {c: Decimal(str(float(part.score))) for c, part in criterion_replies(reply)}


def located_evidence(reply: WritingReply, text: str) -> tuple[Evidence, ...]:
    """The quotes that stand in the text; a criterion's comment goes with its first."""
    found: dict[tuple[Criterion, int, int], Evidence] = {}
    for criterion, part in criterion_replies(reply):
        comment = plain_text(part.comment, _LONGEST_COMMENT)
        for quote in part.quotes:
            place = locate(quote, text)
            if place is None or (criterion, *place) in found:
                continue
            found[(criterion, *place)] = _evidence(criterion, text, place, comment)
            comment = ""
    return tuple(found.values())


def _evidence(criterion: Criterion, text: str, place: tuple[int, int], comment: str) -> Evidence:
    offset, length = place
    quote = text[offset : offset + length]
    return Evidence(criterion=criterion, quote=quote, offset=offset, length=length, comment=comment)


def located_errors(reply: WritingReply, text: str) -> tuple[GrammarError, ...]:
    """The grammar errors whose words stand in the text, in the text's order."""
    found: dict[tuple[int, int], GrammarError] = {}
    for error in reply.grammarErrors:
        place = locate(error.quote, text)
        if place is None or place in found:
            continue
        found[place] = GrammarError(
            offset=place[0],
            length=place[1],
            message=plain_text(error.message, _LONGEST_MESSAGE),
            suggestion=plain_text(error.suggestion, _LONGEST_MESSAGE),
        )
    return tuple(found[place] for place in sorted(found))


def count_quotes(replies: Sequence[WritingReply], text: str) -> QuoteCount:
    """Quotes given for criteria and those located, over all replies."""
    quotes = [q for reply in replies for _, part in criterion_replies(reply) for q in part.quotes]
    return QuoteCount(len(quotes), sum(locate(quote, text) is not None for quote in quotes))


def count_error_quotes(replies: Sequence[WritingReply], text: str) -> QuoteCount:
    """Quotes given for grammar errors and those located, over all replies."""
    quotes = [error.quote for reply in replies for error in reply.grammarErrors]
    return QuoteCount(len(quotes), sum(locate(quote, text) is not None for quote in quotes))


def unsupported_criteria(reply: WritingReply, text: str) -> list[Criterion]:
    """Criteria for which not one quote stands in the text."""
    return [
        criterion
        for criterion, part in criterion_replies(reply)
        if not any(locate(quote, text) for quote in part.quotes)
    ]
