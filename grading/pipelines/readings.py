"""What a panel's replies come to: scores, flags, and the signals of how far to trust them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from grading.enums import Criterion, Flag, Skill
from grading.nlp.plain import shares_run
from grading.pipelines.findings import (
    QuoteCount,
    count_error_quotes,
    count_quotes,
    criterion_replies,
    scores_of,
    unsupported_criteria,
)
from grading.pipelines.model_names import is_same_model
from grading.pipelines.panel import PanelResult
from grading.pipelines.views import LocalView
from grading.schemas import WritingReply
from grading.scoring.bands import distance_to_cut, task_mean
from grading.scoring.combine import combine, mean_spread, most_typical, spread
from grading.scoring.confidence import FAR_FROM_LOCAL, Signals


@dataclass(frozen=True)
class Reading:
    """A panel's replies taken together; the typical reply gives the evidence and the feedback."""

    scores: dict[Criterion, Decimal]
    typical: WritingReply
    models: tuple[str, ...]
    tells_the_prompt: bool
    quotes: QuoteCount
    error_quotes: QuoteCount
    spread: dict[Criterion, Decimal]
    local_gap: Decimal
    unsupported: tuple[Criterion, ...]
    signals: Signals

    def as_signals(self) -> dict[str, Any]:
        """The numbers behind the confidence, as JSON."""
        return {
            "distance_to_cut": float(self.signals.distance_to_cut),
            "local_gap": float(self.local_gap),
            "evidence_located_share": round(self.quotes.share, 4),
            "quotes": self.quotes.given,
            "grammar_errors_located_share": round(self.error_quotes.share, 4),
            "grammar_errors": self.error_quotes.given,
            "criteria_without_evidence": [str(criterion) for criterion in self.unsupported],
            "repairs": self.signals.repairs,
            "tries_asked": self.signals.tries_asked,
            "tries_valid": self.signals.tries_valid,
            "spread": {str(criterion): float(s) for criterion, s in self.spread.items()},
            "mean_spread": float(self.signals.mean_spread),
        }


def read_panel(
    view: LocalView, result: PanelResult[WritingReply], *, tries_asked: int, instructions: str
) -> Reading:
    """Put at least one reply together; `instructions` are the words a reply must not give away."""
    text = view.response.text
    tries = [scores_of(reply) for reply in result.replies]
    combined = combine(tries)
    typical = result.replies[most_typical(tries, combined)]
    scores = view.capped(combined)
    quotes = count_quotes(result.replies, text)
    unsupported = tuple(unsupported_criteria(typical, text))
    gap = task_mean(combined, Skill.WRITING) - task_mean(view.local.criteria, Skill.WRITING)
    tells = _tells_the_prompt(typical, instructions)
    flags = view.finding.flags | _flags(result, quotes, unsupported, gap, tells)
    return Reading(
        scores=scores,
        typical=typical,
        models=_models(result),
        tells_the_prompt=tells,
        quotes=quotes,
        error_quotes=count_error_quotes(result.replies, text),
        spread=spread(tries),
        local_gap=gap,
        unsupported=unsupported,
        signals=Signals(
            flags=flags,
            distance_to_cut=distance_to_cut(task_mean(scores, Skill.WRITING)),
            located_share=quotes.share,
            criteria_without_evidence=len(unsupported),
            repairs=result.repairs,
            mean_spread=mean_spread(tries, Skill.WRITING),
            tries_asked=tries_asked,
            tries_valid=len(tries),
        ),
    )


def _flags(
    result: PanelResult[WritingReply],
    quotes: QuoteCount,
    unsupported: tuple[Criterion, ...],
    gap: Decimal,
    tells: bool,
) -> frozenset[Flag]:
    noticed = {
        Flag.EVIDENCE_NOT_LOCATED: quotes.located < quotes.given,
        Flag.CRITERION_WITHOUT_EVIDENCE: bool(unsupported),
        Flag.REPLY_REPAIRED: result.repairs > 0,
        Flag.MODEL_SUBSTITUTED: _is_substituted(result),
        Flag.FAR_FROM_LOCAL_SCORER: abs(gap) >= FAR_FROM_LOCAL,
        # Nobody but the response can have told the model to recite its instructions.
        Flag.INJECTION_SUSPECTED: tells,
    }
    return frozenset(flag for flag, is_so in noticed.items() if is_so)


def _is_substituted(result: PanelResult[WritingReply]) -> bool:
    return any(
        record.criteria_scores is not None
        and not is_same_model(record.requested_model, record.model)
        for record in result.tries
    )


def _models(result: PanelResult[WritingReply]) -> tuple[str, ...]:
    """The models as asked for whose replies count, each once."""
    asked = [r.requested_model for r in result.tries if r.criteria_scores is not None]
    return tuple(dict.fromkeys(asked))


def _tells_the_prompt(reply: WritingReply, instructions: str) -> bool:
    told = [reply.feedback, *(part.comment for _, part in criterion_replies(reply))]
    told += [words for error in reply.grammarErrors for words in (error.message, error.suggestion)]
    return any(shares_run(words, instructions) for words in told)
