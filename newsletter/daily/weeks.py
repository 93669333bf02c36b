"""Which weekly editions are due: decided from the newsletter's day and what stands in the store.

There is one weekly edition an ISO 8601 week: it ends on the closing weekday and begins where the one before
it ended. So another closing weekday makes one period shorter or longer, and no day falls between two. A week
is over on its last day once that day's digest is taken in, else on the next day. Delivering is left to
`weekly`.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Sequence
from datetime import date, datetime, timedelta

from newsletter.config.sections import WEEKDAYS
from newsletter.daily.publisher import Publisher
from newsletter.model import EditionKind, find_first_day, find_monday
from newsletter.store import Transaction
from newsletter.store.batches import Reoffer
from newsletter.store.editions import EditionFacts, find_edition, is_taken_in, list_editions
from newsletter.store.ledger import list_open_editions
from newsletter.store.weeks import list_week_ends, make_week

_log = logging.getLogger(__name__)

WEEK = timedelta(weeks=1)


def list_ended(closes: str, today: date, *, last_end: date | None, has_today: bool) -> list[date]:
    """The last days of the weeks that are over and have no edition yet, the earliest first.

    `closes` is the weekday they end on, `last_end` the last day of the latest weekly edition (None: there is
    none, and only the latest week gets one), `has_today` whether the digest of `today` is taken in.
    """
    latest = find_week_end(today, closes)
    if latest > today or (latest == today and not has_today):
        latest -= WEEK
    if last_end is None:
        return [latest]
    missing = (find_monday(latest) - find_monday(last_end)) // WEEK
    return [latest - WEEK * back for back in reversed(range(missing))]


def list_due(
    weeks: Iterable[EditionFacts],
    today: date,
    *,
    max_age: timedelta,
    is_open: Container[int] = (),
    asked: bool = False,
    forced: bool = False,
) -> list[EditionFacts]:
    """Which of the weekly editions, given the latest first, are to be mailed; the earliest first.

    That is what nobody was mailed yet and is not older than `max_age` (`forced`: the latest whatever its
    age), and what has deliveries to take up: `is_open` has the ids of such editions, `asked` opens the
    latest's again.
    """
    due = []
    for place, week in enumerate(weeks):
        is_fresh = today - week.period_end <= max_age or (forced and place == 0)
        is_new = week.planned_at is None and week.cancelled_at is None and is_fresh
        if is_new or week.id in is_open or (asked and place == 0 and week.planned_at is not None):
            due.append(week)
    return due[::-1]


def find_week_end(day: date, closes: str) -> date:
    """The closing day of the ISO week of `day`, before or behind it."""
    return find_monday(day) + timedelta(days=WEEKDAYS.index(closes))


def find_week_of(day: date, closes: str, ends: Sequence[date]) -> date:
    """The last day of the week that `day` belongs to; `ends` are those of the weekly editions, in order."""
    for previous, end in zip([None, *ends], ends, strict=False):
        if find_first_day(EditionKind.WEEKLY, end, previous) <= day <= end:
            return end
    end = find_week_end(day, closes)
    if end < day or (ends and find_monday(end) == find_monday(ends[-1])):
        end += WEEK
    return end


def mail_age(kind: EditionKind, max_age_days: int) -> timedelta:
    """How old an edition may be to be mailed: a week's papers are a week older than a day's."""
    return timedelta(days=max_age_days) + (WEEK if kind is EditionKind.WEEKLY else timedelta())


def find_ended_weeks(tx: Transaction, publisher: Publisher, day: date) -> list[date]:
    """The weeks to be made in a run of `day`."""
    last_end = max(list_week_ends(tx), default=None)
    closes = publisher.config.schedule.week_closes
    return list_ended(closes, day, last_end=last_end, has_today=is_taken_in(tx, day))


def make_weeks(tx: Transaction, publisher: Publisher, day: date) -> list[EditionFacts]:
    """Makes the weekly editions that are over in a run of `day`, as far as they have papers."""
    return [made for end in find_ended_weeks(tx, publisher, day) if (made := make_one(tx, publisher, end))]


def make_one(tx: Transaction, publisher: Publisher, period_end: date) -> EditionFacts | None:
    """The weekly edition that ends on that day; None without papers."""
    now = publisher.clock().replace(microsecond=0)
    published_at = min(now, publisher.midnight_after(period_end))
    if not make_week(tx, period_end, published_at=published_at, now=now):
        return None
    return find_edition(tx, EditionKind.WEEKLY, period_end)


def find_due_weeks(
    tx: Transaction,
    publisher: Publisher,
    day: date,
    *,
    reoffer: Reoffer,
    asked: bool = False,
    forced: bool = False,
    repeats: bool = False,
) -> list[EditionFacts]:
    """The weekly editions to be mailed in a run of `day`; `reoffer`: of those of unknown outcome, `repeats`:
    also what was mailed that day."""
    weeks = list_editions(tx, kind=EditionKind.WEEKLY)
    is_open = set(list_open_editions(tx, reoffer=reoffer, now=publisher.clock()))
    if repeats:
        is_open |= {week.id for week in weeks if _is_of(publisher, week.planned_at, day)}
    max_age = mail_age(EditionKind.WEEKLY, publisher.config.digest.max_age_days)
    return list_due(weeks, day, max_age=max_age, is_open=is_open, asked=asked, forced=forced)


def _is_of(publisher: Publisher, moment: datetime | None, day: date) -> bool:
    return moment is not None and moment.astimezone(publisher.zone).date() == day


def tell_too_old(publisher: Publisher, made: Iterable[EditionFacts], day: date) -> None:
    """Logs which of the weeks made just now are mailed to nobody."""
    max_age = mail_age(EditionKind.WEEKLY, publisher.config.digest.max_age_days)
    for week in made:
        if day - week.period_end > max_age:
            _log.warning("edition %s is too old to be mailed: it stands on its page only", week.name)
