"""Subscriber lists as CSV: reads and writes the format that subscribers/README.md describes.

Bad rows are problems with their line and the good rows stand. How a line becomes cells stands in
`list_lines`; what a row changes is decided in `subscribers`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TextIO, TypeVar

from newsletter.errors import ConfigError
from newsletter.model import EditionKind, Preferences, Problem, Subscriber, SubscriberStatus
from newsletter.store.engine import Store
from newsletter.store.list_lines import is_decoded, read_header
from newsletter.store.subscribers import PREFERENCES, SubscriberRow, save_subscribers

COLUMNS = ("email", "name", "keywords", "frequency", "language", "limit", "status")
_Word = TypeVar("_Word", SubscriberStatus, EditionKind)

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_SLICE = 500  # rows a transaction: an unsubscribe never waits long


@dataclass
class ImportReport:
    """What an import came to."""

    added: int = 0
    known: int = 0
    problems: list[Problem] = field(default_factory=list)


def import_subscribers(
    store: Store, lines: Iterable[str], *, languages: Iterable[str], now: datetime
) -> ImportReport:
    """Takes a CSV list in, slice by slice. Raises ConfigError where its header cannot be used."""
    report = ImportReport()
    rows = read_rows(lines, languages=frozenset(languages), problems=report.problems)
    for part in _slices(rows):
        with store.write() as tx:
            added = save_subscribers(tx, part, now=now)
        report.added += added
        report.known += len(part) - added
    return report


def read_rows(
    lines: Iterable[str], *, languages: frozenset[str], problems: list[Problem]
) -> Iterator[SubscriberRow]:
    """The good rows; each bad one becomes a problem with its line (from 1, the header's is 1)."""
    lines = iter(lines)
    header = read_header(lines, COLUMNS)
    for number, line in enumerate(lines, 2):
        try:
            cells = header.read_cells(line)
            if any(cells.values()):
                yield _read_row(cells, languages)
        except ValueError as error:
            problems.append(Problem(str(error), number))


def read_wishes(email: str, cells: Mapping[str, str], *, languages: Iterable[str]) -> SubscriberRow:
    """One row from named cells, for a command. Raises ConfigError."""
    try:
        return _read_row({"email": email, **cells}, frozenset(languages))
    except ValueError as error:
        raise ConfigError([str(error)]) from error


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
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow to import

    try:
        # Reserved names such as .test are for trying out; whether mail arrives is the server's to say.
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise ValueError(f"{text!r} is not a mail address: {error}") from error


def _read_row(cells: Mapping[str, str], languages: frozenset[str]) -> SubscriberRow:
    values = {name: _check_text(name, value.strip()) for name, value in cells.items()}
    status = values.get("status", "")
    return SubscriberRow(
        email=check_email(values["email"]),
        name=values.get("name"),
        preferences=_read_preferences(values, languages),
        named=PREFERENCES & values.keys(),
        status=_choose(SubscriberStatus, "status", status) if status else None,
    )


def _check_text(column: str, text: str) -> str:
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


def _slices(rows: Iterable[SubscriberRow]) -> Iterator[list[SubscriberRow]]:
    part: list[SubscriberRow] = []
    for row in rows:
        part.append(row)
        if len(part) == _SLICE:
            yield part
            part = []
    if part:
        yield part
