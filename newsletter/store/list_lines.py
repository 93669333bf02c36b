"""A subscriber list as it comes: bytes → lines of text → cells by column, each line for itself.

No cell of ours holds a line break, so a line is a row, and whatever is broken in one (a quote left
open, a byte that is no UTF-8) costs that row alone. What the cells mean is left to `subscriber_list`.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import IO

from newsletter.errors import ConfigError

_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}
_UNDECODED = "\udcff"


def decode_lines(file: IO[bytes]) -> Iterator[str]:
    """The lines of a list in UTF-8, or in UTF-16 where a byte order mark says so.

    What cannot be decoded becomes a lone surrogate, which `is_decoded` finds.
    """
    first = file.readline()
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = (first + file.read()).decode("utf-16", errors="replace")
        yield from io.StringIO(text.replace("\N{REPLACEMENT CHARACTER}", _UNDECODED), newline="")
        return
    for line in chain([first.removeprefix(codecs.BOM_UTF8)], file):
        # Some programs end lines with a carriage return alone.
        yield from io.StringIO(line.decode(errors="surrogateescape"), newline="")


def is_decoded(text: str) -> bool:
    """Whether all of `text` was what its encoding says."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a list in lower case, and what stands between them."""

    columns: tuple[str, ...]
    delimiter: str

    def read_cells(self, line: str) -> dict[str, str]:
        """A row's cells by column, all empty for an empty line. Raises ValueError."""
        cells = _split(line, self.delimiter)
        if len(cells) > len(self.columns):
            raise ValueError(
                f"more cells than columns: quote a cell that holds {_DELIMITERS[self.delimiter]}"
            )
        return dict.fromkeys(self.columns, "") | dict(zip(self.columns, cells, strict=False))


def read_header(lines: Iterator[str], known: Sequence[str]) -> Header:
    """The first of `lines`: columns that are all `known`, `email` among them, none of them twice.

    The delimiter is comma, semicolon or tab, whichever the header has most. Raises ConfigError.
    """
    line = next(lines, "")
    fix = f"name them: {', '.join(known)}"
    if not is_decoded(line) or "\0" in line:
        raise ConfigError(["line 1: the list is not UTF-8 text"], fix="save it as UTF-8")
    delimiter = max(_DELIMITERS, key=line.count)
    try:
        columns = tuple(name.strip().lower() for name in _split(line, delimiter))
    except ValueError as error:
        raise ConfigError([f"line 1: {error}"], fix=fix) from error
    if "email" not in columns or set(columns) - set(known):
        raise ConfigError([f"line 1: the columns are {', '.join(columns) or 'missing'}"], fix=fix)
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise ConfigError(
            [f"line 1: the column {', '.join(twice)} stands there twice"], fix="take one of them out"
        )
    return Header(columns, delimiter)


def _split(line: str, delimiter: str) -> list[str]:
    # A quote left open goes on into the next line: it is open if the reader takes one.
    reader = csv.reader([line.rstrip("\r\n"), ""], delimiter=delimiter, skipinitialspace=True)
    try:
        cells = next(reader)
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if reader.line_num > 1:
        raise ValueError("a quote is opened and not closed on this line")
    return cells
