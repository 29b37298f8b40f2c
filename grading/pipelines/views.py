"""All that is known of a response without a model."""

from dataclasses import dataclass
from decimal import Decimal

from grading.enums import Criterion
from grading.nlp.local_scorer import LocalScores
from grading.pipelines.guards import Finding
from grading.schemas import WritingResponse
from grading.scoring.bands import round_half_up


@dataclass(frozen=True)
class LocalView:
    """A response, what was noticed about it, and the local scorer's opinion, unrounded."""

    response: WritingResponse
    finding: Finding
    local: LocalScores

    def capped(self, scores: dict[Criterion, Decimal]) -> dict[Criterion, Decimal]:
        """Scores with the cap that too few words put on task fulfilment."""
        cap = self.finding.length_cap
        if cap is None:
            return scores
        task = min(scores[Criterion.TASK_FULFILLMENT], cap)
        return {**scores, Criterion.TASK_FULFILLMENT: task}

    def rounded_local(self) -> dict[Criterion, Decimal]:
        """The local scores in half steps, capped."""
        return self.capped({c: round_half_up(score) for c, score in self.local.criteria.items()})
