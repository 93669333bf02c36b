"""How many papers a keyword had week by week: what its chart draws and the table beside it says.

The chart ends with the week of the newest paper, not with today's, so that a rebuild tomorrow
changes no byte. Weeks are those of ISO 8601, from Monday on. Drawing is left to the templates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_interval

from newsletter.model import EditionKind
from newsletter.render.words import Words

MOST_WEEKS = 26
_WEEK = timedelta(weeks=1)
_TO_SUNDAY = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Week:
    """A week's days in words, and its papers."""

    days: str
    papers: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The weeks in order; `period` is all of them in words."""

    period: str
    weeks: tuple[Week, ...]

    @property
    def peak(self) -> int:
        return max(week.papers for week in self.weeks)


def make_chart(days: Iterable[date], words: Words) -> Chart | None:
    """The chart of papers that came out on these days; None where fewer than two weeks have any.

    It begins with the week of the first paper, or MOST_WEEKS before its end.
    """
    counts = count_weeks(days)
    if sum(count > 0 for count in counts.values()) < 2:
        return None
    weeks = (
        Week(words.format_period(EditionKind.WEEKLY, monday + _TO_SUNDAY), count)
        for monday, count in counts.items()
    )
    period = format_interval(min(counts), max(counts) + _TO_SUNDAY, "yMMMd", locale=words.locale)
    return Chart(period, tuple(weeks))


def count_weeks(days: Iterable[date]) -> dict[date, int]:
    """Monday → papers, for every week of the chart in order, also those without any."""
    papers = Counter(day - timedelta(days=day.weekday()) for day in days)
    if not papers:
        return {}
    last = max(papers)
    span = min((last - min(papers)) // _WEEK + 1, MOST_WEEKS)
    mondays = (last - _WEEK * back for back in reversed(range(span)))
    return {monday: papers[monday] for monday in mondays}
