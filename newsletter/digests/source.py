"""Where digests come from: a folder, a file, an https address, or standard input (`-`).

`read_source` does the I/O; `judge_documents` decides what each document is worth and which digest
is the latest. What a text says is for `read`; whether it is fresh enough is for `newsletter.daily`.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

from newsletter.digests.dates import date_in_name
from newsletter.digests.fetch import FetchLimits, fetch_document, public_address
from newsletter.digests.read import claims_to_be_digest, parse_digest
from newsletter.errors import DigestError, DigestNotFound
from newsletter.model import Digest

_ENDINGS = {".md", ".markdown", ".txt", ".json"}
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_STDIN = "standard input"
_LIMITS = FetchLimits()


@dataclass(frozen=True, slots=True)
class Document:
    """What one file or address gave: its bytes, or the error met on the way to them.

    `day` is the date that its name, or `{date}` in the source, says it is of.
    """

    name: str
    content: bytes | DigestError
    day: date | None = None


@dataclass(frozen=True, slots=True)
class SourceReading:
    """Everything a source holds: its digests, oldest first, and what could not be read.

    `doubt` is the reason why the latest digest cannot be told: something broken that may be newer.
    """

    source: str
    digests: tuple[Digest, ...] = ()
    broken: tuple[DigestError, ...] = ()
    doubt: DigestError | None = None

    def latest(self) -> Digest:
        """The digest of the latest date. Raises DigestNotFound, or the error of a broken newer one."""
        if self.doubt:
            raise self.doubt
        if not self.digests:
            fix = "put one there, named by its date: 2025-09-24.md"
            raise DigestNotFound(f"{self.source}: no digest there", source=self.source, fix=fix)
        return self.digests[-1]


def read_source(
    source: str,
    *,
    today: date,
    stdin: BinaryIO | None = None,
    days_back: int = 3,
    limits: FetchLimits = _LIMITS,
) -> SourceReading:
    """Reads every digest of `source`: a folder (not its subfolders), a file, an address, or `-`.

    `{date}` in a path or an address is today's date, or, where nothing is there, the latest of the
    `days_back` days before. Raises DigestNotFound where there is no such place, DigestError where
    it cannot be reached; what is wrong with single documents stands in the reading.
    """
    if source == "-":
        content = _read_stream(_STDIN, stdin or sys.stdin.buffer, limits)
        return judge_documents(_STDIN, [Document(_STDIN, content)])
    if "{date}" not in source:
        return _read_place(source, None, limits)
    for back in range(days_back + 1):
        day = today - timedelta(days=back)
        with contextlib.suppress(DigestNotFound):
            return _read_place(source.replace("{date}", day.isoformat()), day, limits)
    shown = public_address(source) if _ADDRESS.match(source) else source
    message = f"{shown}: no digest of {today} or of the {days_back} days before"
    raise DigestNotFound(message, source=shown, fix="is the address of [digest] source right?")


def judge_documents(source: str, documents: Iterable[Document]) -> SourceReading:
    """Reads each document, and tells the latest digest where that is beyond doubt.

    Two different digests of one date are an error that names both, and neither counts.
    """
    digests: list[Digest] = []
    broken: list[tuple[date, DigestError]] = []
    for document in documents:
        try:
            digests.append(_parse(document))
        except DigestError as error:
            broken.append((document.day or date.max, error))
    single, conflicts = _one_each_day(digests)
    broken += conflicts
    newest = single[-1].date if single else date.min
    doubts = [(day, error) for day, error in broken if day >= newest]
    doubt = max(doubts, key=lambda item: item[0])[1] if doubts else None
    return SourceReading(source, tuple(single), tuple(error for _, error in broken), doubt)


def _one_each_day(digests: list[Digest]) -> tuple[list[Digest], list[tuple[date, DigestError]]]:
    """The digests by date, and the dates that have several; equal ones (a link, a copy) are one."""
    single: list[Digest] = []
    conflicts: list[tuple[date, DigestError]] = []
    by_date = attrgetter("date")
    for day, same_day in groupby(sorted(digests, key=by_date), by_date):
        first, *others = same_day
        if all(other.papers == first.papers for other in others):
            single.append(first)
        else:
            conflicts.append((day, _conflict(first, others)))
    return single, conflicts


def _parse(document: Document) -> Digest:
    if isinstance(document.content, DigestError):
        raise document.content
    return parse_digest(document.content, source=document.name, day=document.day)


def _conflict(first: Digest, others: list[Digest]) -> DigestError:
    names = " and ".join(digest.source for digest in (first, *others))
    return DigestError(
        f"{names}: different digests of {first.date}", source=first.source, fix="keep one of them"
    )


def _read_place(place: str, day: date | None, limits: FetchLimits) -> SourceReading:
    if address := _ADDRESS.match(place):
        name = public_address(place)
        if address[1].lower() not in {"http", "https"}:
            fix = "use a folder, a file, or an https address"
            raise DigestError(f"{name}: unknown kind of address", source=name, fix=fix)
        return judge_documents(name, [Document(name, fetch_document(place, limits), day)])
    try:
        return judge_documents(place, _read_path(Path(place), day, limits))
    except OSError as error:
        raise DigestError(f"{place}: {error.strerror or error}", source=place) from error


def _read_path(path: Path, day: date | None, limits: FetchLimits) -> list[Document]:
    if path.is_dir():
        return list(_read_folder(path, limits))
    if not path.exists():
        fix = "is the path of [digest] source right?"
        raise DigestNotFound(f"{path}: no such file or folder", source=str(path), fix=fix)
    return [_read_file(path, day or date_in_name(path.name), limits)]


def _read_folder(folder: Path, limits: FetchLimits) -> Iterator[Document]:
    for path in sorted(folder.iterdir()):
        if _may_be_digest(path):
            document = _read_file(path, date_in_name(path.name), limits)
            if not _is_note(document):
                yield document


def _is_note(document: Document) -> bool:
    """Whether this is a text that lies beside the digests, and no digest that went wrong."""
    content = document.content
    return document.day is None and isinstance(content, bytes) and not claims_to_be_digest(content)


def _may_be_digest(path: Path) -> bool:
    if path.name.startswith(".") or path.stem.lower() == "readme" or path.is_dir():
        return False
    return path.suffix.lower() in _ENDINGS


def _read_file(path: Path, day: date | None, limits: FetchLimits) -> Document:
    name = str(path)
    try:
        with path.open("rb") as file:
            return Document(name, _read_stream(name, file, limits), day)
    except OSError as error:
        return Document(name, DigestError(f"{name}: {error.strerror or error}", source=name), day)


def _read_stream(name: str, stream: BinaryIO, limits: FetchLimits) -> bytes | DigestError:
    data = stream.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        return DigestError(f"{name}: larger than {limits.max_bytes:,} bytes", source=name)
    return data
