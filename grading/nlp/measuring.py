"""Fitting with a measure of its worth: held-out errors, cross-validation, the final model."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grading.nlp.reading import read
from grading.nlp.training import SEED, Floats, Prepared, Progress, Rows, fit, prepare, with_links
from grading.nlp.trait_model import TRAITS, TraitModel


@dataclass(frozen=True)
class TraitError:
    """How far predictions lie from ratings for one trait."""

    trait: str
    rmse: float
    pearson: float
    baseline_rmse: float


@dataclass(frozen=True)
class Trained:
    """A model fitted on all texts, and what one fitted without the held-out fifth was worth."""

    model: TraitModel
    texts: int
    held_out: int
    errors: list[TraitError]
    fold_mcrmse: list[float]
    milliseconds: float


def held_out(count: int, seed: int = SEED) -> tuple[Rows, Rows]:
    """Row numbers of the training part and of the held-out fifth, by a seeded shuffle."""
    shuffled = np.random.default_rng(seed).permutation(count)
    return shuffled[count // 5 :], shuffled[: count // 5]


def _predicted(model: TraitModel, texts: Sequence[str], rows: Rows) -> Floats:
    """The six traits of some rows, by the same code that scores at run time."""
    return np.array([model.predict(read(texts[row])) for row in rows])


def errors(predicted: Floats, targets: Floats, baseline: Floats) -> list[TraitError]:
    """Root mean squared error and Pearson's r per trait, beside always saying the mean."""
    return [
        TraitError(
            trait=trait,
            rmse=float(np.sqrt(np.mean((predicted[:, at] - targets[:, at]) ** 2))),
            pearson=float(np.corrcoef(predicted[:, at], targets[:, at])[0, 1]),
            baseline_rmse=float(np.sqrt(np.mean((baseline[at] - targets[:, at]) ** 2))),
        )
        for at, trait in enumerate(TRAITS)
    ]


def mcrmse(rows: Sequence[TraitError]) -> float:
    """Mean over the traits of the root mean squared error."""
    return float(np.mean([row.rmse for row in rows]))


def cross_validate(
    texts: Sequence[str], prepared: Prepared, targets: Floats, folds: int, progress: Progress
) -> list[float]:
    """MCRMSE of each fold by a model fitted without it; none for 0 folds."""
    if not folds:
        return []
    shuffled = np.random.default_rng(SEED + 1).permutation(len(targets))
    found = []
    for number, fold in enumerate(np.array_split(shuffled, folds), 1):
        progress(f"cross-validating, fold {number} of {folds}")
        rest = np.setdiff1d(shuffled, fold)
        model = fit(prepared, targets, rest, progress)
        predicted = _predicted(model, texts, fold)
        found.append(mcrmse(errors(predicted, targets[fold], targets[rest].mean(axis=0))))
    return found


def train(texts: Sequence[str], targets: Floats, folds: int, progress: Progress) -> Trained:
    """Measure on a held-out fifth (and in folds, if any), then fit on all texts."""
    prepared = prepare(texts, progress)
    rest, held = held_out(len(texts))
    progress(f"fitting without the {len(held)} held-out texts")
    trial = fit(prepared, targets, rest, progress)
    started = time.perf_counter()
    predicted = _predicted(trial, texts, held)
    seconds = time.perf_counter() - started
    fold_mcrmse = cross_validate(texts, prepared, targets, folds, progress)
    progress(f"fitting on all {len(texts)} texts")
    model = fit(prepared, targets, np.arange(len(texts)), progress)
    return Trained(
        model=with_links(model, predicted, targets[held]),
        texts=len(texts),
        held_out=len(held),
        errors=errors(predicted, targets[held], targets[rest].mean(axis=0)),
        fold_mcrmse=fold_mcrmse,
        milliseconds=seconds * 1000 / len(held),
    )
