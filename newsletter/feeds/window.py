"""Which of a feed's entries it shows: a pure decision on dates and sizes.

NetNewsWire deletes what leaves a feed and FreshRSS keeps 50 entries of it, hence the floor;
readers refuse feeds beyond 512 KB, hence the cap, which wins. The window is an unbroken run from
the newest entry and its age is counted from that entry, not from a clock: so newer papers only
push entries out, and what fell off never returns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

MINIMUM_ENTRIES = 50
MAXIMUM_AGE = timedelta(days=7)
MAXIMUM_BYTES = 512_000
HEAD_BYTES = 8_000
"""Kept free for what stands around the entries."""
ENTRY_ROOM = MAXIMUM_BYTES - HEAD_BYTES
FEED_PAPERS = 1_000
"""More than a feed has room for."""


@dataclass(frozen=True, slots=True)
class RenderedEntry:
    """An entry as one format writes it."""

    id: str
    published: datetime
    updated: datetime
    data: bytes


@dataclass(frozen=True, slots=True)
class Window:
    """What a feed shows of its entries, the newest first, and the newest that it does not."""

    shown: tuple[RenderedEntry, ...]
    fallen: RenderedEntry | None


def take_fitting(newest_first: Iterable[RenderedEntry]) -> Window:
    """The entries a feed has room for, whole; reads one further at most."""
    taken: list[RenderedEntry] = []
    room = ENTRY_ROOM
    for entry in newest_first:
        room -= len(entry.data)
        old = len(taken) >= MINIMUM_ENTRIES and taken[0].published - entry.published > MAXIMUM_AGE
        if room < 0 or old:
            return Window(tuple(taken), entry)
        taken.append(entry)
    return Window(tuple(taken), None)
