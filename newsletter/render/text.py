"""Plain text as a mail shows it: columns, wrapping, and the addresses behind a summary's links.

A CJK character is two columns wide (Unicode UAX #11). What stands in a text part is left to the
templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import unescape
from typing import NamedTuple
from unicodedata import combining, east_asian_width

from newsletter.markup import to_html

COLUMNS = 76

# Punctuation that may not begin or end a line (the core of JIS X 4051 and GB/T 15834).
_OPENING = "（「『【〔〈《“‘([{"
_CLOSING = "，。、；：！？）」』】〕〉》”’…—,.;:!?)]}%"
_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\U00020000-\U0003ffff"
_UNIT = re.compile(
    rf"""\s+
    | https?://[!-~]+                                                   # an address is never broken
    | [{re.escape(_OPENING)}]* (?: [{_WIDE}] | [^\s{_WIDE}]+ ) [{re.escape(_CLOSING)}]*
    """,
    re.VERBOSE,
)


def measure(text: str) -> int:
    """The columns `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    if len(text) <= _SHORT:
        return _measure_short(text)
    others = _ASCII.sub("", text)
    taken = _measure_short(others) if len(others) <= _SHORT else sum(map(_measure_char, others))
    return len(text) - len(others) + taken


_ASCII = re.compile("[\x00-\x7f]+")
_SHORT = 40  # a keyword, or a line but for the address in it: the same ones come again and again


@lru_cache(maxsize=1 << 13)
def _measure_short(text: str) -> int:
    return sum(map(_measure_char, text))


@lru_cache(maxsize=1 << 14)
def _measure_char(char: str) -> int:
    return 2 if east_asian_width(char) in "WF" else 0 if combining(char) else 1


def wrap(text: str, indent: int = 0, columns: int = COLUMNS) -> str:
    """`text` in lines of at most `columns`, all but the first indented; long words stay whole."""
    if text.isprintable() and "  " not in text and indent + measure(text) <= columns:
        return text.rstrip()
    return _wrap_cut([_cut(text)], indent, columns)


def wrap_list(labels: Sequence[str], comma: str, columns: int = COLUMNS) -> str:
    """As `wrap` of the labels with a comma after all but the last; the same ones may come again and again."""
    pieces = [_cut_before(comma, label) for label in labels[:-1]]
    return _wrap_cut([*pieces, *map(_cut_remembered, labels[-1:])], 0, columns)


_Unit = tuple[str, int]
"""What is never broken, and its columns; a space for white space."""


class _Cut(NamedTuple):
    """A text cut into units, and what it is on a line that has room for all of them."""

    units: tuple[_Unit, ...]
    whole: _Unit


def _cut(text: str) -> _Cut:
    units = [(" ", 1) if unit.isspace() else (unit, measure(unit)) for unit in _UNIT.findall(text)]
    return _Cut(tuple(units), ("".join([unit for unit, _ in units]), sum([taken for _, taken in units])))


_cut_remembered = lru_cache(maxsize=1 << 12)(_cut)


@lru_cache(maxsize=1 << 12)
def _cut_before(comma: str, label: str) -> _Cut:
    return _cut(label + comma)


def _wrap_cut(texts: Iterable[_Cut], indent: int, columns: int) -> str:
    lines, line, width = [], "", indent
    for units, whole in texts:
        for unit, taken in (whole,) if width + whole[1] <= columns else units:
            if width + taken > columns and unit != " " and line and not line.isspace():
                lines.append(line.rstrip())
                line, width = "", indent
            line += unit
            width += taken
    return ("\n" + " " * indent).join([*lines, line.rstrip()])


def wrap_lines(encoded: bytes, columns: int = COLUMNS) -> bytes:
    """Text, its lines ended by CRLF, with the long ones wrapped, each as far indented as it began; addresses
    stay as they are."""
    # Once a mail: no character takes more columns than bytes, and most lines need no measuring.
    lines = [line if len(line) <= columns else _wrap_line(line, columns) for line in encoded.split(b"\r\n")]
    return b"\r\n".join(lines)


def _wrap_line(encoded: bytes, columns: int) -> bytes:
    if b"://" in encoded:
        return encoded
    line = encoded.decode()
    # What takes two columns takes three bytes or more: the mean of both counts is no less than the columns.
    if (len(line) + len(encoded)) // 2 <= columns or measure(line) <= columns:
        return encoded
    words = line.lstrip(" ")
    indent = len(line) - len(words)
    return (" " * indent + wrap(words, indent, columns)).replace("\n", "\r\n").encode()


def shorten(text: str, columns: int) -> str:
    """`text`, or as much of its beginning as fits with an ellipsis."""
    if 2 * len(text) <= columns:
        return text
    begun = width = 0
    # So many more characters fit, however wide they are.
    while begun < len(text) and (sure := (columns - 1 - width) // 2) > 0:
        width += measure(text[begun : begun + sure])
        begun += sure
    for place, char in enumerate(text[begun:], start=begun):
        width += _measure_char(char)
        if width >= columns and not (width == columns and _is_over(text, place + 1)):
            return text[:place].rstrip() + "…"
    return text


def _is_over(text: str, place: int) -> bool:
    """Whether nothing that takes a column stands from there on."""
    return not any(map(_measure_char, text[place:]))


def find_links(markdown: str) -> list[str]:
    """The addresses that inline Markdown links to: plain text shows only their words."""
    return [unescape(address) for address in re.findall(r'href="([^"]+)"', to_html(markdown))]
