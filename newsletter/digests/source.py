"""Where digests come from: folders, files, https addresses, or standard input (`-`); one or several.

`read_sources` does the I/O by `places`; `reading` decides what each document is worth and which digest
is the latest. What a text says is for `read`; whether it is fresh enough is for `newsletter.daily`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import BinaryIO

from newsletter.digests.kept import KeptDocuments
from newsletter.digests.limits import FetchLimits
from newsletter.digests.places import Reader, show_place
from newsletter.digests.reading import Flaw, SourceReading, judge_documents, merge_readings
from newsletter.errors import DigestError, DigestNotFound

_LIMITS = FetchLimits()
_DAYS_BACK = 3


def read_sources(
    sources: Sequence[str],
    *,
    today: date,
    stdin: BinaryIO | None = None,
    days_back: int = _DAYS_BACK,
    limits: FetchLimits = _LIMITS,
    kept: KeptDocuments | None = None,
) -> SourceReading:
    """Reads every digest of `sources`, those of one date merged into one.

    One source is read as `read_source` does. Of several, one that has nothing (404, no such file) is told
    as absent; one that cannot be read puts the latest digest in doubt, because a part of it may be there.
    """
    reader = Reader(limits, kept, stdin)
    if len(sources) == 1:
        return _read(sources[0], reader, today, days_back)
    readings = [_try_to_read(source, reader, today, days_back) for source in dict.fromkeys(sources)]
    return merge_readings(readings)


def read_source(
    source: str,
    *,
    today: date,
    stdin: BinaryIO | None = None,
    days_back: int = _DAYS_BACK,
    limits: FetchLimits = _LIMITS,
    kept: KeptDocuments | None = None,
) -> SourceReading:
    """Reads every digest of `source`: a folder (not its subfolders), a file, an address, or `-`.

    `{date}` in a path or an address is today's date, or, where nothing is there, the latest of the
    `days_back` days before. Raises DigestNotFound where there is no such place, DigestError where
    it cannot be reached; what is wrong with single documents stands in the reading.
    """
    return _read(source, Reader(limits, kept, stdin), today, days_back)


def _read(source: str, reader: Reader, today: date, days_back: int) -> SourceReading:
    if "{date}" not in source:
        return judge_documents(show_place(source), reader.read(source, None))
    for back in range(days_back + 1):
        day = today - timedelta(days=back)
        place = source.replace("{date}", day.isoformat())
        with contextlib.suppress(DigestNotFound):
            return judge_documents(show_place(place), reader.read(place, day))
    shown = show_place(source)
    message = f"{shown}: no digest of {today} or of the {days_back} days before"
    raise DigestNotFound(message, source=shown, fix="is the address of [digest] source right?")


def _try_to_read(source: str, reader: Reader, today: date, days_back: int) -> SourceReading:
    shown = show_place(source)
    try:
        return _read(source, reader, today, days_back)
    except DigestNotFound as error:
        if not source.endswith("/"):
            return SourceReading((shown,), absent=(error,))
        # A folder that is gone is no folder without today's digest: its disk may not be mounted.
        return SourceReading((shown,), flaws=(Flaw(error),))
    except DigestError as error:
        return SourceReading((shown,), flaws=(Flaw(error),))
