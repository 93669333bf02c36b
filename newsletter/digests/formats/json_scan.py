"""Reads the JSON of a digest piece by piece, so that each piece is known with its line.

What the pieces say is for `json_digest`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from newsletter.errors import DigestError

_WHITE = re.compile(r"[ \t\n\r]*")
# Numbers say nothing in a digest; as floats they may be of any length.
_DECODER = json.JSONDecoder(parse_int=float)
_FIX = "mend the text there, or have a JSON library write it"


@dataclass(frozen=True, slots=True)
class Piece:
    """A value, and the text it was written as, which begins on `line`."""

    value: Any
    line: int
    written: str

    def line_of(self, key: str) -> int:
        """The line of the first `key` in this piece, an object; its own where there is none."""
        match = re.search(rf'"{key}"[ \t\n\r]*:', self.written)
        return self.line + (self.written.count("\n", 0, match.start()) if match else 0)


class JsonScan:
    """Goes through one text from its beginning. Raises DigestError, with the line, where it is no JSON."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._line, self._counted = 1, 0

    def next_mark(self) -> str:
        """The character that follows white space; empty at the end."""
        self._position = _WHITE.match(self._text, self._position).end()  # type: ignore[union-attr]
        return self._text[self._position : self._position + 1]

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here; whoever asks reads each value."""
        for _ in self._list("{", "}"):
            key = self.read()
            if not isinstance(key.value, str):
                raise self._broken("a name in quotation marks is missing", key.line)
            self._expect(":")
            yield key.value

    def items(self) -> Iterator[Piece]:
        """The values of the array that begins here."""
        for _ in self._list("[", "]"):
            yield self.read()

    def read(self) -> Piece:
        """The value that stands here."""
        self.next_mark()
        start, line = self._position, self.line
        try:
            value, self._position = _DECODER.raw_decode(self._text, start)
        except json.JSONDecodeError as error:
            raise self._broken(error.msg[:1].lower() + error.msg[1:], error.lineno) from error
        except RecursionError as error:
            raise self._broken("it is nested too deep", line) from error
        return Piece(value, line, self._text[start : self._position])

    def finish(self) -> None:
        """Raises DigestError where anything is left."""
        if self.next_mark():
            raise self._broken("something stands behind its end", self.line)

    @property
    def line(self) -> int:
        """The line of what comes next, from 1."""
        self._line += self._text.count("\n", self._counted, self._position)
        self._counted = self._position
        return self._line

    def _list(self, opening: str, closing: str) -> Iterator[None]:
        self._expect(opening)
        if self.next_mark() != closing:
            yield
            while self.next_mark() == ",":
                self._expect(",")
                yield
        self._expect(closing)

    def _expect(self, mark: str) -> None:
        if self.next_mark() != mark:
            raise self._broken(f"a “{mark}” is missing", self.line)
        self._position += 1

    @staticmethod
    def _broken(trouble: str, line: int) -> DigestError:
        return DigestError(f"this JSON is broken: {trouble}", line=line, fix=_FIX)
