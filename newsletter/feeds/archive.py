"""Where the papers are found that fell off the live feed: its archives (RFC 5005 §4). A pure decision.

A month has one archive, written when its last paper has left the live feed: what it holds never
changes then, but for corrections. Until that day each day of the month has one from when the first
of its papers leaves, whole, so that nothing is missing in between and no archive grows: readers
fetch an archive once and stop at the first they know. The rest of that day stands in the live feed
as well; readers drop what they find twice.

Months and days are UTC's, as the dates of the entries are written: no setting moves a paper from
one closed archive to another. Reading the papers of an archive is left to the caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the live feed ends: when the oldest paper it shows was published, and the next older one."""

    oldest_shown: datetime
    newest_fallen: datetime


@dataclass(frozen=True, slots=True)
class Archive:
    """The papers published from `since` until before `until`; its neighbours by name, "" for none."""

    name: str
    since: datetime
    until: datetime
    previous: str
    next: str

    def __contains__(self, published_at: datetime) -> bool:
        return self.since <= published_at < self.until


def plan_archives(days: Iterable[date], edge: Edge | None) -> tuple[Archive, ...]:
    """The archives of a live feed, the oldest first, each at least with one paper.

    `days` are those, in UTC, on which papers were published; no `edge`: nothing fell off.
    """
    if edge is None:
        return ()
    last = edge.newest_fallen.astimezone(UTC).date()
    open_month = edge.oldest_shown.astimezone(UTC).date().replace(day=1)
    starts: dict[str, tuple[date, date]] = {}
    for day in sorted(day for day in set(days) if day <= last):
        if day < open_month:
            starts[f"{day:%Y-%m}"] = (day.replace(day=1), _next_month(day))
        else:
            starts[day.isoformat()] = (day, day + timedelta(days=1))
    names = ["", *starts, ""]
    return tuple(
        Archive(name, _midnight(since), _midnight(until), previous, following)
        for previous, following, (name, (since, until)) in zip(names, names[2:], starts.items(), strict=False)
    )


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
