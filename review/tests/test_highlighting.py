"""Marked text: exact, whatever overlaps and whatever the characters are."""

from hypothesis import given
from hypothesis import strategies as st

from review.highlighting import Labels, Mark, cut


def mark(start, end, key="a", kind="grammar"):
    return Mark(start, end, key, kind, key.upper())


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6),
)
def test_the_pieces_joined_are_the_text(text, spans):
    marks = [mark(start, end, f"m{n}") for n, (start, end) in enumerate(spans)]
    segments = cut(text, marks)
    assert "".join(segment.text for segment in segments) == text
    for one in marks:
        inside = "".join(s.text for s in segments if one in s.marks)
        legal = 0 <= one.start < one.end <= len(text)
        assert inside == (text[one.start : one.end] if legal else "")


def test_each_mark_opens_once_however_it_is_cut():
    marks = [mark(0, 6, "a"), mark(3, 9, "b", "vocabulary"), mark(3, 4, "c")]
    segments = cut("abcdefghijk", marks)
    opened = [one.key for segment in segments for one in segment.opens]
    assert sorted(opened) == ["a", "b", "c"]
    assert [s.text for s in segments] == ["abc", "d", "ef", "ghi", "jk"]
    assert segments[1].kinds == ["grammar", "vocabulary"]


def test_offsets_count_code_points_so_emoji_shift_nothing():
    text = "Hi 👩‍🏫, the festival was 🎉 great"
    start = text.index("festival")
    segments = cut(text, [mark(start, start + 8)])
    assert [s.text for s in segments if s.marks] == ["festival"]


def test_an_empty_response_has_no_pieces():
    assert cut("", [mark(0, 1)]) == []


def test_labels_count_within_their_kind():
    labels = Labels({"grammar": "G", "error": "E"})
    assert [labels.next(k) for k in ("grammar", "error", "grammar")] == ["G1", "E1", "G2"]
