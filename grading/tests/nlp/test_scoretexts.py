import csv
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from grading.nlp.local_scorer import predict_traits
from grading.nlp.trait_model import TRAITS
from grading.tests.nlp.response_samples import LETTER, LETTER_PROMPT, MIDDLE, STRONG, WEAK

CRITERIA = ["taskFulfillment", "organization", "vocabulary", "grammar"]


def written(path, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def scored(tmp_path, rows, **options):
    source, target = written(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    err = StringIO()
    call_command("scoretexts", source, out=target, stderr=err, **options)
    with target.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream)), err.getvalue()


def test_each_text_gets_legal_scores_a_band_and_low_confidence(tmp_path):
    texts = {"a": WEAK, "b": MIDDLE, "c": STRONG}
    rows, progress = scored(
        tmp_path, [{"text_id": k, "full_text": text} for k, text in texts.items()]
    )
    assert list(rows[0]) == ["text_id", *CRITERIA, "overall", "band", "confidence"]
    assert [row["text_id"] for row in rows] == ["a", "b", "c"]
    assert all(float(row[c]) * 2 % 1 == 0 for row in rows for c in [*CRITERIA, "overall"])
    assert [float(r["overall"]) for r in rows] == sorted(float(r["overall"]) for r in rows)
    assert {row["confidence"] for row in rows} == {"low"}
    assert "scored 3 of 3 texts" in progress


def test_task_and_prompt_of_a_row_are_heeded(tmp_path):
    row = {"text_id": "1", "full_text": LETTER, "prompt": LETTER_PROMPT}
    as_letter, _ = scored(tmp_path, [row | {"task": "writing_task_1"}])
    as_essay, _ = scored(tmp_path, [row | {"task": ""}])
    assert float(as_letter[0]["taskFulfillment"]) >= 7
    assert float(as_essay[0]["taskFulfillment"]) <= 4


def test_traits_come_unrounded(tmp_path):
    rows, _ = scored(tmp_path, [{"text_id": "1", "full_text": MIDDLE}], traits=True)
    assert list(rows[0]) == ["text_id", *TRAITS]
    expected = predict_traits(MIDDLE)
    assert all(float(rows[0][t]) == pytest.approx(expected[t], abs=1e-4) for t in TRAITS)


def test_an_empty_text_scores_nothing_and_stops_nothing(tmp_path):
    rows, _ = scored(
        tmp_path, [{"text_id": "1", "full_text": ""}, {"text_id": "2", "full_text": MIDDLE}]
    )
    assert (rows[0]["overall"], rows[0]["band"]) == ("0.0", "none")
    assert float(rows[1]["overall"]) > 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text_id,text\n1,Hello\n", "no column full_text"),
        ("", "no column text_id, full_text"),
        ("text_id,full_text\n", "holds no rows"),
        ("text_id,full_text\n1\n", "line 2: fewer cells"),
        ("text_id,full_text,task\n1,Hi,speaking_part_1\n", "column task is 'speaking_part_1'"),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused_in_words(tmp_path, content, message):
    (tmp_path / "in.csv").write_text(content)
    with pytest.raises(CommandError, match=message):
        call_command("scoretexts", tmp_path / "in.csv", out=tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_file_that_is_no_text_and_one_that_is_not_there_are_named(tmp_path):
    (tmp_path / "in.csv").write_bytes(b"\xff\xfe\x00\xd8text")
    for name in ("in.csv", "none.csv", "in.csv.gz"):
        with pytest.raises(CommandError, match=name):
            call_command("scoretexts", tmp_path / name, out=tmp_path / "out.csv")
