"""Calls of many messages: who goes together, what is repeated and how, who takes over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.delivery import handover
from newsletter.errors import OutcomeUnknown, TemporaryTransportError, TransportBusy
from newsletter.model import DeliveryCounts, Message, Submitted, Subscriber, SuppressionReason
from newsletter.store.batches import REOFFERS_AT_MOST, Reoffer
from newsletter.store.erasure import erase_subscriber
from newsletter.store.schema import delivery as ledger
from newsletter.store.schema import subscriber
from newsletter.store.subscribers import find_subscriber, unsubscribe
from newsletter.store.suppressions import suppress
from tests.builders import NOON

from .conftest import Behave, Delivery, ToldTransport, address

Make = Callable[..., Delivery]
DAY = timedelta(hours=24)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "LOST_WAITS", ())


def members(transport: ToldTransport) -> list[list[str]]:
    return [[message.recipient for message in call.messages] for call in transport.calls]


def knowing(behave: Behave) -> ToldTransport:
    """A transport whose other side knows calls by their key for a day, ten messages a call."""
    return ToldTransport(
        behave, messages_per_call=10, calls_at_once=1, repeats_are_cheap=False, idempotent_for=DAY
    )


def take(message: Message) -> Submitted:
    return Submitted("taken", provider_id="id")


def lose(message: Message) -> Submitted:
    raise OutcomeUnknown("cut off")


# --- Who goes together ----------------------------------------------------------------------------


def test_calls_are_made_up_to_the_limit_within_a_batch(make_delivery: Make) -> None:
    delivery = make_delivery(25, batch_size=12)
    transport = ToldTransport(messages_per_call=5, calls_at_once=1)
    delivery.run(transport)
    assert [len(call.messages) for call in transport.calls] == [5, 5, 2, 5, 5, 2, 1]
    assert delivery.counts() == DeliveryCounts(submitted=25)


def test_where_bodies_are_shared_a_call_has_readers_of_one_rendition(make_delivery: Make) -> None:
    delivery = make_delivery(40, batch_size=20)
    choices: dict[str, str] = {}

    def decide(reader: Subscriber, first: str | None) -> str:
        return choices.setdefault(reader.email, f" k-{reader.id % 3}")

    transport = ToldTransport(messages_per_call=10, calls_at_once=3, shares_bodies=True)
    delivery.run(transport, decide=decide)
    assert delivery.counts() == DeliveryCounts(submitted=40)
    assert all(len({choices[one] for one in call}) == 1 for call in members(transport))
    assert len(transport.calls) == 2 * 3, "the seven or six of each choice go in one call"


def test_without_shared_bodies_choices_go_as_they_come(make_delivery: Make) -> None:
    delivery = make_delivery(20, batch_size=20)
    transport = ToldTransport(messages_per_call=10, calls_at_once=1)
    delivery.run(transport, decide=lambda reader, _: f" k-{reader.id % 3}")
    assert [len(call.messages) for call in transport.calls] == [10, 10]


def test_who_has_no_match_or_has_left_is_skipped_and_the_call_is_full(
    make_delivery: Make,
) -> None:
    delivery = make_delivery(30, batch_size=30)
    with delivery.store.write() as tx:
        gone = sa.update(subscriber).where(subscriber.c.id <= 5).values(status="unsubscribed")
        tx.execute(gone)
    transport = ToldTransport(messages_per_call=10, calls_at_once=1)
    delivery.run(transport, decide=lambda reader, _: None if reader.id % 2 else " *")
    assert [len(call.messages) for call in transport.calls] == [10, 3]
    assert delivery.counts() == DeliveryCounts(submitted=13, skipped=17)


def test_what_changed_between_plan_and_call_counts(make_delivery: Make) -> None:
    delivery = make_delivery(40, batch_size=40)

    def change(message: Message) -> Submitted:
        if message.recipient == address(0):  # the other three calls are planned by now
            with delivery.store.write() as tx:
                unsubscribe(tx, find_subscriber(tx, address(15)), now=NOON)
                suppress(tx, address(25), SuppressionReason.COMPLAINT, now=NOON)
                erase_subscriber(tx, address(26))
                moved = sa.update(subscriber).where(subscriber.c.email == address(27))
                tx.execute(moved.values(email="moved@readers.test"))
                other = sa.update(subscriber).where(subscriber.c.email == address(35))
                tx.execute(other.values(language="en"))
        return Submitted()

    transport = ToldTransport(change, messages_per_call=10, calls_at_once=1, shares_bodies=True)
    delivery.run(transport)
    calls = members(transport)
    assert address(15) not in calls[1]
    assert len(calls[1]) == 9
    assert calls[2] == [address(number) for number in (20, 21, 22, 23, 24)] + [
        *("moved@readers.test", address(28), address(29))
    ]
    assert calls[3:] == [[address(number) for number in range(30, 40) if number != 35], [address(35)]]
    assert delivery.counts() == DeliveryCounts(submitted=37, skipped=3)


# --- A lost call ----------------------------------------------------------------------------------


def test_a_lost_call_is_repeated_with_the_same_members_under_the_same_key(make_delivery: Make) -> None:
    delivery = make_delivery(25, batch_size=25)
    lost = iter([True])

    def lose_one(message: Message) -> Submitted:
        if next(lost, False):
            raise OutcomeUnknown("cut off")
        return take(message)

    first = knowing(lose_one)
    delivery.run(first)
    assert delivery.counts() == DeliveryCounts(submitted=15, unknown=10)
    again = knowing(take)
    delivery.now += timedelta(hours=1)
    delivery.run(again)
    assert delivery.counts() == DeliveryCounts(submitted=25)
    assert [call.key for call in again.calls] == [first.calls[0].key]
    assert members(again) == members(first)[:1]


def test_a_lost_call_keeps_a_member_who_left_meanwhile(make_delivery: Make) -> None:
    delivery = make_delivery(10)
    first, again = knowing(lose), knowing(take)
    delivery.run(first)
    with delivery.store.write() as tx:
        tx.execute(sa.update(subscriber).where(subscriber.c.id == 3).values(status="unsubscribed"))
    delivery.run(again)
    assert [call.key for call in again.calls] == [call.key for call in first.calls]


def test_a_lost_call_with_an_erased_member_is_held(make_delivery: Make) -> None:
    delivery = make_delivery(10)
    delivery.run(knowing(lose))
    with delivery.store.write() as tx:
        erase_subscriber(tx, address(3))
    again = knowing(take)
    delivery.run(again)
    delivery.run(again)
    assert again.calls == []
    assert delivery.counts() == DeliveryCounts(unknown=10)


def test_a_lost_call_that_is_forgotten_there_is_held(make_delivery: Make) -> None:
    delivery = make_delivery(10)
    delivery.run(knowing(lose))
    delivery.now += DAY + timedelta(seconds=1)
    again = knowing(take)
    delivery.run(again)
    assert again.calls == []
    assert delivery.counts() == DeliveryCounts(unknown=10)


def test_how_long_a_call_is_known_counts_from_its_first_offer(make_delivery: Make) -> None:
    delivery = make_delivery(10)
    for _ in range(2):
        delivery.run(knowing(lose))
        delivery.now += timedelta(hours=13)
    again = knowing(take)
    delivery.run(again)
    assert again.calls == []


def test_a_lost_call_is_repeated_three_times_then_held(make_delivery: Make) -> None:
    delivery = make_delivery(10)
    transport = knowing(lose)
    for _ in range(REOFFERS_AT_MOST + 3):
        delivery.run(transport)
    assert len(transport.calls) == REOFFERS_AT_MOST + 1
    assert delivery.counts() == DeliveryCounts(unknown=10)


def test_what_was_refused_for_a_time_goes_with_a_new_call(make_delivery: Make) -> None:
    delivery = make_delivery(10)

    def later(message: Message) -> Submitted:
        raise TemporaryTransportError("503 later")

    delivery.run(knowing(later))
    with delivery.store.read() as tx:
        assert tx.execute(sa.select(ledger.c.call).distinct()).scalars().all() == [None]
    delivery.now += timedelta(hours=2)
    delivery.run(knowing(take))
    assert delivery.counts() == DeliveryCounts(submitted=10)


def test_a_dead_run_s_call_is_repeated_whole_although_others_were_due(make_delivery: Make) -> None:
    delivery = make_delivery(30, batch_size=30)

    class Dies(BaseException):
        pass

    def die(message: Message) -> Submitted:
        raise Dies

    first = knowing(die)
    with pytest.raises(Dies):
        delivery.run(first)
    again = knowing(take)
    delivery.run(again)
    assert delivery.counts() == DeliveryCounts(submitted=30)
    assert again.calls[0].key == first.calls[0].key
    assert sorted(one for call in members(again) for one in call) == [address(number) for number in range(30)]


def test_what_another_transport_lost_is_not_repeated(make_delivery: Make) -> None:
    delivery = make_delivery(10)
    delivery.run(knowing(lose))
    other = ToldTransport(name="other")
    delivery.run(other)
    assert other.calls == []
    assert delivery.counts() == DeliveryCounts(unknown=10)


def test_who_may_have_his_mail_is_left_alone_by_the_one_that_takes_over(make_delivery: Make) -> None:
    delivery = make_delivery(20, batch_size=20)
    lost = iter([True])

    def lose_one(message: Message) -> Submitted:
        if next(lost, False):
            raise OutcomeUnknown("cut off")
        raise TransportBusy("429", retry_after=timedelta(hours=1))

    delivery.run(knowing(lose_one))
    assert delivery.counts() == DeliveryCounts(unknown=10, pending=10)
    other = ToldTransport(name="other")
    delivery.run(other, fresh_only=True, reoffer=Reoffer("told", known_since=delivery.now - DAY))
    assert delivery.counts() == DeliveryCounts(submitted=10, pending=10)


# --- Repeats within a run -------------------------------------------------------------------------


def test_a_lost_answer_is_asked_for_again_where_the_call_is_known(
    make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "LOST_WAITS", (0.0, 0.0))
    delivery, lost = make_delivery(10), iter([True, True])

    def lose_twice(message: Message) -> Submitted:
        if next(lost, False):
            raise OutcomeUnknown("cut off")
        return take(message)

    transport = knowing(lose_twice)
    delivery.run(transport)
    assert delivery.counts() == DeliveryCounts(submitted=10)
    assert len({call.key for call in transport.calls}) == 1
    assert len(transport.calls) == 3


def test_a_lost_answer_is_not_asked_for_where_the_call_is_not_known(
    make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "LOST_WAITS", (0.0, 0.0))
    delivery = make_delivery(10)
    transport = ToldTransport(lose, messages_per_call=10, repeats_are_cheap=False)
    delivery.run(transport)
    assert len(transport.calls) == 1
    assert delivery.counts() == DeliveryCounts(unknown=10)


def test_too_many_calls_wait_as_long_as_they_are_asked_to(make_delivery: Make) -> None:
    delivery, busy = make_delivery(10), iter([True])

    def be_busy(message: Message) -> Submitted:
        if next(busy, False):
            raise TransportBusy("429", retry_after=timedelta(seconds=0.3))
        return take(message)

    transport = knowing(be_busy)
    assert delivery.run(transport) is None
    assert delivery.counts() == DeliveryCounts(submitted=10)
    assert len({call.key for call in transport.calls}) == 1
    assert len(transport.calls) == 2


def test_a_wait_of_an_hour_is_left_to_a_later_run(make_delivery: Make) -> None:
    delivery = make_delivery(30)

    def refuse(message: Message) -> Submitted:
        raise TransportBusy("429 an hour", retry_after=timedelta(hours=1))

    stopped_by = delivery.run(ToldTransport(refuse, messages_per_call=10, calls_at_once=2))
    assert isinstance(stopped_by, TransportBusy)
    assert delivery.counts() == DeliveryCounts(pending=30)
    with delivery.store.read() as tx:
        assert tx.execute(sa.select(ledger.c.attempts).distinct()).scalars().all() == [0]


def test_whom_a_transport_that_is_down_put_off_are_those_of_its_calls_alone(make_delivery: Make) -> None:
    """Who waits because his destination asked for it took no part in them."""
    readers = ["a@slow.test", "b@other.test", "c@slow.test", "d@other.test", "e@slow.test", "f@other.test"]
    delivery = make_delivery(addresses=readers)

    def behave(message: Message) -> Submitted | TemporaryTransportError:
        if message.recipient == "a@slow.test":
            return TemporaryTransportError("451 too many to slow.test", too_fast=True)
        if message.recipient == "b@other.test":
            return Submitted("taken")
        raise TemporaryTransportError("503 down")

    transport = ToldTransport(behave, messages_per_call=2, calls_at_once=1)
    delivery.run(transport)
    assert members(transport) == [["a@slow.test", "b@other.test"], ["d@other.test"], ["f@other.test"]]
    assert delivery.outcome is not None
    assert delivery.outcome.down is not None
    with delivery.store.read() as tx:
        put_off = [find_subscriber(tx, f"{name}@other.test").id for name in "df"]
    assert list(delivery.outcome.put_off) == put_off
