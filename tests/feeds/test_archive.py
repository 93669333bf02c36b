"""Where papers are found that fell off the live feed (RFC 5005 §4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from newsletter.feeds import Archive, Edge, plan_archives

START = datetime(2024, 12, 20, tzinfo=UTC)

dates = st.lists(
    st.integers(0, 100 * 24).map(lambda hours: START + timedelta(hours=hours)), min_size=2, max_size=60
).map(lambda found: sorted(found, reverse=True))
"""When papers were published, the newest first; several at once, too."""


@st.composite
def feeds(draw: st.DrawFn) -> tuple[list[datetime], int]:
    """The dates of all papers, and how many of them the live feed shows."""
    published = draw(dates)
    return published, draw(st.integers(1, len(published)))


def plan(published: Sequence[datetime], shown: int) -> tuple[Archive, ...]:
    edge = Edge(published[shown - 1], published[shown]) if shown < len(published) else None
    return plan_archives([moment.date() for moment in published], edge)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def names(archives: Sequence[Archive]) -> list[str]:
    return [archive.name for archive in archives]


def test_a_feed_that_shows_everything_has_no_archive() -> None:
    assert plan_archives([date(2025, 9, 24)], None) == ()


def test_a_month_that_has_left_the_feed_is_one_archive() -> None:
    days = [date(2025, 8, 1), date(2025, 8, 31), date(2025, 10, 2)]
    edge = Edge(at("2025-10-02"), at("2025-08-31T23:59:59"))
    [archive] = plan_archives(days, edge)
    assert archive == Archive("2025-08", at("2025-08-01"), at("2025-09-01"), "", "")


def test_a_month_that_is_leaving_has_an_archive_a_day() -> None:
    days = [date(2025, 8, 30), *(date(2025, 9, day) for day in (1, 2, 3, 4))]
    edge = Edge(oldest_shown=at("2025-09-03T08:00:30"), newest_fallen=at("2025-09-03T08:00:29"))
    archives = plan_archives(days, edge)
    assert names(archives) == ["2025-08", "2025-09-01", "2025-09-02", "2025-09-03"]
    assert (archives[-1].since, archives[-1].until) == (at("2025-09-03"), at("2025-09-04"))


def test_the_last_month_of_a_year_ends_with_it() -> None:
    [archive] = plan_archives([date(2024, 12, 31)], Edge(at("2025-01-01"), at("2024-12-31")))
    assert archive.until == at("2025-01-01")


@given(feeds())
def test_what_fell_off_stands_in_exactly_one_archive(feed: tuple[list[datetime], int]) -> None:
    published, shown = feed
    archives = plan(published, shown)
    for moment in published[shown:]:
        assert sum(moment in archive for archive in archives) == 1


@given(feeds())
def test_no_archive_is_without_a_fallen_paper_and_no_month_has_a_shown_one(
    feed: tuple[list[datetime], int],
) -> None:
    published, shown = feed
    for archive in plan(published, shown):
        assert any(moment in archive for moment in published[shown:])
        if len(archive.name) == len("2025-09"):
            assert not any(moment in archive for moment in published[:shown])


@given(feeds())
def test_the_archives_are_one_chain_in_the_order_of_time(feed: tuple[list[datetime], int]) -> None:
    archives = plan(*feed)
    for older, newer in pairwise(archives):
        assert (older.next, newer.previous) == (newer.name, older.name)
        assert older.until <= newer.since
    if archives:
        assert archives[0].previous == archives[-1].next == ""


@given(feeds(), st.integers(0, 60), st.integers(1, 20 * 24))
def test_an_archive_never_changes_what_it_holds(
    feed: tuple[list[datetime], int], more: int, hours: int
) -> None:
    published, shown = feed
    # The next papers come on a later day than those already archived.
    tomorrow = datetime.combine(published[0].date() + timedelta(days=1), datetime.min.time(), UTC)
    newer = [tomorrow + timedelta(hours=hours * number) for number in range(more)][::-1]
    before = {archive.name: archive for archive in plan(published, shown)}
    # What fell off never returns: the feed shows at most what it showed, and the newer ones.
    for still_shown in range(1, shown + more + 1):
        for archive in plan([*newer, *published], still_shown):
            if archive.name in before:
                held = [moment for moment in published if moment in before[archive.name]]
                assert [moment for moment in [*newer, *published] if moment in archive] == held


@given(feeds())
def test_the_same_dates_in_any_zone_make_the_same_archives(feed: tuple[list[datetime], int]) -> None:
    published, shown = feed
    if shown == len(published):
        return
    there = [moment.astimezone(ZoneInfo("Asia/Shanghai")) for moment in published]
    edge = Edge(there[shown - 1], there[shown])
    assert plan_archives([moment.date() for moment in published], edge) == plan(published, shown)
