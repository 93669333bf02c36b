"""A subscriber list as it comes: bytes → text → cells by column, each line for itself.

No cell of ours holds a line break, so a line is a row, and whatever is broken in one (a quote left
open, a byte that is no UTF-8) costs that row alone. Text comes in blocks of whole lines, because a look at
many lines costs hardly more than a look at one. What the cells mean is left to `subscriber_list`.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import IO

from newsletter.errors import ConfigError

_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}
_UNDECODED = "\udcff"
_BLOCK = 65_536  # bytes
_PLAIN_LINE = 10_000  # characters, far below the limit that csv sets a cell
_SPECIAL = re.compile(r'["\r\n]|(?:\A|[,;\t]) ')


def decode_blocks(file: IO[bytes]) -> Iterator[str]:
    """A list in UTF-8, or in UTF-16 where a byte order mark says so, as blocks of whole lines.

    What cannot be decoded becomes a lone surrogate, which `is_decoded` finds.
    """
    first = file.readline()
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from _decode_utf16(chain([first], iter(lambda: file.read(_BLOCK), b"")))
        return
    block = first.removeprefix(codecs.BOM_UTF8)
    while block:
        yield block.decode(errors="surrogateescape")
        block = file.read(_BLOCK) + file.readline()


def _decode_utf16(blocks: Iterable[bytes]) -> Iterator[str]:
    rest = ""
    for text in codecs.iterdecode(blocks, "utf-16", errors="replace"):
        whole = rest + text.replace("\N{REPLACEMENT CHARACTER}", _UNDECODED)
        *lines, rest = io.StringIO(whole, newline="")
        if lines:
            yield "".join(lines)
    if rest:
        yield rest


def split_first_line(block: str) -> tuple[str, str]:
    """The first line of a block, its end included, and the lines after it."""
    line = next(io.StringIO(block, newline=""), "")
    return line, block[len(line) :]


def is_decoded(text: str) -> bool:
    """Whether all of `text` was what its encoding says."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a list in lower case, and what stands between them."""

    columns: tuple[str, ...]
    delimiter: str

    def read_cells(self, line: str) -> list[str]:
        """A row's cells, one a column, all empty for an empty line. Raises ValueError."""
        cells = _split(line, self.delimiter)
        if len(cells) > len(self.columns):
            raise ValueError(
                f"more cells than columns: quote a cell that holds {_DELIMITERS[self.delimiter]}"
            )
        return cells + [""] * (len(self.columns) - len(cells))


def read_header(line: str, known: Sequence[str]) -> Header:
    """The first line of a list: columns that are all `known`, `email` among them, none of them twice.

    The delimiter is comma, semicolon or tab, whichever the header has most. Raises ConfigError.
    """
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
    line = line.rstrip("\r\n")
    if len(line) < _PLAIN_LINE and line and not _SPECIAL.search(line):
        return line.split(delimiter)  # as the reader below would, in a third of its time
    # A quote left open goes on into the next line: it is open if the reader takes one.
    reader = csv.reader([line, ""], delimiter=delimiter, skipinitialspace=True)
    try:
        cells = next(reader)
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if reader.line_num > 1:
        raise ValueError("a quote is opened and not closed on this line")
    return cells
