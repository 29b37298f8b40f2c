"""The model card written beside a fitted model file: measured figures and what they are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grading.nlp.measuring import Trained, TraitError, mcrmse
from grading.nlp.training import FEWEST_TEXTS_PER_BUCKET, SEED
from grading.nlp.trait_model import content_hash

SHIPPED_NOTES = Path(__file__).with_name("local_scorer_notes.md")


@dataclass(frozen=True)
class Source:
    """Where the texts came from and what command fitted on them."""

    name: str
    content_hash: str
    command: str


def error_table(rows: Sequence[TraitError]) -> list[str]:
    """The errors per trait as lines of a Markdown table."""
    lines = ["| trait | RMSE | Pearson's r | RMSE of the mean |", "|---|---|---|---|"]
    lines += [
        f"| {row.trait} | {row.rmse:.3f} | {row.pearson:.3f} | {row.baseline_rmse:.3f} |"
        for row in rows
    ]
    pearson = sum(row.pearson for row in rows) / len(rows)
    baseline = sum(row.baseline_rmse for row in rows) / len(rows)
    return [*lines, f"| mean | {mcrmse(rows):.3f} | {pearson:.3f} | {baseline:.3f} |"]


def _folds(trained: Trained) -> list[str]:
    if not trained.fold_mcrmse:
        return []
    shown = ", ".join(f"{fold:.3f}" for fold in trained.fold_mcrmse)
    mean = sum(trained.fold_mcrmse) / len(trained.fold_mcrmse)
    count = len(trained.fold_mcrmse)
    return [f"Cross-validation, {count} folds: MCRMSE {mean:.3f} ({shown}).", ""]


def model_card(trained: Trained, source: Source, path: Path) -> str:
    """The card as Markdown; every figure in it comes from this run."""
    model = trained.model
    kept = int((model.rarity > 0).sum())
    lines = [
        "# Model card: the local scorer",
        "",
        f"Model file `{path.name}`, {path.stat().st_size:,} bytes, "
        f"SHA-256 begins `{content_hash(path)}`.",
        "",
        "## Measured",
        "",
        f"Fitted by `{source.command}` on {trained.texts:,} texts of `{source.name}` "
        f"(SHA-256 begins `{source.content_hash}`), seed {SEED}. The figures below are of a model "
        f"fitted without the {trained.held_out:,} held-out texts (a seeded fifth); the file "
        "itself was then fitted on all texts. The last column always says the mean of the "
        "training part.",
        "",
        *error_table(trained.errors),
        "",
        *_folds(trained),
        f"Measuring and scoring one held-out text took {trained.milliseconds:.1f} ms on average "
        "in the same run.",
        "",
        f"The file holds {len(model.names)} named measures, {kept:,} buckets of hashed n-grams "
        f"each met in at least {FEWEST_TEXTS_PER_BUCKET} texts, and {len(model.tree_roots):,} "
        "small trees; no word of any text.",
        "",
        "Spread: held-out predictions are narrower than ratings, so before linking they are "
        "stretched about their mean by "
        + ", ".join(f"{factor:.2f}" for factor in model.link_factors)
        + " (organization, vocabulary, grammar).",
        "",
        SHIPPED_NOTES.read_text(encoding="utf-8"),
    ]
    return "\n".join(lines)
