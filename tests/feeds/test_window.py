"""Which entries a feed shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.feeds import all_papers_feed, build_feed
from newsletter.feeds.window import ENTRY_ROOM, MAXIMUM_BYTES, RenderedEntry, take_fitting
from newsletter.model import FeedFormat
from tests.builders import NOON, make_newsletter, make_paper, publish

HOUR = timedelta(hours=1)


def make_entry(number: int, size: int = 1_000, age: timedelta = timedelta()) -> RenderedEntry:
    at = NOON - age
    return RenderedEntry(f"tag:{number}", at, at, bytes(size))


def show(entries: Iterable[RenderedEntry]) -> list[RenderedEntry]:
    return [*take_fitting(entries).shown]


def test_fifty_entries_are_kept_however_old() -> None:
    entries = [make_entry(n, age=timedelta(days=30 * n)) for n in range(80)]
    assert show(entries) == entries[:50]


def test_seven_days_of_entries_are_kept_beyond_fifty() -> None:
    entries = [make_entry(n, age=n * HOUR) for n in range(300)]
    assert show(entries) == entries[: 7 * 24 + 1]


def test_the_cap_wins_over_the_floor() -> None:
    entries = [make_entry(n, size=ENTRY_ROOM // 10) for n in range(50)]
    assert show(entries) == entries[:10]


def test_nothing_is_read_beyond_the_window() -> None:
    def endless() -> Iterator[RenderedEntry]:
        yield from (make_entry(n, size=ENTRY_ROOM // 4) for n in range(5))
        raise AssertionError("read too far")

    assert len(show(endless())) == 4


def test_the_newest_that_is_not_shown_is_told() -> None:
    entries = [make_entry(n, age=timedelta(days=n)) for n in range(80)]
    assert take_fitting(entries).fallen is entries[50]
    assert take_fitting(entries[:50]).fallen is None


@given(
    sizes=st.lists(st.integers(1, ENTRY_ROOM), min_size=1, max_size=120),
    hours=st.lists(st.integers(0, 24), min_size=120, max_size=120),
    newer=st.integers(0, 60),
)
def test_what_fell_off_never_returns(sizes: list[int], hours: list[int], newer: int) -> None:
    ages = [sum(hours[:n]) * HOUR for n in range(len(sizes))]
    entries = [make_entry(n, size, age) for n, (size, age) in enumerate(zip(sizes, ages, strict=True))]
    before = {entry.id for entry in show(entries[newer:])}
    fallen = {entry.id for entry in entries[newer:]} - before
    assert not fallen & {entry.id for entry in show(entries)}


def test_a_week_of_long_digests_stays_under_the_cap() -> None:
    newsletter = make_newsletter()
    papers = [
        paper
        for day in range(7)
        for paper in publish(
            [make_paper(40 * day + n, summary="研究" * 500) for n in range(40)],
            at=NOON - timedelta(days=day),
        )
    ]
    feed = all_papers_feed(newsletter, papers, empty_at=NOON)
    for feed_format in FeedFormat:
        data = build_feed(feed, newsletter, feed_format)
        assert 0.95 * MAXIMUM_BYTES < len(data) <= MAXIMUM_BYTES
