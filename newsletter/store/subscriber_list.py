"""Subscriber lists as CSV: reads and writes the format that subscribers/README.md describes.

Bad rows are problems with their line and the good rows stand. How a line becomes cells stands in
`list_lines`; what a row changes is decided in `saving`.
"""

from __future__ import annotations

import csv
import gc
import math
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import chain, groupby
from typing import TextIO, TypeVar

from newsletter.errors import ConfigError
from newsletter.model import EditionKind, Preferences, Problem, Subscriber, SubscriberStatus
from newsletter.store.engine import Store
from newsletter.store.list_lines import Header, is_decoded, read_header, split_first_line
from newsletter.store.list_slices import cut_slices
from newsletter.store.saving import (
    PREFERENCES,
    Addressed,
    Alike,
    Rows,
    SubscriberRow,
    Wishes,
    save_addressed,
)
from newsletter.store.subscribers import normal_email

COLUMNS = ("email", "name", "keywords", "frequency", "language", "limit", "status")
_Word = TypeVar("_Word", SubscriberStatus, EditionKind)

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_MEMORY = (
    "PRAGMA cache_size = -16000",  # kB: what a slice touches, which else is written and read again meanwhile
    "PRAGMA temp_store = MEMORY",  # what a statement that fails is undone with: else a file each
)
# Of the time of a transaction, what passes before the next: an unsubscribe looks now and then, and gets in.
_BREATH = 1 / 6
_BREATH_OF_ROWS = 1 / 2  # between those of plain addresses there is reading and sorting too
_SHARED = 4_096  # different wishes kept

# Of plain addresses, only such as email_validator surely takes and leaves as they are: no mailbox of RFC 2142
# in capitals, no length near a limit, no label with two hyphens (Punycode), no name reserved by the IANA.
_PLAIN = (
    r"(?=[a-z]{1,64}@|[A-Za-z]{0,32}[0-9_.+-][A-Za-z0-9_.+-]{0,31}@)[A-Za-z0-9_+-]++(?:\.[A-Za-z0-9_+-]++)*"
    r"@(?=[a-z0-9.-]{1,60}(?![a-z0-9.-]))(?:[a-z0-9]++(?:-[a-z0-9]++)*\.)+"
    r"(?!(?:arpa|invalid|local|localhost|onion)(?![a-z]))[a-z]{2,}"
)
_PLAIN_ADDRESS = re.compile(_PLAIN)
_NEVER = "(?!)"


@dataclass
class ImportReport:
    """What an import came to."""

    added: int = 0
    known: int = 0
    problems: list[Problem] = field(default_factory=list)


def import_subscribers(
    store: Store, blocks: Iterable[str], *, languages: Iterable[str], now: datetime
) -> ImportReport:
    """Takes a CSV list in, slice by slice. Raises ConfigError where its header cannot be used.

    It comes in blocks of one or more whole lines, as `decode_blocks` makes them.
    """
    report = ImportReport()
    rows = read_rows(blocks, languages=frozenset(languages), problems=report.problems)
    with _collector_paused():
        not_before = -math.inf
        for part in cut_slices(rows):
            time.sleep(max(0, not_before - time.monotonic()))
            began = time.monotonic()
            with store.write(pragmas=_MEMORY) as tx:
                added = save_addressed(tx, part, now=now)
            done = time.monotonic()
            breath = _BREATH if isinstance(part, Alike) else _BREATH_OF_ROWS
            not_before = done + breath * (done - began)
            report.added += added
            report.known += len(part) - added
    return report


@contextmanager
def _collector_paused() -> Iterator[None]:
    """The rows held hold no cycles, and looking for some took a fifth of the time."""
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()


def read_rows(blocks: Iterable[str], *, languages: frozenset[str], problems: list[Problem]) -> Iterator[Rows]:
    """The good rows in parts; each bad one becomes a problem with its line (from 1, the header's is 1)."""
    blocks = iter(blocks)
    first, rest = split_first_line(next(blocks, ""))
    header = read_header(first, COLUMNS)
    reader = _RowReader(header.columns, languages)
    lines = _compile_lines(header)
    number = 1
    for block in chain([rest], blocks):
        others: list[Addressed] = []
        for plain, line in lines.findall(block):
            if plain:
                if others:
                    yield others
                    others = []
                for rows in reader.read_plain(plain.replace(header.delimiter, "")):
                    number += len(rows)
                    yield rows
            if line:
                number += 1
                try:
                    cells = header.read_cells(line)
                    if any(cells):
                        others.append(reader.read(cells))
                except ValueError as error:
                    problems.append(Problem(str(error), number))
        if others:
            yield others


def read_wishes(email: str, cells: Mapping[str, str], *, languages: Iterable[str]) -> SubscriberRow:
    """One row from named cells, for a command. Raises ConfigError."""
    fix = "write it like ann@papers.example.org"
    try:
        check_email(email.strip())
        fix = "newsletter subscribers set --help says what can be wished for"
        reader = _RowReader(("email", *cells), frozenset(languages))
        _, email, name, wishes = reader.read([email, *cells.values()])
    except ValueError as error:
        raise ConfigError([str(error)], fix=fix) from error
    return SubscriberRow(email, name, *wishes)


def write_rows(subscribers: Iterable[Subscriber], file: TextIO) -> None:
    """Writes what `read_rows` reads back the same."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in subscribers:
        wanted = each.preferences
        keywords = ";".join(wanted.keywords or ())
        limit = "" if wanted.limit is None else wanted.limit
        writer.writerow(
            [each.email, each.name, keywords, wanted.frequency, wanted.language, limit, each.status]
        )


def check_email(text: str) -> str:
    """The address in its usual spelling. Raises ValueError with the reason."""
    if _PLAIN_ADDRESS.fullmatch(text):
        return text
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow to import

    try:
        # Reserved names such as .test are for trying out; whether mail arrives is the server's to say.
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise ValueError(f"{text!r} is not a mail address: {error}") from error


class _RowReader:
    """Reads the rows of a list with these columns; what many rows share is read once."""

    def __init__(self, columns: Sequence[str], languages: frozenset[str]) -> None:
        self._columns = columns
        self._languages = languages
        self._named = PREFERENCES & frozenset(columns)
        self._email = columns.index("email")
        self._name = columns.index("name") if "name" in columns else None
        self._read_shared = lru_cache(maxsize=_SHARED)(self._read_others)
        self._plain = None if self._name is None else "", Wishes(named=self._named)

    def read(self, cells: Sequence[str]) -> Addressed:
        """Raises ValueError."""
        values = list(map(_check_text, self._columns, cells))
        email, values[self._email] = check_email(values[self._email]), ""
        name = None
        if self._name is not None:
            name, values[self._name] = values[self._name], ""
        return normal_email(email), email, name, self._read_shared(*values)

    def read_plain(self, text: str) -> Iterator[Rows]:
        """Rows with nothing but a plain address each."""
        name, wishes = self._plain
        emails, lower = text.split(), text.lower()
        if lower == text:
            yield Alike(emails, name, wishes)
            return
        # As `normal_email` has them, which gives these capitals alone another look.
        for is_normal, rows in groupby(zip(lower.split(), emails, strict=True), _is_normal):
            if is_normal:
                yield Alike([address for address, _ in rows], name, wishes)
            else:
                yield [(address, email, name, wishes) for address, email in rows]

    def _read_others(self, *cells: str) -> Wishes:
        values = dict(zip(self._columns, cells, strict=True))
        preferences = _read_preferences(values, self._languages)
        status = values.get("status", "")
        return Wishes(
            preferences, self._named, _choose(SubscriberStatus, "status", status) if status else None
        )


def _compile_lines(header: Header) -> re.Pattern[str]:
    """What a list's lines are: a run of those with nothing but a plain address, as most lines of most lists
    are, and one that is otherwise. Either may be missing."""
    plain = (
        rf"{_PLAIN}{header.delimiter}{{0,{len(header.columns) - 1}}}"
        if header.columns[0] == "email"
        else _NEVER
    )
    return re.compile(rf"((?:{plain}(?:\r\n?|\n|\Z))*)([^\r\n]*+(?:\r\n?|\n)?)")


def _is_normal(row: tuple[str, str]) -> bool:
    address, email = row
    return address == email


def _check_text(column: str, text: str) -> str:
    text = text.strip()
    if text.isprintable():  # neither of what follows is
        return text
    if not is_decoded(text):
        raise ValueError(f"{column} is not UTF-8 text: save the list as UTF-8")
    if _CONTROL.search(text):
        raise ValueError(f"{column} {text!r} holds a control character")
    return text


def _read_preferences(values: Mapping[str, str], languages: frozenset[str]) -> Preferences:
    keywords = tuple(filter(None, (each.strip() for each in values.get("keywords", "").split(";"))))
    language, limit = values.get("language", ""), values.get("limit", "")
    if language and language not in languages:
        raise ValueError(f"language {language!r} is not one of {', '.join(sorted(languages))}")
    if limit and not (limit.isascii() and limit.isdigit() and len(limit) <= 4 and int(limit) > 0):
        raise ValueError(f"limit {limit!r} is not a whole number from 1 to 9999")
    frequency = values.get("frequency", "")
    return Preferences(
        keywords=keywords or None,
        frequency=_choose(EditionKind, "frequency", frequency) if frequency else EditionKind.DAILY,
        language=language,
        limit=int(limit) if limit else None,
    )


def _choose(kind: type[_Word], column: str, text: str) -> _Word:
    try:
        return kind(text.lower())
    except ValueError:
        raise ValueError(f"{column} {text!r} is not one of {', '.join(kind)}") from None
