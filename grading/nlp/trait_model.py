"""The fitted model of the local scorer: flat arrays of numbers, evaluated with numpy alone."""

from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from grading.nlp.features import measure, vector
from grading.nlp.ngrams import BUCKET_BITS, KINDS, buckets
from grading.nlp.reading import Reading, read

Numbers = NDArray[Any]
TRAITS = ("cohesion", "syntax", "vocabulary", "phraseology", "grammar", "conventions")
TRAIT_MIN, TRAIT_MAX = 1.0, 5.0
# Standardised measures beyond this say the text is strange, not that it is better or worse.
MEASURE_LIMIT = 4.0


class ModelFileError(Exception):
    """A model file that is unreadable or was fitted for other measures."""


@dataclass(frozen=True)
class TraitModel:
    """A linear part over measures and n-grams, boosted trees over measures and its output."""

    names: Numbers
    centers: Numbers
    spreads: Numbers
    measure_weights: Numbers
    rarity: Numbers
    gram_weights: Numbers
    gram_scales: Numbers
    intercepts: Numbers
    tree_features: Numbers
    tree_thresholds: Numbers
    tree_left: Numbers
    tree_right: Numbers
    tree_values: Numbers
    tree_roots: Numbers
    tree_traits: Numbers
    tree_depth: Numbers
    tree_bases: Numbers
    tree_share: Numbers
    link_centers: Numbers
    link_factors: Numbers

    def predict(
        self, reading: Reading, measured: dict[str, float] | None = None
    ) -> NDArray[np.float64]:
        """The six traits of a reading, each 1.0-5.0, in the order of TRAITS.

        Whoever has the reading's measures already may give them.
        """
        measures = vector(measured or measure(reading))
        linear = self._linear(measures, reading)
        boosted = self._boosted(np.concatenate([measures, linear]))
        share = float(self.tree_share)
        return np.clip(share * boosted + (1 - share) * linear, TRAIT_MIN, TRAIT_MAX)

    def standardised(self, measures: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = (measures - self.centers) / self.spreads
        return np.asarray(np.clip(scaled, -MEASURE_LIMIT, MEASURE_LIMIT))

    def _linear(self, measures: NDArray[np.float64], reading: Reading) -> NDArray[np.float64]:
        total = self.intercepts + self.standardised(measures) @ self.measure_weights
        for kind, (where, counts) in enumerate(buckets(reading)):
            weights = (1 + np.log(counts)) * self.rarity[kind, where]
            norm = max(float(np.linalg.norm(weights)), 1e-9)
            total = (
                total + (weights / norm) @ self.gram_weights[kind, where] * self.gram_scales[kind]
            )
        return np.asarray(total, dtype=np.float64)

    def _boosted(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        nodes = self.tree_roots
        for _ in range(int(self.tree_depth)):
            goes_left = inputs[self.tree_features[nodes]] <= self.tree_thresholds[nodes]
            nodes = np.where(goes_left, self.tree_left[nodes], self.tree_right[nodes])
        sums = np.bincount(self.tree_traits, self.tree_values[nodes], minlength=len(TRAITS))
        return np.asarray(self.tree_bases + sums, dtype=np.float64)


def save(model: TraitModel, path: Path) -> None:
    """Write a model file that holds numbers and the names of measures only."""
    arrays = {field.name: getattr(model, field.name) for field in fields(TraitModel)}
    np.savez_compressed(path, allow_pickle=False, **arrays)


def restore(path: Path) -> TraitModel:
    """Read a model file; ModelFileError when it is unreadable or does not fit this code."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {field.name: stored[field.name] for field in fields(TraitModel)}
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise ModelFileError(f"{path} is not a model file of the local scorer: {error}") from error
    if list(arrays["names"]) != list(measure(read("Hello."))):
        raise ModelFileError(f"{path} was fitted for other measures; run manage.py trainscorer")
    if arrays["rarity"].shape != (len(KINDS), 1 << BUCKET_BITS):
        raise ModelFileError(f"{path} was fitted for other n-grams; run manage.py trainscorer")
    arrays["rarity"] = arrays["rarity"].astype(np.float32)
    return TraitModel(**arrays)


def content_hash(path: Path) -> str:
    """The first twelve hexadecimal digits of a file's SHA-256."""
    return sha256(path.read_bytes()).hexdigest()[:12]
