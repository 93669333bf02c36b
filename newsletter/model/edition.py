"""What is published: keywords, papers with their dates, editions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from newsletter.model.digest import Paper


class EditionKind(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Keyword:
    """A canonical topic. `slug` is its address and, being unique, its identity."""

    label: str
    slug: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedPaper:
    """A paper with what publishing it adds: its resolved keywords, dates and first edition.

    `published_at` never moves; `updated_at` moves only when the content does. Within an edition
    the dates are distinct and fall with the position. `keywords` are shown: those written in the digest,
    then the topics found in these and the title; `broader` are topics that only hold one of these.
    """

    paper: Paper
    keywords: tuple[Keyword, ...]
    published_at: datetime
    updated_at: datetime
    edition: str
    broader: tuple[Keyword, ...] = ()

    @property
    def all_keywords(self) -> tuple[Keyword, ...]:
        """Under each of these the paper is found."""
        return (*self.keywords, *self.broader)


@dataclass(frozen=True, slots=True)
class Edition:
    """One dated publication; (`kind`, `period_end`) is unique."""

    kind: EditionKind
    period_end: date
    revision: int
    published_at: datetime
    updated_at: datetime
    papers: tuple[PublishedPaper, ...]
    first_day: date | None = None
    """Of a weekly edition, where it is not the seventh day from its end."""

    @property
    def name(self) -> str:
        return edition_name(self.kind, self.period_end)


def edition_name(kind: EditionKind, period_end: date) -> str:
    """`2025-09-24` for a daily edition, `2025-W39` (ISO 8601 week) for a weekly one."""
    if kind is EditionKind.DAILY:
        return period_end.isoformat()
    year, week, _ = period_end.isocalendar()
    return f"{year}-W{week:02}"


def find_first_day(kind: EditionKind, period_end: date, previous_end: date | None) -> date:
    """The first day of an edition's period; `previous_end` is that of the edition of its kind before it.

    A weekly edition begins where the one of the ISO week before ended, so that no day falls between two;
    else it has seven days.
    """
    if kind is EditionKind.DAILY:
        return period_end
    if previous_end is not None and find_monday(period_end) - find_monday(previous_end) == _WEEK:
        return previous_end + timedelta(days=1)
    return period_end - _WEEK + timedelta(days=1)


def find_monday(day: date) -> date:
    """The Monday of a day's ISO 8601 week."""
    return day - timedelta(days=day.weekday())


_WEEK = timedelta(weeks=1)
