"""Fitting the local scorer; the only module of nlp that needs scikit-learn, imported when used."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grading.nlp.features import measure, vector
from grading.nlp.linking import COMPOSITES
from grading.nlp.ngrams import BUCKET_BITS, KINDS, buckets
from grading.nlp.reading import read
from grading.nlp.trait_model import MEASURE_LIMIT, TRAITS, TraitModel
from grading.nlp.trees import flatten

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Progress = Callable[[str], None]

SEED = 20250101
FOLDS = 5
FEWEST_TEXTS = 50
# A bucket met in fewer texts is dropped: it would remember single texts, not the language.
FEWEST_TEXTS_PER_BUCKET = 8
# Tried among a few neighbours on the held-out fifth, which moved its error by under 0.003.
MEASURE_WEIGHT = 0.3
RIDGE = 2.0
TREE_SHARE = 0.6
TREE_SEEDS = 2
BOOSTING: dict[str, Any] = {
    "learning_rate": 0.03,
    "max_iter": 200,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 30,
    "l2_regularization": 5.0,
    "max_features": 0.3,
    "early_stopping": False,
}


@dataclass(frozen=True)
class Prepared:
    """Texts measured once, so that several fits share the work."""

    measures: Floats
    grams: list[list[tuple[NDArray[np.int64], Floats]]]


def prepare(texts: Sequence[str], progress: Progress) -> Prepared:
    """Measure all texts; a progress line every 500."""
    measures, grams = [], []
    for number, text in enumerate(texts, 1):
        reading = read(text)
        measures.append(vector(measure(reading)))
        grams.append(buckets(reading))
        if number % 500 == 0 or number == len(texts):
            progress(f"measured {number} of {len(texts)} texts")
    return Prepared(np.array(measures), grams)


def _gram_matrix(prepared: Prepared, rows: Rows, kind: int) -> Any:
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    found = [prepared.grams[row][kind] for row in rows]
    ends = np.cumsum([0, *(len(where) for where, _ in found)])
    values = np.concatenate([1 + np.log(counts) for _, counts in found])
    places = np.concatenate([where for where, _ in found])
    return csr_matrix((values, places, ends), shape=(len(rows), 1 << BUCKET_BITS))


def _rarity(matrix: Any) -> Floats:
    """Smoothed inverse document frequency of each bucket; 0 for those met in too few texts."""
    texts = matrix.shape[0]
    met = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return np.where(
        met >= min(FEWEST_TEXTS_PER_BUCKET, texts), np.log((1 + texts) / (1 + met)) + 1, 0
    )


def _weighted(matrix: Any, rarity: Floats) -> Any:
    from scipy.sparse import diags

    weighted = (matrix @ diags(rarity)).tocsr()
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return (diags(1 / np.maximum(norms, 1e-9)) @ weighted).tocsr()


def _ridge(kernel: Floats, targets: Floats) -> Floats:
    return np.asarray(np.linalg.solve(kernel + RIDGE * np.eye(len(kernel)), targets))


def _out_of_fold(kernel: Floats, targets: Floats, seed: int) -> Floats:
    """Each row's linear prediction by a fit that did not see the row."""
    predicted = np.zeros_like(targets)
    shuffled = np.random.default_rng(seed).permutation(len(targets))
    for fold in np.array_split(shuffled, FOLDS):
        rest = np.setdiff1d(shuffled, fold)
        center = targets[rest].mean(axis=0)
        weights = _ridge(kernel[np.ix_(rest, rest)], targets[rest] - center)
        predicted[fold] = kernel[np.ix_(fold, rest)] @ weights + center
    return predicted


def _quantised(weights: Floats) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    scales = np.maximum(np.abs(weights).max(axis=1), 1e-12) / 127
    whole = np.round(weights / scales[:, None, :]).astype(np.int8)
    return whole, scales.astype(np.float32)


def _boost(inputs: Floats, targets: Floats, seed: int) -> list[list[Any]]:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    # Trees this small cost more to share among threads than to grow on one.
    with threadpool_limits(limits=1, user_api="openmp"):
        return [
            [
                HistGradientBoostingRegressor(random_state=seed + number, **BOOSTING).fit(
                    inputs, targets[:, trait]
                )
                for number in range(TREE_SEEDS)
            ]
            for trait in range(len(TRAITS))
        ]


def _compared(
    prepared: Prepared, rows: Rows, scaled: Floats, progress: Progress
) -> tuple[Floats, list[Any], list[Floats]]:
    """How alike the rows are, with the weighted n-grams and the rarities behind it."""
    matrices, rarities = [], []
    kernel = scaled @ scaled.T * (MEASURE_WEIGHT / scaled.shape[1])
    for kind in range(len(KINDS)):
        progress(f"comparing {len(rows)} texts by n-grams, kind {kind + 1} of {len(KINDS)}")
        matrix = _gram_matrix(prepared, rows, kind)
        rarities.append(_rarity(matrix))
        matrices.append(_weighted(matrix, rarities[kind]))
        kernel += (matrices[kind] @ matrices[kind].T).toarray() / len(KINDS)
    return kernel, matrices, rarities


def fit(
    prepared: Prepared, targets: Floats, rows: Rows, progress: Progress, seed: int = SEED
) -> TraitModel:
    """Fit the model on some rows; the same rows and seed give the same model."""
    chosen, wanted = prepared.measures[rows], targets[rows]
    centers, spreads = chosen.mean(axis=0), chosen.std(axis=0) + 1e-9
    scaled = np.clip((chosen - centers) / spreads, -MEASURE_LIMIT, MEASURE_LIMIT)
    kernel, matrices, rarities = _compared(prepared, rows, scaled, progress)
    progress("fitting the linear part and the trees")
    dual = _ridge(kernel, wanted - wanted.mean(axis=0))
    gram_weights, gram_scales = _quantised(
        np.array([matrix.T @ dual / len(KINDS) for matrix in matrices])
    )
    linear = _out_of_fold(kernel, wanted, seed)
    return TraitModel(
        names=np.array(list(measure(read("Hello.")))),
        centers=centers,
        spreads=spreads,
        measure_weights=scaled.T @ dual * (MEASURE_WEIGHT / scaled.shape[1]),
        rarity=np.array(rarities, dtype=np.float16),
        gram_weights=gram_weights,
        gram_scales=gram_scales,
        intercepts=wanted.mean(axis=0),
        tree_share=np.array(TREE_SHARE),
        link_centers=np.zeros(len(COMPOSITES)),
        link_factors=np.ones(len(COMPOSITES)),
        **flatten(_boost(np.hstack([chosen, linear]), wanted, seed)),
    )


def with_links(model: TraitModel, predicted: Floats, targets: Floats) -> TraitModel:
    """Keep what stretches held-out predictions to the spread of the ratings, per composite.

    A regression's predictions are narrower than ratings (Yan and Bridgeman 2020, on e-rater).
    """
    picked = [[TRAITS.index(trait) for trait in traits] for traits in COMPOSITES.values()]
    said = [predicted[:, at].mean(axis=1) for at in picked]
    rated = [targets[:, at].mean(axis=1) for at in picked]
    factors = [r.std() / max(s.std(), 1e-9) for s, r in zip(said, rated, strict=True)]
    return replace(
        model,
        link_centers=np.array([s.mean() for s in said]),
        link_factors=np.clip(factors, 1.0, 2.0),
    )
