"""Fit the local scorer on scored texts and write a model file with its card."""

from argparse import ArgumentParser
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from grading.nlp.corpus import CorpusError, number_in, rows_of
from grading.nlp.measuring import Trained, train
from grading.nlp.model_card import Source, error_table, model_card
from grading.nlp.training import FEWEST_TEXTS, Floats
from grading.nlp.trait_model import TRAIT_MAX, TRAIT_MIN, TRAITS, save

MODEL_NAME, CARD_NAME = "local_scorer.npz", "local_scorer.md"


class Command(BaseCommand):
    help = "Fits the local scorer on a CSV of texts with six traits each; writes model and card."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV or .csv.gz: text_id, full_text, traits")
        parser.add_argument("--out", type=Path, help="a directory (default: var/local_scorer)")
        parser.add_argument("--folds", type=int, default=0, help="also cross-validate in N folds")
        parser.add_argument("--overwrite", action="store_true", help="replace files already there")

    def handle(self, *args: Any, **options: Any) -> None:
        target = options["out"] or Path(settings.BASE_DIR) / "var" / "local_scorer"
        self._refuse_overwriting(target, options["overwrite"])
        if options["folds"] == 1 or options["folds"] < 0:
            raise CommandError("--folds must be 2 or more (0: no cross-validation)")
        try:
            texts, targets = _scored_texts(options["file"])
        except CorpusError as error:
            raise CommandError(str(error)) from error
        trained = train(texts, targets, options["folds"], self._progress)
        self.stdout.write("\n".join(error_table(trained.errors)))
        self._write(trained, _source(options["file"], options["folds"]), target)

    def _refuse_overwriting(self, target: Path, allowed: bool) -> None:
        there = [name for name in (MODEL_NAME, CARD_NAME) if (target / name).exists()]
        if there and not allowed:
            raise CommandError(f"{target} holds {' and '.join(there)} already: give --overwrite")

    def _write(self, trained: Trained, source: Source, target: Path) -> None:
        model, card = target / MODEL_NAME, target / CARD_NAME
        target.mkdir(parents=True, exist_ok=True)
        save(trained.model, model)
        card.write_text(model_card(trained, source, model), encoding="utf-8")
        self.stdout.write(f"wrote {model} and {card}")

    def _progress(self, line: str) -> None:
        self.stderr.write(line)


def _scored_texts(path: Path) -> tuple[list[str], Floats]:
    rows = rows_of(path, ("text_id", "full_text", *TRAITS))
    if len(rows) < FEWEST_TEXTS:
        raise CorpusError(f"{path} holds {len(rows)} texts; at least {FEWEST_TEXTS} are needed")
    targets = [[number_in(row, t, TRAIT_MIN, TRAIT_MAX) for t in TRAITS] for row in rows]
    return [row["full_text"] for row in rows], np.array(targets)


def _source(path: Path, folds: int) -> Source:
    command = f"manage.py trainscorer {path.name}" + (f" --folds {folds}" if folds else "")
    return Source(path.name, sha256(path.read_bytes()).hexdigest()[:12], command)
