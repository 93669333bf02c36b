"""Reads one digest: bytes → text → the format that claims it → `Digest`.

Here is what holds for every format: the encoding, the date, papers that stand twice. Where the
bytes come from is for `source`.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from datetime import date

from newsletter.digests.dates import date_in_name
from newsletter.digests.formats import FORMATS, FoundPaper, find_format
from newsletter.errors import DigestError
from newsletter.markup import clean_text
from newsletter.model import Digest, Paper, Problem

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def parse_digest(data: bytes, *, source: str, day: date | None = None) -> Digest:
    """The digest in `data`, which came from `source`: a file's path or an address.

    Its date is the one in the text, else the one in the source's name, else `day`. Raises
    DigestError, whose message names the source and, if known, the line.
    """
    text = _decode(data, source)
    digest_format = find_format(text)
    if not digest_format:
        raise _error("no known format of digest", source, fix=f"known formats: {', '.join(FORMATS)}")
    try:
        reading = digest_format.parse(text)
    except DigestError as error:
        raise _error(error.message, source, error.line, error.fix) from error
    day = reading.date or date_in_name(source) or day
    if not day:
        fix = "write the date into its first heading, or name the file 2025-09-24.md"
        raise _error("neither the text nor its name gives a date", source, fix=fix)
    papers, doubled = _leave_out_doubles(reading.papers)
    problems = sorted([*reading.problems, *doubled], key=lambda problem: problem.line or 0)
    return Digest(day, digest_format.name, source, papers, tuple(problems))


def claims_to_be_digest(data: bytes) -> bool:
    """Whether a format knows `data`, broken characters aside."""
    return find_format(_clean(data.decode(_encoding(data), "replace"))) is not None


def _decode(data: bytes, source: str) -> str:
    encoding = _encoding(data)
    try:
        return _clean(data.decode(encoding))
    except UnicodeDecodeError as error:
        line = _clean(data[: error.start].decode(encoding, "ignore")).count("\n") + 1
        raise _error("this is not UTF-8 text", source, line, fix="save the file as UTF-8") from error


def _encoding(data: bytes) -> str:
    return "utf-16" if data.startswith(_UTF16_MARKS) else "utf-8-sig"


def _clean(text: str) -> str:
    return clean_text(text.replace("\r\n", "\n").replace("\r", "\n"))


def _leave_out_doubles(found: Iterable[FoundPaper]) -> tuple[tuple[Paper, ...], list[Problem]]:
    """The papers, each once; the first stands, and a problem names the line of any other."""
    first: dict[str, FoundPaper] = {}
    problems = []
    for item in found:
        earlier = first.setdefault(item.paper.identity, item)
        if earlier is not item:
            message = f"this paper stands on line {earlier.line} already; left out"
            problems.append(Problem(message, item.line))
    return tuple(item.paper for item in first.values()), problems


def _error(message: str, source: str, line: int | None = None, fix: str = "") -> DigestError:
    place = f"{source}, line {line}" if line else source
    return DigestError(f"{place}: {message}", source=source, line=line, fix=fix)
