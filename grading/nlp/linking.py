"""From the corpus traits of 1-5 to the 0-10 scale of VSTEP: a provisional linking."""

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from grading.enums import Criterion
from grading.nlp.trait_model import TRAIT_MAX, TRAIT_MIN, TRAITS, TraitModel

COMPOSITES: dict[Criterion, tuple[str, ...]] = {
    Criterion.ORGANIZATION: ("cohesion",),
    Criterion.VOCABULARY: ("vocabulary", "phraseology"),
    Criterion.GRAMMAR: ("syntax", "grammar", "conventions"),
}
# End on end: the lowest trait level meets band 1 (band 0 is for nothing written), the highest
# meets band 10. A trait of 3 ("limited to common structures and generic vocabulary") then gives
# 5.5, between the VSTEP descriptors of 5 and 6 that say the same.
SCORE_AT_TRAIT_MIN = 1.0
SCORE_AT_TRAIT_MAX = 10.0
SLOPE = (SCORE_AT_TRAIT_MAX - SCORE_AT_TRAIT_MIN) / (TRAIT_MAX - TRAIT_MIN)
HUNDREDTH = Decimal("0.01")


def linked(trait: float) -> Decimal:
    """A trait level of 1-5 on the 0-10 scale, to hundredths; what lies outside is brought in."""
    inside = min(max(trait, TRAIT_MIN), TRAIT_MAX)
    return Decimal(SCORE_AT_TRAIT_MIN + SLOPE * (inside - TRAIT_MIN)).quantize(HUNDREDTH)


def language_scores(traits: NDArray[np.float64], model: TraitModel) -> dict[Criterion, Decimal]:
    """Organization, vocabulary and grammar, 0-10 unrounded, spread as wide as ratings are."""
    scores = {}
    for at, (criterion, names) in enumerate(COMPOSITES.items()):
        composite = float(np.mean([traits[TRAITS.index(name)] for name in names]))
        center, factor = float(model.link_centers[at]), float(model.link_factors[at])
        scores[criterion] = linked(center + factor * (composite - center))
    return scores
