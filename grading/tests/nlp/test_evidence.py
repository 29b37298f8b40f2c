import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.nlp.evidence import locate
from grading.tests.growth import assert_grows_linearly

CAFE = "We met at the cafe\u0301 in Đà Nẵng."  # the accent stands as a character of its own


@pytest.mark.parametrize(
    ("quote", "text", "shown"),
    [
        ("about cats", "A story about cats.", "about cats"),
        ("he said", "he  \n said", "he  \n said"),
        ("don't go", "Please don’t go now.", "don’t go"),
        ('the "best" way', "It is the “best” way.", "the “best” way"),
        ("well-known", "a well–known man", "well–known"),
        ("the café in", CAFE, "the cafe\u0301 in"),
        (unicodedata.normalize("NFD", "Đà Nẵng"), CAFE, "Đà Nẵng"),
        ("ignore it", "ig\u200bno\u00adre it", "ig\u200bno\u00adre it"),
        ("two words", "two\u00a0words", "two\u00a0words"),
        ('"a whole day"', "We spent a whole day there.", "a whole day"),
        ("  a whole day ", "We spent a whole day there.", "a whole day"),
        ("smile 😀 again", "I 😀 smile 😀 again", "smile 😀 again"),
    ],
)
def test_a_quote_is_found_where_a_reader_sees_it(quote, text, shown):
    offset, length = locate(quote, text)
    assert text[offset : offset + length] == shown


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("about 6% of them", "about 5% of them"),
        ("5% of them", "about 15% of them"),
        ("5 percent", "3.5 percent"),
        ("3.5", "3.55"),
        ("cat", "concatenate"),
        ("I has a car", "I have a car"),
        ("the cafe", CAFE),
        ("We met ... in Đà Nẵng", CAFE),
        ("We met", "we met"),
        ("52", "5²"),
        ("at", "look at me"),
        ("", "anything"),
        ("   ", "any   thing"),
        ("''''", "it ''''"[:3]),
    ],
)
def test_what_is_not_there_is_not_found(quote, text):
    assert locate(quote, text) is None


def test_a_whole_word_is_found_behind_a_part_of_one():
    assert locate("cat", "concatenate the cat") == (16, 3)


@given(st.text(max_size=60), st.data())
def test_every_run_of_whole_words_of_a_text_is_found(text, data):
    words = text.split()
    if not words:
        return
    start = data.draw(st.integers(0, len(words) - 1))
    quote = " ".join(words[start : data.draw(st.integers(start + 1, len(words)))])
    shown = "".join(c for c in quote if unicodedata.category(c)[0] not in "CM")
    if len(shown.strip()) < 3:
        return
    place = locate(quote, text)
    if unicodedata.category(quote[0])[0] in "CM":
        return
    assert place is not None
    offset, length = place
    shown = text[offset : offset + length]
    bare = [c for c in unicodedata.normalize("NFD", shown) if c.isalnum()]
    assert bare == [c for c in unicodedata.normalize("NFD", quote) if c.isalnum()]


@pytest.mark.parametrize(
    "text",
    ["a" * 20_000, "a\u0301" * 10_000, "e" + "\u0301" * 19_999, "\u200b" * 20_000, "ab " * 6_667],
)
@pytest.mark.parametrize("quote", ["aaa", "b" * 500, "ab ab ac", "e\u0301\u0301\u0301"])
def test_looking_for_a_quote_grows_with_the_text_only(text, quote):
    assert_grows_linearly(lambda part: locate(quote, part), text)
