"""The loop: everybody once, nobody lost, whatever a transport answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.delivery.transports import Result
from newsletter.errors import (
    AddressRefused,
    OutcomeUnknown,
    StoreError,
    TemporaryTransportError,
    TransportMisconfigured,
    TransportUnreachable,
)
from newsletter.model import Call, DeliveryCounts, DeliveryState, Message, Submitted, SuppressionReason
from newsletter.store import Transaction
from newsletter.store.batches import claim_batch
from newsletter.store.schema import edition, edition_batch, subscriber
from newsletter.store.subscribers import find_subscriber, unsubscribe
from newsletter.store.suppressions import suppress
from tests.builders import NOON
from tests.delivery.conftest import Delivery, ToldTransport, address

Make = Callable[..., Delivery]


def test_everybody_gets_it_once_and_a_second_run_does_nothing(make_delivery: Make) -> None:
    delivery, transport = make_delivery(25), ToldTransport()
    assert delivery.run(transport) is None
    assert sorted(transport.taken) == [address(number) for number in range(25)]
    assert delivery.counts() == DeliveryCounts(submitted=25)
    delivery.run(transport)
    assert len(transport.taken) == 25


def test_no_more_is_offered_than_calls_are_in_flight(make_delivery: Make) -> None:
    delivery = make_delivery(40)
    offered = []

    def look(message: Message) -> Submitted:
        states = list(delivery.states().values())
        offered.append(states.count(DeliveryState.OFFERED))
        return Submitted()

    transport = ToldTransport(look, calls_at_once=3)
    delivery.run(transport)
    assert max(offered) <= 3
    assert transport.most_in_flight <= 3


def test_a_call_carries_up_to_what_the_transport_takes(make_delivery: Make) -> None:
    delivery, transport = make_delivery(25), ToldTransport(messages_per_call=10, calls_at_once=2)
    delivery.run(transport)
    assert sorted(transport.taken) == [address(number) for number in range(25)]


def test_who_left_or_was_suppressed_after_planning_is_skipped(make_delivery: Make) -> None:
    delivery = make_delivery(4)
    with delivery.store.write() as tx:
        unsubscribe(tx, find_subscriber(tx, address(1)), now=NOON)
        suppress(tx, address(2), SuppressionReason.BOUNCE, now=NOON)
    transport = ToldTransport()
    delivery.run(transport)
    assert sorted(transport.taken) == [address(0), address(3)]
    assert delivery.counts() == DeliveryCounts(submitted=2, skipped=2)


def test_who_leaves_during_the_run_gets_nothing_more(make_delivery: Make) -> None:
    delivery = make_delivery(10)

    def leave(message: Message) -> Submitted:
        with delivery.store.write() as tx:
            unsubscribe(tx, find_subscriber(tx, address(9)), now=NOON)
        return Submitted()

    transport = ToldTransport(leave, calls_at_once=1)
    delivery.run(transport)
    assert address(9) not in transport.taken


def test_who_chose_nothing_of_this_edition_is_skipped(make_delivery: Make) -> None:
    delivery, transport = make_delivery(4), ToldTransport()
    delivery.run(transport, decide=lambda subscriber, _: None if subscriber.email == address(2) else " *")
    assert delivery.counts() == DeliveryCounts(submitted=3, skipped=1)


def test_a_refused_address_fails_alone(make_delivery: Make) -> None:
    refused = AddressRefused("550 no such user", code=550, status="5.1.1")
    transport = ToldTransport(lambda message: refused if message.recipient == address(3) else Submitted())
    delivery = make_delivery(8)
    assert delivery.run(transport) is None
    assert delivery.counts() == DeliveryCounts(submitted=7, failed=1)


def test_refusals_by_policy_stop_the_run_and_nobody_is_lost_or_suppressed(make_delivery: Make) -> None:
    refused = AddressRefused("the mail server refused the recipient: 550 5.7.1 blocked", code=550)
    delivery, transport = make_delivery(40), ToldTransport(lambda message: refused, calls_at_once=2)
    error = delivery.run(transport)
    assert isinstance(error, TransportMisconfigured)
    assert "5.7.1" in error.message
    assert len(transport.taken) <= 7
    assert delivery.counts() == DeliveryCounts(pending=40)


def test_a_single_refusal_by_policy_stops_nobody_else(make_delivery: Make) -> None:
    refused = AddressRefused("the mail server refused the recipient: 550 5.7.1 not for him", code=550)
    transport = ToldTransport(lambda message: refused if message.recipient == address(3) else Submitted())
    delivery = make_delivery(20)
    assert delivery.run(transport) is None
    assert delivery.counts() == DeliveryCounts(submitted=19, pending=1)


def test_a_temporary_refusal_is_tried_again_when_it_is_due_and_not_before(make_delivery: Make) -> None:
    delivery = make_delivery(3)
    busy = ToldTransport(lambda _: TemporaryTransportError("451 later"))
    delivery.run(busy)
    assert delivery.counts() == DeliveryCounts(pending=3)
    delivery.now = NOON + timedelta(seconds=30)
    transport = ToldTransport()
    delivery.run(transport)
    assert transport.taken == []
    delivery.now = NOON + timedelta(minutes=2)
    delivery.run(transport)
    assert delivery.counts() == DeliveryCounts(submitted=3)


def test_a_temporary_refusal_fails_when_the_edition_is_too_old(make_delivery: Make) -> None:
    delivery = make_delivery(2)
    delivery.now = NOON + timedelta(days=4)
    delivery.run(ToldTransport(lambda _: TemporaryTransportError("451 later")))
    assert delivery.counts() == DeliveryCounts(failed=2)


def test_a_misconfigured_transport_stops_the_run_and_everybody_stays_pending(make_delivery: Make) -> None:
    delivery = make_delivery(50)

    def refuse(message: Message) -> Submitted:
        raise TransportMisconfigured("535 wrong password")

    stopped_by = delivery.run(ToldTransport(refuse))
    assert isinstance(stopped_by, TransportMisconfigured)
    assert delivery.counts() == DeliveryCounts(pending=50)
    delivery.run(ToldTransport())
    assert delivery.counts() == DeliveryCounts(submitted=50)


def test_a_server_that_cannot_be_reached_ends_the_run_at_once(make_delivery: Make) -> None:
    delivery = make_delivery(50)

    def refuse(message: Message) -> Submitted:
        raise TransportUnreachable("connection refused")

    assert isinstance(delivery.run(ToldTransport(refuse)), TransportUnreachable)
    assert delivery.counts() == DeliveryCounts(pending=50)
    transport = ToldTransport()
    delivery.run(transport)
    assert len(transport.taken) == 50


def test_a_transport_that_fails_again_and_again_ends_the_run_early(make_delivery: Make) -> None:
    calls = []

    def refuse(message: Message) -> Submitted:
        calls.append(message.recipient)
        raise TemporaryTransportError("421 not now")

    delivery = make_delivery(500, batch_size=100)
    stopped_by = delivery.run(ToldTransport(refuse))
    assert isinstance(stopped_by, TemporaryTransportError)
    assert len(calls) < 20
    assert delivery.counts().pending == 500


def test_a_lost_answer_is_unknown_and_offered_again_three_times_at_most(make_delivery: Make) -> None:
    delivery = make_delivery(2)

    def lose(message: Message) -> Submitted:
        raise OutcomeUnknown("the line broke after the final dot")

    transports = [ToldTransport(lose) for _ in range(5)]
    calls = []
    for transport in transports:
        delivery.run(transport)
        assert delivery.counts() == DeliveryCounts(unknown=2)
        with delivery.store.read() as tx:
            calls.append(tx.exec_driver_sql("SELECT max(attempts) FROM delivery").scalar())
    assert calls == [1, 2, 3, 4, 4]


def test_an_unknown_outcome_is_held_where_a_repeat_would_be_dear(make_delivery: Make) -> None:
    delivery = make_delivery(2)

    def lose(message: Message) -> Submitted:
        raise OutcomeUnknown("timeout")

    delivery.run(ToldTransport(lose, repeats_are_cheap=False))
    transport = ToldTransport(repeats_are_cheap=False)
    delivery.run(transport)
    assert transport.taken == []
    assert delivery.counts() == DeliveryCounts(unknown=2)


def test_setting_stop_finishes_what_is_in_flight_and_the_next_run_goes_on(make_delivery: Make) -> None:
    delivery = make_delivery(30)

    def stop_soon(message: Message) -> Submitted:
        if len(transport.taken) >= 5:
            delivery.stop.set()
        return Submitted()

    transport = ToldTransport(stop_soon)
    delivery.run(transport)
    counts = delivery.counts()
    assert counts.submitted == len(transport.taken) < 30
    assert counts.unknown == 0
    delivery.stop.clear()
    rest = ToldTransport()
    delivery.run(rest)
    assert sorted(transport.taken + rest.taken) == [address(number) for number in range(30)]


@pytest.mark.parametrize("column", ["paused_at", "cancelled_at"])
def test_nothing_is_offered_of_a_paused_or_cancelled_edition(make_delivery: Make, column: str) -> None:
    delivery = make_delivery(20)

    def pause(message: Message) -> Submitted:
        with delivery.store.write() as tx:
            tx.execute(edition.update().values({column: NOON}))
        return Submitted()

    transport = ToldTransport(pause, calls_at_once=2)
    delivery.run(transport)
    assert len(transport.taken) <= 4
    left = 20 - len(transport.taken)
    counts = delivery.counts()
    assert (counts.pending, counts.skipped) == ((left, 0) if column == "paused_at" else (0, left))


def test_who_was_taken_for_dead_can_no_longer_write(make_delivery: Make) -> None:
    delivery = make_delivery(10)

    def take_over(message: Message) -> Submitted:
        with delivery.store.write() as tx:
            tx.exec_driver_sql("UPDATE edition_batch SET lease_until = NULL")
            claim_batch(tx, delivery.edition_id, owner="another", now=NOON)
        return Submitted()

    with pytest.raises(StoreError, match="took this batch over"):
        delivery.run(ToldTransport(take_over, calls_at_once=1))
    assert delivery.counts().submitted == 0


def test_nobody_is_offered_twice_in_one_run_however_long_it_takes(make_delivery: Make) -> None:
    delivery = make_delivery(25)

    def put_off(message: Message) -> Submitted:
        offered.append(message.recipient)
        delivery.now += timedelta(minutes=20)  # beyond every lease and the first retry
        raise TemporaryTransportError("451 later")

    offered: list[str] = []
    delivery.run(ToldTransport(put_off, calls_at_once=20))
    assert sorted(offered) == [address(number) for number in range(25)]


def test_a_call_that_takes_long_keeps_its_batch(make_delivery: Make) -> None:
    """Another process could claim it otherwise, and offer the same deliveries."""
    delivery = make_delivery(30, batch_size=10)

    class OneWaits(ToldTransport):
        async def submit(self, call: Call) -> tuple[Result, ...]:
            if call.messages[0].recipient == address(0):
                while len(self.taken) < 29:
                    await asyncio.sleep(0.001)
                with delivery.store.read() as tx:
                    leases = tx.execute(sa.select(edition_batch.c.lease_until)).scalars().all()
                assert leases[0] > delivery.now
            delivery.now += timedelta(minutes=10)
            return await super().submit(call)

    transport = OneWaits(calls_at_once=2)
    assert delivery.run(transport) is None
    assert delivery.counts() == DeliveryCounts(submitted=30)


def test_what_is_committed_is_on_the_disk_soon_also_where_no_call_ends(make_delivery: Make) -> None:
    delivery, commits = make_delivery(8), []
    write = delivery.store.write

    @contextmanager
    def noted(*, lasting: bool = True) -> Iterator[Transaction]:
        with write(lasting=lasting) as tx:
            yield tx
        commits.append(lasting)

    class LastWaits(ToldTransport):
        async def submit(self, call: Call) -> tuple[Result, ...]:
            if len(self.taken) == 7:
                before = len(commits)
                await asyncio.sleep(0.5)
                assert commits[-1], "the answers before it wait for the disk no longer than this"
                assert len(commits) <= before + 2, "and nothing is written again and again"
            return await super().submit(call)

    delivery.store.write = noted  # type: ignore[method-assign]
    assert delivery.run(LastWaits(calls_at_once=1)) is None
    assert False in commits
    assert delivery.counts() == DeliveryCounts(submitted=8)


def test_a_long_row_of_readers_without_a_match_is_many_short_transactions(make_delivery: Make) -> None:
    delivery, longest = make_delivery(1_500, batch_size=2_000), []
    write = delivery.store.write

    @contextmanager
    def counted(**options: bool) -> Iterator[Transaction]:
        with write(**options) as tx:
            before = delivery_changes(tx)
            yield tx
            longest.append(delivery_changes(tx) - before)

    def delivery_changes(tx: Transaction) -> int:
        return int(tx.exec_driver_sql("SELECT total_changes()").scalar_one())

    delivery.store.write = counted  # type: ignore[method-assign]
    delivery.run(ToldTransport(), decide=lambda *_: None)
    assert delivery.counts() == DeliveryCounts(skipped=1_500)
    assert max(longest) < 600


def test_a_destination_that_says_too_many_waits_and_no_other(make_delivery: Make) -> None:
    delivery = make_delivery(60)

    asked: list[str] = []

    def limit(message: Message) -> Submitted:
        asked.append(message.recipient)
        if message.recipient.endswith("@slow.test"):
            raise TemporaryTransportError("421 too many from you", too_fast=True)
        return Submitted()

    with delivery.store.write() as tx:  # every other reader is of the destination that complains
        odd = sa.func.replace(subscriber.c.email, "readers.test", "slow.test")
        tx.execute(subscriber.update().where(subscriber.c.id % 2 == 0).values(email=odd))
    transport = ToldTransport(limit, calls_at_once=2)
    assert delivery.run(transport) is None
    assert delivery.counts() == DeliveryCounts(submitted=30, pending=30)
    assert 1 <= sum(each.endswith("@slow.test") for each in asked) <= 2, "the rest was not offered to it"
    with delivery.store.read() as tx:
        turns = tx.exec_driver_sql("SELECT retry_at, attempts FROM delivery WHERE state = 'pending'").all()
    assert all(retry_at is not None for retry_at, _ in turns)
    assert sum(attempts for _, attempts in turns) <= 2
