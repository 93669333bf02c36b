"""Weekly editions in the store: what they take, what they follow, what they keep."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from newsletter.keywords import Vocabulary
from newsletter.model import Digest, EditionKind
from newsletter.store import Store, Transaction
from newsletter.store.editions import find_edition, load_edition, read_revision
from newsletter.store.intake import take_in
from newsletter.store.outdated import read_outdated
from newsletter.store.planning import plan_edition
from newsletter.store.uses import list_keyword_uses
from newsletter.store.weeks import follow_days, list_week_ends, make_week
from tests.builders import NOON, make_paper

SUNDAY = date(2025, 9, 28)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


def bring(tx: Transaction, day: date, *numbers: int, text: str = "", later: int = 0) -> None:
    changes = {"one_line": text} if text else {}
    papers = tuple(make_paper(number, keywords=(f"k{number}",), **changes) for number in numbers)
    now = NOON + timedelta(days=(day - SUNDAY).days, hours=later)
    take_in(tx, Digest(day, "papers-for", "test", papers), published_at=now, now=now)
    follow_days(tx, [day], now=now)


def close(tx: Transaction, end: date = SUNDAY, *, now: datetime = NOON) -> bool:
    return make_week(tx, end, published_at=now, now=now)


def numbers(tx: Transaction, end: date = SUNDAY) -> list[int]:
    """The papers of the week as its page shows them, held against its places and counts."""
    facts = find_edition(tx, EditionKind.WEEKLY, end)
    papers = load_edition(tx, facts, Vocabulary()).papers
    assert len(papers) == facts.papers
    return [int(paper.paper.identity.rpartition(".")[2]) for paper in papers]


def plan(tx: Transaction, end: date = SUNDAY) -> None:
    assert plan_edition(tx, find_edition(tx, EditionKind.WEEKLY, end).id, now=NOON), "also without readers"


def test_the_newest_day_stands_first_and_a_paper_with_its_first_day_in_its_last_text(store: Store) -> None:
    with store.write() as tx:
        bring(tx, SUNDAY - 7 * DAY, 9)
        bring(tx, SUNDAY - 6 * DAY, 1, 2)
        bring(tx, SUNDAY, 3, 1, 4, text="Newer. Text.")
        assert close(tx)
        assert numbers(tx) == [3, 4, 1, 2]
        facts = find_edition(tx, EditionKind.WEEKLY, SUNDAY)
        assert read_revision(tx, facts, 1)[2].sections.one_line == "Newer. Text."
        assert (facts.name, facts.first_day, facts.revision) == ("2025-W39", SUNDAY - 6 * DAY, 1)
        assert "2025-W39" in read_outdated(tx).editions


def test_a_week_without_papers_is_not_made(store: Store) -> None:
    with store.write() as tx:
        bring(tx, SUNDAY - 7 * DAY, 1)
        assert not close(tx)
        assert list_week_ends(tx) == []


def test_an_open_week_takes_what_its_days_have(store: Store) -> None:
    with store.write() as tx:
        bring(tx, SUNDAY, 1, 2)
        close(tx)
        bring(tx, SUNDAY, 2, 3, later=1)
        bring(tx, SUNDAY - DAY, 4)
        assert numbers(tx) == [2, 3, 4]
        facts = find_edition(tx, EditionKind.WEEKLY, SUNDAY)
        assert facts.revision == 3
        assert len(read_revision(tx, facts, 1)) == 2, "every revision stays"


def test_nothing_changes_where_nothing_is_new(store: Store) -> None:
    with store.write() as tx:
        bring(tx, SUNDAY, 1)
        close(tx)
        bring(tx, SUNDAY, 1)
        assert close(tx)
        assert find_edition(tx, EditionKind.WEEKLY, SUNDAY).revision == 1


def test_a_week_that_is_mailed_only_loses_and_the_next_takes_what_came_late(store: Store) -> None:
    with store.write() as tx:
        bring(tx, SUNDAY, 1, 2)
        close(tx)
        plan(tx)
        bring(tx, SUNDAY, 2, 3, later=1)
        assert numbers(tx) == [2]
        bring(tx, SUNDAY, 1, 2, 3, later=2)
        assert numbers(tx) == [1, 2], "what it had may come back"
        bring(tx, SUNDAY + DAY, 1, 5)
        close(tx, SUNDAY + WEEK)
        assert numbers(tx, SUNDAY + WEEK) == [5, 3]


def test_a_paper_taken_back_from_a_mailed_week_comes_in_no_later_one(store: Store) -> None:
    with store.write() as tx:
        bring(tx, SUNDAY, 1, 2)
        close(tx)
        plan(tx)
        bring(tx, SUNDAY, 2, later=1)
        bring(tx, SUNDAY + DAY, 1, 3)
        close(tx, SUNDAY + WEEK)
        assert numbers(tx, SUNDAY + WEEK) == [3]


def test_a_paper_that_left_an_open_week_is_free_for_the_next(store: Store) -> None:
    with store.write() as tx:
        bring(tx, SUNDAY, 1, 2)
        close(tx)
        bring(tx, SUNDAY, 2, later=1)
        bring(tx, SUNDAY + DAY, 1)
        close(tx, SUNDAY + WEEK)
        assert numbers(tx, SUNDAY + WEEK) == [1]


def test_a_paper_that_its_day_took_back_is_counted_nowhere(store: Store) -> None:
    with store.write() as tx:
        bring(tx, SUNDAY, 1, 2)
        close(tx)
        bring(tx, SUNDAY, 2, later=1)
        assert {use.keyword.label for use in list_keyword_uses(tx, Vocabulary()).values()} == {"k2"}


def test_what_comes_more_than_a_week_late_is_no_news(store: Store) -> None:
    with store.write() as tx:
        for weeks in range(3):
            bring(tx, SUNDAY + weeks * WEEK, weeks)
            close(tx, SUNDAY + weeks * WEEK)
            plan(tx, SUNDAY + weeks * WEEK)
        bring(tx, SUNDAY - DAY, 8)
        bring(tx, SUNDAY + 3 * WEEK, 3)
        close(tx, SUNDAY + 3 * WEEK)
        assert numbers(tx, SUNDAY + 3 * WEEK) == [3]


def test_no_day_falls_between_two_weeks_of_another_length(store: Store) -> None:
    with store.write() as tx:
        bring(tx, SUNDAY, 1)
        close(tx)
        bring(tx, SUNDAY + DAY, 2)
        close(tx, SUNDAY + 3 * DAY)
        bring(tx, SUNDAY + 4 * DAY, 3)
        close(tx, SUNDAY + 14 * DAY)
        ends = SUNDAY + 3 * DAY, SUNDAY + 14 * DAY
        found = [find_edition(tx, EditionKind.WEEKLY, end) for end in ends]
        assert [each.first_day for each in found] == [SUNDAY + DAY, SUNDAY + 4 * DAY]
        assert [each.name for each in found] == ["2025-W40", "2025-W41"]
