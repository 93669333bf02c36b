"""Reads what lies at one place: a folder, a file, an address, or standard input (`-`).

Bytes only. What they say, and which of them is the latest, is for `source`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from newsletter.digests.addresses import is_address, public_address
from newsletter.digests.dates import date_in_name
from newsletter.digests.fetch import fetch_document
from newsletter.digests.kept import KeptDocuments
from newsletter.digests.limits import FetchLimits
from newsletter.digests.read import claims_to_be_digest
from newsletter.errors import DigestError, DigestNotFound

_ENDINGS = {".md", ".markdown", ".txt", ".json"}
_STDIN = "standard input"


@dataclass(frozen=True, slots=True)
class Document:
    """What one file or address gave: its bytes, or the error met on the way to them.

    `day` is the date that its name, or `{date}` in the source, says it is of.
    """

    name: str
    content: bytes | DigestError
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """How places are read: within which limits, what is kept of addresses, where `-` comes from."""

    limits: FetchLimits
    kept: KeptDocuments | None = None
    stdin: BinaryIO | None = None

    def read(self, place: str, day: date | None) -> list[Document]:
        """The documents at `place`, which `{date}` says are of `day`.

        Raises DigestNotFound where there is no such place, DigestError where it cannot be reached.
        """
        if place == "-":
            content = _read_stream(_STDIN, self.stdin or sys.stdin.buffer, self.limits)
            return [Document(_STDIN, content)]
        if is_address(place):
            return [self._fetch(place.strip(), day)]
        try:
            return _read_path(Path(place), day, self.limits)
        except OSError as error:
            raise DigestError(f"{place}: {error.strerror or error}", source=place) from error

    def _fetch(self, place: str, day: date | None) -> Document:
        name = public_address(place)
        if place.partition("://")[0].lower() not in {"http", "https"}:
            fix = "use a folder, a file, or an https address"
            raise DigestError(f"{name}: unknown kind of address", source=name, fix=fix)
        return Document(name, fetch_document(place, self.limits, kept=self.kept), day)


def show_place(place: str) -> str:
    """A source as messages may show it."""
    if place == "-":
        return _STDIN
    return public_address(place) if is_address(place) else place


def _read_path(path: Path, day: date | None, limits: FetchLimits) -> list[Document]:
    if path.is_dir():
        return list(_read_folder(path, limits))
    if not path.exists():
        fix = "make it and put a digest there, or mend [digest] source"
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
