import pytest

from grading.nlp.plain import LINK_REMOVED, plain_text, shares_run, storable, visible
from grading.tests.growth import assert_grows_linearly


def test_hidden_characters_are_left_out_and_line_ends_made_one_kind():
    hidden = "a\u200bb\u202ec\u0008d\U000e0041e\ufe0ff\U000e0100g\ud800h\r\ni\x00"
    assert visible(hidden) == "abcdefgh\ni"


def test_ordinary_letters_of_any_language_stay():
    text = "Đà Nẵng, cafe\u0301, 東京 😀\n\tok"
    assert visible(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "see https://evil.example/a?b=c",
        "see HTTP://evil.example",
        "![x](https://evil.example/p.png)",
        "[x](javascript:alert(1))",
        "[x](//evil.example/a)",
        "data:text/html,<b>",
        "www.evil.example",
        "ht\u200btps://evil.example",
        "mailto:a@b.example",
    ],
)
def test_links_become_inert(text):
    shown = plain_text(text, 1000)
    assert LINK_REMOVED in shown
    assert "evil" not in shown
    assert "javascript:" not in shown


@pytest.mark.parametrize(
    "text",
    ["Look at the data: it shows more.", "On file: nothing.", "<b>bold</b> & more", "and/or 1//2"],
)
def test_words_and_markup_stay_as_text(text):
    assert plain_text(text, 1000) == text


def test_a_text_is_cut_at_its_limit():
    assert plain_text("a" * 50, 10) == "a" * 10


def test_what_postgresql_cannot_hold_is_replaced():
    assert storable("a\x00b\udfffc", 10) == "a\ufffdb\ufffdc"


def test_a_recited_run_of_twelve_words_is_noticed_and_eleven_are_not():
    source = "Copy first the words of the response that show what it deserves, then give the score."
    words = source.split()
    assert shares_run("He said: " + " ".join(words[:12]).upper() + "!", source)
    assert not shares_run("He said: " + " ".join(words[:11]), source)


@pytest.mark.parametrize("text", ["/" * 100_000, "www." * 25_000, "http:" * 20_000, "//a" * 33_000])
def test_cleaning_grows_with_the_text_only(text):
    assert_grows_linearly(lambda part: plain_text(part, 100_000), text)
