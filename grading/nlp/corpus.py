"""Reading and checking a file of texts; a fault is a sentence that names the column or the row."""

import csv
import gzip
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast

Row = dict[str, str]


class CorpusError(Exception):
    """A file of texts that cannot be used, in words for whoever gave it."""


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return cast(IO[str], gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def _checked(reader: "csv.DictReader[str]", path: Path, columns: Sequence[str]) -> Iterator[Row]:
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise CorpusError(f"{path} has no column {', '.join(missing)}")
    for row in reader:
        if any(row[column] is None for column in columns):
            raise CorpusError(f"{path}, line {reader.line_num}: fewer cells than columns")
        yield row


def rows_of(path: Path, columns: Sequence[str]) -> list[Row]:
    """All rows of a CSV file (or .csv.gz) that has the columns; CorpusError says what is wrong."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        with _opened(path) as stream:
            rows = list(_checked(csv.DictReader(stream), path, columns))
    except (OSError, EOFError, UnicodeError, csv.Error) as error:
        raise CorpusError(f"{path} cannot be read as a CSV file: {error}") from error
    if not rows:
        raise CorpusError(f"{path} holds no rows")
    return rows


def number_in(row: Row, column: str, lowest: float, highest: float) -> float:
    """A number of a row within bounds; CorpusError names the text and the column."""
    try:
        number = float(row[column])
    except ValueError:
        number = float("nan")
    if not lowest <= number <= highest:
        raise CorpusError(
            f"text {row['text_id']}: column {column} is {row[column]!r}, "
            f"not a number from {lowest} to {highest}"
        )
    return number
