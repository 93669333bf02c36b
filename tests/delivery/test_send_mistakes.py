"""What fails on our own side: a mail that cannot be composed, a commit that does not go through."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from newsletter.errors import AddressRefused, StoreError
from newsletter.model import DeliveryCounts, Message
from newsletter.store.offering import Offer
from tests.delivery.conftest import Delivery, ToldTransport, address

Make = Callable[..., Delivery]


def test_a_message_that_cannot_be_composed_stops_the_run_and_nobody_is_mailed(
    make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newsletter.errors import RenderError
    from tests.delivery.conftest import PlainComposer

    def fail(self: PlainComposer, offer: object) -> Message:
        raise RenderError("the template is wrong")

    delivery, transport = make_delivery(5), ToldTransport()
    with monkeypatch.context() as patch:
        patch.setattr(PlainComposer, "compose", fail)
        assert isinstance(delivery.run(transport), RenderError)
    assert transport.taken == []
    assert delivery.counts() == DeliveryCounts(pending=5)


def test_a_mail_that_cannot_be_composed_for_one_reader_fails_alone(
    make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.delivery.conftest import PlainComposer

    compose = PlainComposer.compose
    errors = {
        address(3): AddressRefused("no such address can be", code=553),
        address(7): ValueError("a mistake of ours"),
    }

    def fail(self: PlainComposer, offer: Offer) -> Message:
        if offer.subscriber.email in errors:
            raise errors[offer.subscriber.email]
        return compose(self, offer)

    delivery, transport = make_delivery(20), ToldTransport(messages_per_call=4)
    with monkeypatch.context() as patch:
        patch.setattr(PlainComposer, "compose", fail)
        assert delivery.run(transport) is None
    assert delivery.counts() == DeliveryCounts(submitted=18, failed=2)
    assert set(errors).isdisjoint(transport.taken)


def test_a_mistake_that_meets_everybody_stops_the_run(
    make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.delivery.conftest import PlainComposer

    def fail(self: PlainComposer, offer: Offer) -> Message:
        raise ValueError("a mistake of ours")

    delivery, transport = make_delivery(30), ToldTransport(calls_at_once=1)
    with monkeypatch.context() as patch:
        patch.setattr(PlainComposer, "compose", fail)
        error = delivery.run(transport)
    assert error is not None
    assert "a mistake of ours" in error.message
    assert delivery.counts() == DeliveryCounts(failed=2, pending=28)


def test_an_answer_whose_commit_failed_is_recorded_all_the_same_and_goes_once(
    make_delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newsletter.delivery import desk

    delivery, transport = make_delivery(20), ToldTransport()
    record, failures = desk.record, []

    def fail_once(tx: object, answers: list[object], **options: object) -> None:
        if len(transport.taken) >= 8 and not failures:
            failures.append(answers)
            raise StoreError("the store is busy")
        record(tx, answers, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(desk, "record", fail_once)
        with pytest.raises(StoreError):
            delivery.run(transport)
    assert failures
    assert delivery.counts().submitted == len(transport.taken)
    rest = ToldTransport()
    delivery.run(rest)
    assert sorted(transport.taken + rest.taken) == [address(number) for number in range(20)]
