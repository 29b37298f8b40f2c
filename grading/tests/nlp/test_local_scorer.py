import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from grading.enums import CRITERIA, Criterion, Skill, Task
from grading.nlp.local_scorer import MODEL_FILE, load_model, predict_traits, score_response
from grading.nlp.trait_model import TRAITS, ModelFileError, restore
from grading.tests.growth import assert_grows_linearly
from grading.tests.nlp.response_samples import LETTER, LETTER_PROMPT, MIDDLE, PROMPT, STRONG, WEAK
from grading.tests.nlp.test_facts import ADVERSARIAL

TASK_1, TASK_2 = Task.WRITING_TASK_1, Task.WRITING_TASK_2
FULFILMENT = Criterion.TASK_FULFILLMENT
LANGUAGE = [c for c in CRITERIA[Skill.WRITING] if c is not FULFILMENT]


def essay(text, prompt=PROMPT):
    return score_response(text, task=TASK_2, prompt=prompt, min_words=250)


def letter(text, prompt=LETTER_PROMPT):
    return score_response(text, task=TASK_1, prompt=prompt, min_words=120)


def test_the_shipped_file_is_small_and_holds_numbers_and_measure_names_only():
    assert MODEL_FILE.stat().st_size < 2_000_000
    with np.load(MODEL_FILE, allow_pickle=False) as stored:
        letters = [name for name in stored.files if stored[name].dtype.kind not in "fiu"]
    assert letters == ["names"]


def test_the_shipped_file_needs_no_fitting_library_and_no_framework():
    script = (
        "import sys\n"
        "from grading.nlp.local_scorer import predict_traits\n"
        "predict_traits('I like to live in a village.')\n"
        "print({'sklearn', 'scipy', 'lightgbm', 'django'} & set(sys.modules))"
    )
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "set()"


def test_a_better_command_of_english_scores_higher_in_every_trait_and_criterion():
    for lower, higher in ((WEAK, MIDDLE), (MIDDLE, STRONG)):
        below, above = predict_traits(lower), predict_traits(higher)
        assert all(below[trait] < above[trait] for trait in TRAITS)
        below_scores, above_scores = essay(lower).criteria, essay(higher).criteria
        assert all(below_scores[c] < above_scores[c] for c in LANGUAGE)


def test_the_three_levels_are_told_apart_by_more_than_a_point():
    weak, strong = essay(WEAK).criteria, essay(STRONG).criteria
    assert all(strong[c] - weak[c] >= Decimal("1.5") for c in LANGUAGE)


@pytest.mark.parametrize("text", [WEAK, MIDDLE, STRONG, LETTER])
def test_traits_and_scores_are_within_their_scales_and_unrounded_to_hundredths(text):
    assert all(1 <= level <= 5 for level in predict_traits(text).values())
    scores = essay(text)
    assert list(scores.criteria) == list(CRITERIA[Skill.WRITING]) == list(scores.reasons)
    assert all(0 <= score <= 10 for score in scores.criteria.values())
    assert all(score.as_tuple().exponent == -2 for score in scores.criteria.values())
    assert all(reasons and all(reasons) for reasons in scores.reasons.values())


def test_the_same_text_gets_the_same_scores():
    load_model.cache_clear()
    first = essay(MIDDLE)
    load_model.cache_clear()
    assert essay(MIDDLE) == first


@pytest.mark.parametrize("text", ["", "  \n\t", "…!?", "\u200b", "😀😀"])
def test_nothing_written_scores_nothing(text):
    scores = essay(text)
    assert set(scores.criteria.values()) == {Decimal(0)}
    assert scores.reasons[FULFILMENT] == ["Nothing was written."]


def test_the_version_changes_with_the_model_file(tmp_path):
    from grading.nlp.trait_model import content_hash

    changed = tmp_path / "model.npz"
    changed.write_bytes(MODEL_FILE.read_bytes() + b"x")
    assert content_hash(MODEL_FILE) in essay(MIDDLE).version
    assert content_hash(changed) not in essay(MIDDLE).version


@pytest.mark.parametrize(
    "content", [b"", b"not a model", b"PK\x05\x06" + b"\0" * 18, b"\x93NUMPY\x01\x00"]
)
def test_a_broken_model_file_is_refused_in_words(tmp_path, content):
    broken = tmp_path / "broken.npz"
    broken.write_bytes(content)
    with pytest.raises(ModelFileError, match="is not a model file"):
        restore(broken)


def test_a_model_fitted_for_other_measures_is_refused(tmp_path):
    with np.load(MODEL_FILE) as stored:
        arrays = dict(stored)
    arrays["names"] = arrays["names"][::-1]
    np.savez(tmp_path / "other.npz", **arrays)
    with pytest.raises(ModelFileError, match="other measures"):
        restore(tmp_path / "other.npz")


def test_speech_is_not_the_local_scorers():
    with pytest.raises(ValueError, match="speaking_part_1"):
        score_response("Hello", task=Task.SPEAKING_PART_1, prompt="", min_words=0)


@pytest.mark.parametrize(
    ("words", "cap"), [(226, None), (225, 6), (210, 5), (186, 5), (185, 4), (100, 4)]
)
def test_an_essay_too_short_is_limited_in_task_fulfilment_and_says_so(words, cap):
    scores = essay(" ".join(STRONG.split()[:words]))
    if cap is None:
        assert not any("under the length" in r for r in scores.reasons[FULFILMENT])
    else:
        assert scores.criteria[FULFILMENT] <= cap
        assert any(f"at most {cap}" in reason for reason in scores.reasons[FULFILMENT])


def test_repeating_the_text_does_not_make_it_longer():
    short = " ".join(MIDDLE.split()[:130]) + "."
    repeated = "\n".join([short] * 3)
    assert essay(repeated).criteria[FULFILMENT] <= 4


def test_copying_the_prompt_and_missing_its_topic_limit_task_fulfilment():
    copied = "\n".join([PROMPT, PROMPT.replace("Many", "Several"), PROMPT.lower(), MIDDLE[:300]])
    assert essay(copied).criteria[FULFILMENT] <= 3
    other = "Describe a famous painting hanging in a museum and the artist behind this masterpiece."
    assert essay(STRONG, prompt=other).criteria[FULFILMENT] <= 3
    assert essay(STRONG).criteria[FULFILMENT] >= 7


def test_greeting_and_closing_count_for_a_letter():
    body = "\n".join(LETTER.splitlines()[2:-2]) + " " + "It will be a lovely time for us two."
    whole, bare = letter(LETTER), letter(body)
    assert whole.criteria[FULFILMENT] > bare.criteria[FULFILMENT]
    assert "The letter has a greeting and a closing." in whole.reasons[FULFILMENT]
    assert "The letter has no greeting and no closing." in bare.reasons[FULFILMENT]


def test_paragraphs_count_for_an_essay():
    joined = " ".join(MIDDLE.split())
    assert essay(MIDDLE).criteria[FULFILMENT] > essay(joined).criteria[FULFILMENT]


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("Tôi rất thích sống ở nông thôn vì không khí trong lành. " * 25, 1),
        ("asdkjh qweoiu zxmnb lkjhg poiuyt mnbvcx " * 45, 1),
        ("house river green money table happy school yellow window garden " * 30, 2),
        ("I like it very much.", 2),
    ],
)
def test_what_is_no_english_text_gets_the_lowest_bands(text, most):
    scores = essay(text)
    assert max(scores.criteria.values()) <= most
    assert all(any("at most" in r for r in scores.reasons[c]) for c in LANGUAGE)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_scoring_hostile_text_grows_with_the_text_only(name):
    text = ADVERSARIAL[name][:20_000]
    scores = essay(text)
    assert_grows_linearly(essay, text)
    assert all(0 <= score <= 10 for score in scores.criteria.values())
