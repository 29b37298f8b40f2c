import csv
import gzip
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from grading.nlp import local_scorer
from grading.nlp.reading import read
from grading.nlp.trait_model import TRAITS, restore
from grading.nlp.trees import flatten

GOOD = "However, careful readers consider every argument before they reach a firm conclusion."
POOR = "he dont like read book and he go home becaus the book is bad"


def synthetic(path, count=60, **changed):
    """Texts whose share of good sentences is their level, so that there is something to learn."""
    generator = np.random.default_rng(7)
    rows = []
    for number in range(count):
        good = number % 5
        sentences = [GOOD] * good * 2 + [POOR] * (4 - good) * 2
        generator.shuffle(sentences)
        text = "\n".join([" ".join(sentences), f"It was number {number}."])
        rows.append({"text_id": str(number), "full_text": text} | dict.fromkeys(TRAITS, 1 + good))
    rows[0] |= changed
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    directory = tmp_path_factory.mktemp("trained")
    out, err = StringIO(), StringIO()
    source = synthetic(directory / "texts.csv.gz")
    call_command("trainscorer", source, out=directory / "model", folds=2, stdout=out, stderr=err)
    return directory / "model", out.getvalue(), err.getvalue()


def test_a_fit_learns_and_reports_its_held_out_errors(trained):
    directory, table, progress = trained
    model = restore(directory / "local_scorer.npz")
    low, high = (model.predict(read(f"{s} {s} {s}")).mean() for s in (POOR, GOOD))
    assert high - low > 1
    assert all(f"| {trait} |" in table for trait in TRAITS)
    assert "measured 60 of 60 texts" in progress
    assert "cross-validating, fold 2 of 2" in progress


def test_the_card_names_the_file_and_the_command_and_shows_the_table(trained):
    directory, table, _ = trained
    card = (directory / "local_scorer.md").read_text("utf-8")
    assert "manage.py trainscorer texts.csv.gz --folds 2" in card
    assert next(line for line in table.splitlines() if "| mean |" in line) in card
    assert "Cross-validation, 2 folds" in card
    assert "provisional linking" in card


def test_the_same_texts_give_the_same_model(trained, tmp_path):
    source = synthetic(tmp_path / "texts.csv.gz")
    call_command("trainscorer", source, out=tmp_path, stdout=StringIO(), stderr=StringIO())
    first = restore(trained[0] / "local_scorer.npz").predict(read(GOOD + POOR))
    again = restore(tmp_path / "local_scorer.npz").predict(read(GOOD + POOR))
    assert np.allclose(first, again, atol=1e-6)


def test_files_already_there_are_not_replaced_unasked(trained, tmp_path):
    source = synthetic(tmp_path / "texts.csv")
    before = (trained[0] / "local_scorer.npz").read_bytes()
    with pytest.raises(CommandError, match=r"local_scorer\.npz.*--overwrite"):
        call_command("trainscorer", source, out=trained[0])
    assert (trained[0] / "local_scorer.npz").read_bytes() == before


def test_the_default_place_is_not_the_shipped_file(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    shipped = local_scorer.MODEL_FILE.read_bytes()
    source = synthetic(tmp_path / "texts.csv")
    call_command("trainscorer", source, stdout=StringIO(), stderr=StringIO())
    assert (tmp_path / "var" / "local_scorer" / "local_scorer.npz").exists()
    assert local_scorer.MODEL_FILE.read_bytes() == shipped


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"grammar": "7"}, "text 0: column grammar is '7'"),
        ({"syntax": ""}, "text 0: column syntax is ''"),
        ({"cohesion": "nan"}, "text 0: column cohesion is 'nan'"),
    ],
)
def test_a_rating_off_the_scale_is_named(tmp_path, changed, message):
    with pytest.raises(CommandError, match=message):
        call_command("trainscorer", synthetic(tmp_path / "texts.csv", **changed), out=tmp_path)


def test_missing_columns_too_few_texts_and_missing_files_are_named(tmp_path):
    few = tmp_path / "few.csv"
    few.write_text("text_id,full_text,cohesion\n1,Hello,3\n")
    with pytest.raises(CommandError, match="no column syntax, vocabulary"):
        call_command("trainscorer", few, out=tmp_path)
    with pytest.raises(CommandError, match="at least 50"):
        call_command("trainscorer", synthetic(tmp_path / "a.csv", count=10), out=tmp_path)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("trainscorer", tmp_path / "none.csv", out=tmp_path)


def test_trees_laid_flat_say_what_the_fitting_library_says():
    from sklearn.ensemble import HistGradientBoostingRegressor

    generator = np.random.default_rng(3)
    inputs = generator.normal(size=(400, 5))
    targets = inputs[:, 0] * 2 + np.sin(inputs[:, 1] * 3) + generator.normal(size=400) / 10
    group = [
        HistGradientBoostingRegressor(max_iter=30, random_state=seed).fit(inputs, targets)
        for seed in (1, 2)
    ]
    flat = flatten([group])
    for row in inputs[:50]:
        nodes = flat["tree_roots"]
        for _ in range(int(flat["tree_depth"])):
            left = row[flat["tree_features"][nodes]] <= flat["tree_thresholds"][nodes]
            nodes = np.where(left, flat["tree_left"][nodes], flat["tree_right"][nodes])
        said = flat["tree_bases"][0] + flat["tree_values"][nodes].sum()
        wanted = np.mean([regressor.predict(row[None, :])[0] for regressor in group])
        assert said == pytest.approx(wanted, abs=1e-4)
