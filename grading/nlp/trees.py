"""scikit-learn's boosted trees laid out flat, so that scoring needs numpy alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def _depth(nodes: NDArray[Any]) -> int:
    return int(nodes["depth"].max())


def _leaf_loops(nodes: NDArray[Any], side: str) -> NDArray[Any]:
    """Children's places; a leaf is its own child, so that walking on stays there."""
    return np.where(nodes["is_leaf"].astype(bool), np.arange(len(nodes)), nodes[side])


def flatten(regressors: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Arrays for all trees of all traits; several regressors of a trait are averaged."""
    trees = [
        (trait, 1 / len(group), stage[0].nodes)
        for trait, group in enumerate(regressors)
        for regressor in group
        for stage in regressor._predictors
    ]
    sizes = [len(nodes) for _, _, nodes in trees]
    roots = np.cumsum([0, *sizes[:-1]])
    pairs = list(zip(trees, roots, strict=True))
    joined = {
        "tree_features": [np.where(n["is_leaf"], 0, n["feature_idx"]) for _, _, n in trees],
        "tree_thresholds": [np.where(n["is_leaf"], 0, n["num_threshold"]) for _, _, n in trees],
        "tree_left": [_leaf_loops(n, "left") + root for (_, _, n), root in pairs],
        "tree_right": [_leaf_loops(n, "right") + root for (_, _, n), root in pairs],
        "tree_values": [n["value"] * share for _, share, n in trees],
    }
    # A threshold may equal a value of the training texts, so it must not lose a digit.
    kinds = dict(zip(joined, (np.uint16, np.float64, np.int32, np.int32, np.float32), strict=True))
    flat: dict[str, Any] = {k: np.concatenate(v).astype(kinds[k]) for k, v in joined.items()}
    bases = [np.mean([float(r._baseline_prediction.ravel()[0]) for r in g]) for g in regressors]
    return flat | {
        "tree_roots": roots.astype(np.int32),
        "tree_traits": np.array([trait for trait, _, _ in trees], dtype=np.uint8),
        "tree_depth": np.int64(max(_depth(nodes) for _, _, nodes in trees)),
        "tree_bases": np.array(bases),
    }
