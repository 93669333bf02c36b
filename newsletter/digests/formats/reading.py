"""What every format of digest offers, and what it hands over.

Decoding, the date of a digest without one, and papers that stand twice are for `digests.read`,
once for all formats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from newsletter.model import Paper, Problem


@dataclass(frozen=True, slots=True)
class FoundPaper:
    """A paper and the line (from 1) it begins on."""

    line: int
    paper: Paper


@dataclass(frozen=True, slots=True)
class Reading:
    """What a format made of a text; `date` is None where the text has none."""

    date: date | None
    papers: tuple[FoundPaper, ...]
    problems: tuple[Problem, ...]


class DigestFormat(Protocol):
    """A way to write a digest. Texts come decoded and cleaned, their lines ended by a newline."""

    @property
    def name(self) -> str: ...

    def sniff(self, text: str) -> bool:
        """Whether `text` claims to be of this format; true for at most one format."""

    def parse(self, text: str) -> Reading:
        """Reads what can be read and names the rest with its line.

        Raises DigestError (its source left empty) where the whole text is unusable.
        """
