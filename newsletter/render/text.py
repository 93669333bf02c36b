"""Plain text as a mail shows it: columns, wrapping, and the addresses behind a summary's links.

A CJK character is two columns wide (Unicode UAX #11). What stands in a text part is left to the
templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import unescape
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
    return _measure_short(text) if len(text) <= _SHORT else sum(map(_measure_char, text))


_SHORT = 40  # a keyword, or a piece of a line: the same ones come again for every choice


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
    return _wrap_units(_cut_units(text), indent, columns)


def wrap_pieces(pieces: Sequence[str], columns: int = COLUMNS) -> str:
    """As `wrap` of the pieces joined, each of which begins a word; the same ones may come again and again."""
    return _wrap_units([unit for piece in pieces for unit in _cut_piece(piece)], 0, columns)


_Unit = tuple[str, int]
"""What is never broken, and its columns; a space for white space."""


def _cut_units(text: str) -> list[_Unit]:
    return [(" ", 1) if unit.isspace() else (unit, measure(unit)) for unit in _UNIT.findall(text)]


_cut_piece = lru_cache(maxsize=1 << 12)(_cut_units)


def _wrap_units(units: Iterable[_Unit], indent: int, columns: int) -> str:
    lines, line, width = [], "", indent
    for unit, taken in units:
        if width + taken > columns and unit != " " and line and not line.isspace():
            lines.append(line.rstrip())
            line, width = "", indent
        line += unit
        width += taken
    return ("\n" + " " * indent).join([*lines, line.rstrip()])


def wrap_lines(text: str, columns: int = COLUMNS) -> str:
    """`text` with its long lines wrapped, each as far indented as it began; addresses stay as they are."""
    # Once a mail: lines that fit however wide their characters are need no measuring.
    return re.sub(rf"[^\n]{{{columns // 2 + 1},}}", lambda line: _wrap_line(line[0], columns), text)


def _wrap_line(line: str, columns: int) -> str:
    if "://" in line or measure(line) <= columns:
        return line
    words = line.lstrip(" ")
    indent = len(line) - len(words)
    return " " * indent + wrap(words, indent, columns)


def shorten(text: str, columns: int) -> str:
    """`text`, or as much of its beginning as fits with an ellipsis."""
    if 2 * len(text) <= columns:
        return text
    width = 0
    for place, char in enumerate(text):
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
