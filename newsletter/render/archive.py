"""What lies further back, month by month: a list that grows by a line a day needs short lines.

What counts as far back is left to `pages`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from babel.dates import format_skeleton

from newsletter.model import EditionKind, PublishedPaper, edition_path
from newsletter.render.listings import EditionSummary, first_day
from newsletter.render.views import Link, flatten
from newsletter.render.words import Words


@dataclass(frozen=True, slots=True)
class Line:
    """A link to something of one day; `note` says what its text does not."""

    day: date
    text: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """A month's name with its year, and its lines."""

    name: str
    lines: tuple[Line, ...]


def group_by_month(lines: Iterable[Line], words: Words) -> tuple[Month, ...]:
    """The lines under their months, in the order given, which is one of days."""
    return tuple(
        Month(format_skeleton("yMMMM", first, locale=words.locale), tuple(members))
        for first, members in groupby(lines, key=lambda line: line.day.replace(day=1))
    )


def shorten_edition(edition: EditionSummary, words: Words, link: Link) -> Line:
    """An edition as its date."""
    day = edition.period_end
    # Without the year, which the month's name tells; a week may belong to two months.
    if edition.kind is EditionKind.DAILY:
        text = words.format_short_day(day)
    else:
        text = words.format_period(edition.kind, day, edition.first_day)
    return Line(day, text, link(edition_path(edition.name)))


def shorten_paper(published: PublishedPaper, words: Words, link: Link) -> Line:
    """A paper as its title, which leads to its summary, and its day."""
    day = first_day(published)
    url = f"{link(edition_path(published.edition))}#{published.paper.anchor}"
    return Line(day, flatten(published.paper.title), url, words.format_short_day(day))
