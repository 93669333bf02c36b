"""What every format of digest offers, and what it hands over.

Decoding, the date of a digest without one, and papers that stand twice are for `digests.read`,
once for all formats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from newsletter.digests.dates import find_date
from newsletter.errors import DigestError
from newsletter.model import Paper, Problem

# Far beyond any digest; what is larger is another kind of file, or an attack.
MOST_PAPERS = 20_000
LONGEST_TITLE = 1_000
LONGEST_NAME = 200  # of an author, a keyword
LONGEST_SUMMARY = 100_000


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


def within_limit(written: str) -> str:
    """A summary as written; empty where it is longer than any."""
    return written if len(written) <= LONGEST_SUMMARY else ""


def check_summary(written: str, text: str, line: int, problems: list[Problem]) -> None:
    """Says what is wrong with the summary of the paper on `line`, of which reading made `text`."""
    is_too_long = len(written) > LONGEST_SUMMARY
    if is_too_long or not text:
        trouble = f"is longer than {LONGEST_SUMMARY:,} characters" if is_too_long else "is missing"
        problems.append(Problem(f"the summary of this paper {trouble}", line))


def check_count(count: int, what: str, line: int) -> None:
    """Raises DigestError where a text holds more of what papers stand in than any digest."""
    if count > MOST_PAPERS:
        raise DigestError(f"more than {MOST_PAPERS:,} {what}", line=line, fix="is this a digest?")


def find_day(written: str, line: int) -> date | None:
    """The date in a text; None where it has none. Raises DigestError where no calendar has it."""
    try:
        return find_date(written)
    except ValueError as error:
        message = f"no digest can have the date in “{written.strip()[:80]}”"
        raise DigestError(message, line=line, fix="write it as 2025-09-24") from error


def read_day(heading: str, line: int, earlier: date | None, problems: list[Problem]) -> date | None:
    """The date of the digest by this heading, and by those before it, which told `earlier`: the first
    stands. Raises DigestError as `find_day`."""
    day = find_day(heading, line)
    if earlier:
        problems.append(Problem("a digest has one date; this second heading is not read", line))
    elif not day:
        problems.append(Problem("this heading gives no date such as 2025-09-24", line))
    return earlier or day
