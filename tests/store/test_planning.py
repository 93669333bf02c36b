"""Who gets an edition: planned once, frozen whatever the clock says, taken up again, counted right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.model import Digest, EditionKind, SubscriberStatus, SuppressionReason
from newsletter.store import Store, planning
from newsletter.store.batches import close_batches, has_open_batch
from newsletter.store.closing import Closing, close_open
from newsletter.store.editions import find_edition
from newsletter.store.intake import take_in
from newsletter.store.ledger import count_deliveries
from newsletter.store.planning import expand_batches, iterate_eligible, plan_edition
from newsletter.store.saving import SubscriberRow, save_subscribers
from newsletter.store.subscribers import find_subscriber, iterate_subscribers, resubscribe, unsubscribe
from newsletter.store.suppressions import suppress
from tests.builders import DAY, NOON, make_paper


@pytest.fixture
def edition(store: Store) -> int:
    with store.write() as tx:
        take_in(tx, Digest(DAY, "papers-for", "test", (make_paper(0),)), published_at=NOON, now=NOON)
        return find_edition(tx, EditionKind.DAILY, DAY).id


def add(store: Store, *names: str, status: SubscriberStatus | None = None) -> None:
    with store.write() as tx:
        save_subscribers(
            tx, [SubscriberRow(f"{name}@readers.test", status=status) for name in names], now=NOON
        )


def plan(store: Store, edition: int, *, batch_size: int = 2) -> bool:
    with store.write() as tx:
        return plan_edition(tx, edition, now=NOON, batch_size=batch_size)


def planned(store: Store, edition: int) -> int:
    with store.read() as tx:
        return count_deliveries(tx, edition).planned


def written(store: Store) -> list[str]:
    """The readers in the ledger."""
    with store.read() as tx:
        rows = tx.exec_driver_sql(
            "SELECT email FROM delivery JOIN subscriber ON subscriber_id = id ORDER BY edition_id, id"
        )
        return [email.partition("@")[0] for (email,) in rows]


def test_an_edition_is_planned_once_for_all_confirmed_readers(store: Store, edition: int) -> None:
    add(store, "a", "b", "c", "d", "e")
    add(store, "u", status=SubscriberStatus.UNCONFIRMED)
    assert plan(store, edition)
    assert not plan(store, edition)
    assert planned(store, edition) == 5
    expand_batches(store, edition)
    assert written(store) == ["a", "b", "c", "d", "e"]
    assert planned(store, edition) == 5


def test_a_clock_set_back_loses_nobody(store: Store, edition: int) -> None:
    add(store, "a", "b", "c")
    earlier = NOON - timedelta(days=400)
    with store.write() as tx:
        assert [each.email[0] for each in iterate_eligible(tx, EditionKind.DAILY)] == [
            "a",
            "b",
            "c",
        ]
        assert plan_edition(tx, edition, now=earlier)
    expand_batches(store, edition)
    assert written(store) == ["a", "b", "c"]


def test_whoever_comes_after_planning_waits_although_the_clock_was_set_back(
    store: Store, edition: int
) -> None:
    add(store, "a", "b", "c")
    plan(store, edition)
    with store.write() as tx:
        save_subscribers(tx, [SubscriberRow("late@readers.test")], now=NOON - timedelta(days=1))
    expand_batches(store, edition)
    assert written(store) == ["a", "b", "c"]


def test_whoever_comes_after_an_erased_reader_does_not_get_his_place(store: Store, edition: int) -> None:
    add(store, "a", "b", "c")
    plan(store, edition)
    with store.write() as tx:
        tx.exec_driver_sql("DELETE FROM subscriber WHERE email LIKE 'c@%'")
    add(store, "late")
    expand_batches(store, edition)
    assert written(store) == ["a", "b"]


def test_whoever_confirms_before_his_range_is_written_is_in_it_once_and_counted(
    store: Store, edition: int
) -> None:
    add(store, "a")
    add(store, "u", status=SubscriberStatus.UNCONFIRMED)
    add(store, "b")
    plan(store, edition)
    with store.write() as tx:
        resubscribe(tx, find_subscriber(tx, "u@readers.test"), now=NOON)
    expand_batches(store, edition)
    expand_batches(store, edition)
    assert written(store) == ["a", "u", "b"]
    assert planned(store, edition) == 3


def test_whoever_confirms_afterwards_waits_for_the_next_edition(store: Store, edition: int) -> None:
    add(store, "a")
    add(store, "u", status=SubscriberStatus.UNCONFIRMED)
    add(store, "b")
    plan(store, edition)
    expand_batches(store, edition)
    with store.write() as tx:
        resubscribe(tx, find_subscriber(tx, "u@readers.test"), now=NOON)
    expand_batches(store, edition)
    assert written(store) == ["a", "b"]


def test_whoever_leaves_or_is_suppressed_before_his_range_is_written_is_not_in_it(
    store: Store, edition: int
) -> None:
    add(store, "a", "b", "c")
    plan(store, edition)
    with store.write() as tx:
        unsubscribe(tx, find_subscriber(tx, "a@readers.test"), now=NOON)
        suppress(tx, "b@readers.test", SuppressionReason.BOUNCE, now=NOON)
    expand_batches(store, edition)
    assert written(store) == ["c"]


def test_an_expansion_that_was_broken_off_goes_on_where_it_stood(
    store: Store, edition: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    def die(seconds: float) -> None:
        raise Killed

    add(store, *"abcdefg")
    plan(store, edition, batch_size=1)
    monkeypatch.setattr(planning, "BATCHES_A_TRANSACTION", 2)
    for step in range(1, 4):
        with monkeypatch.context() as patch:
            patch.setattr("newsletter.store.planning.time.sleep", die)
            with pytest.raises(Killed):
                expand_batches(store, edition)
        assert len(written(store)) == 2 * step
        assert planned(store, edition) == 7
    expand_batches(store, edition)
    assert written(store) == list("abcdefg")


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_subscribers_are_read_in_pages_without_a_gap(
    store: Store, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr("newsletter.store.subscribers._PAGE", 2)
    names = list("abcde"[:count])
    add(store, *names)
    with store.read() as tx:
        assert [each.email[0] for each in iterate_subscribers(tx)] == names
        assert [each.email[0] for each in iterate_eligible(tx, EditionKind.DAILY)] == names


def test_an_edition_has_open_batches_until_nobody_is_left(store: Store, edition: int) -> None:
    add(store, "ann", "ben", "cem")
    plan(store, edition)
    with store.read() as tx:
        assert has_open_batch(tx, edition)  # of the plan alone
    expand_batches(store, edition)
    with store.write() as tx:
        assert has_open_batch(tx, edition)
        close_batches(tx, edition, owner="somebody")
        assert has_open_batch(tx, edition)  # nobody was mailed
    close_open(store, edition, Closing.CANCELLED, now=NOON)
    with store.write() as tx:
        close_batches(tx, edition, owner="somebody")
        assert not has_open_batch(tx, edition)
