"""Cuts a response into pieces, so that quotes and errors may overlap and the text stays exact."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True)
class Mark:
    """A stretch of the response, in code points, and what the page calls it."""

    start: int
    end: int
    key: str
    kind: str
    label: str
    title: str = ""


@dataclass(frozen=True)
class Segment:
    """Text under the same marks from end to end; `opens` are the marks that begin with it."""

    text: str
    marks: tuple[Mark, ...] = ()
    opens: tuple[Mark, ...] = ()

    @property
    def keys(self) -> str:
        return " ".join(mark.key for mark in self.marks)

    @property
    def kinds(self) -> list[str]:
        return sorted({mark.kind for mark in self.marks})


@dataclass
class Labels:
    """Hands out G1, G2, E1: a letter per kind, a number within it."""

    letters: dict[str, str]
    given: dict[str, int] = field(default_factory=dict)

    def next(self, kind: str) -> str:
        self.given[kind] = self.given.get(kind, 0) + 1
        return f"{self.letters.get(kind, '?')}{self.given[kind]}"


def cut(text: str, marks: Iterable[Mark]) -> list[Segment]:
    """The whole text in pieces, in order; joined they are the text again."""
    inside = [mark for mark in marks if 0 <= mark.start < mark.end <= len(text)]
    points = sorted({0, len(text), *(p for mark in inside for p in (mark.start, mark.end))})
    return [piece(text, start, end, inside) for start, end in pairwise(points)]


def piece(text: str, start: int, end: int, marks: Sequence[Mark]) -> Segment:
    covering = tuple(mark for mark in marks if mark.start <= start and mark.end >= end)
    return Segment(
        text[start:end], covering, tuple(mark for mark in covering if mark.start == start)
    )
