"""An erased person stands nowhere any more: not in what servers answered, not in a queue."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from newsletter.model import DeliveryState, SuppressionReason
from newsletter.store import Store, schema
from newsletter.store.batches import Lease
from newsletter.store.erasure import erase_subscriber
from newsletter.store.ledger import Answer, record
from newsletter.store.offering import Offer
from newsletter.store.saving import SubscriberRow, save_subscribers
from newsletter.store.subscribers import find_subscriber
from newsletter.store.suppressions import find_suppression, suppress
from tests.builders import DAY, NOON

ADDRESS = "Ann@B\u00fccher.test"
ELSE = "bob@readers.test"


@pytest.fixture
def erased(store: Store) -> Store:
    """Two people whom servers, providers and notices named; the first is erased."""
    with store.write() as tx:
        save_subscribers(tx, [SubscriberRow(ADDRESS, name="Ann"), SubscriberRow(ELSE)], now=NOON)
        suppress(tx, ADDRESS, SuppressionReason.COMPLAINT, now=NOON)
        for each in (ADDRESS, ELSE):
            _name_everywhere(tx, find_subscriber(tx, each).id, each)
        erase_subscriber(tx, ADDRESS)
    return store


def _name_everywhere(tx: sa.Connection, subscriber_id: int, address: str) -> None:
    edition = {"kind": "daily", "period_end": DAY, "revision": 1, "published_at": NOON, "updated_at": NOON}
    if subscriber_id == 1:
        tx.execute(sa.insert(schema.edition).values(id=1, **edition))
    answer = f"550 5.1.1 <{address}>: no such user; {address.upper()} xn--bcher-kva"
    tx.execute(
        sa.insert(schema.delivery).values(
            edition_id=1, subscriber_id=subscriber_id, state=DeliveryState.FAILED, answer=answer
        )
    )
    normal = address.lower().replace("b\u00fccher", "xn--bcher-kva")
    tx.execute(
        sa.insert(schema.delivery_event).values(
            kind="bounced", normal_email=normal, detail=f"to {normal}", happened_at=NOON, recorded_at=NOON
        )
    )
    tx.execute(
        sa.insert(schema.notice).values(kind="welcome", email=address, state="pending", created_at=NOON)
    )


def dump(store: Store) -> str:
    """Everything in the store but its suppressions, in lower case."""
    with store.read() as tx:
        tables = [table for table in schema.metadata.sorted_tables if table is not schema.suppression]
        rows = [list(map(str, row)) for table in tables for row in tx.execute(sa.select(table))]
    return json.dumps(rows, ensure_ascii=False).lower()


def test_the_address_stands_nowhere_but_in_its_suppression(erased: Store) -> None:
    found = dump(erased)
    assert "ann@" not in found
    assert "550 5.1.1 <(erased)>: no such user; (erased)" in found
    assert "to (erased)" in found
    with erased.read() as tx:
        assert find_suppression(tx, ADDRESS) is SuppressionReason.COMPLAINT


def test_the_file_itself_has_no_byte_of_the_name_and_the_address(erased: Store) -> None:
    erased.close()
    for path in erased.path.parent.iterdir():
        data = path.read_bytes()
        assert b"Ann@" not in data
        assert b"ANN@" not in data
        assert data.count(b"ann@") == 2, "its suppression, and the index of it"


def test_what_others_are_named_by_stands(erased: Store) -> None:
    assert dump(erased).count(ELSE) == 7


def test_nothing_is_queued_for_who_is_erased(erased: Store) -> None:
    with erased.read() as tx:
        assert tx.execute(sa.select(schema.notice.c.email)).scalars().all() == [ELSE]


def test_an_answer_that_comes_after_the_erasure_is_not_kept(store: Store) -> None:
    with store.write() as tx:
        save_subscribers(tx, [SubscriberRow(ADDRESS)], now=NOON)
        subscriber = find_subscriber(tx, ADDRESS)
        edition = {
            "kind": "daily",
            "period_end": DAY,
            "revision": 1,
            "published_at": NOON,
            "updated_at": NOON,
        }
        tx.execute(sa.insert(schema.edition).values(id=1, **edition))
        offered = {"edition_id": 1, "subscriber_id": subscriber.id, "state": DeliveryState.OFFERED}
        tx.execute(sa.insert(schema.delivery).values(offered))
        offer = Offer(Lease(1, 0, 1, 1, 1), subscriber, revision=1, rendition=" |", attempts=0)
        erase_subscriber(tx, ADDRESS)
        record(tx, [Answer(offer, DeliveryState.FAILED, f"550 <{ADDRESS}>: no such user")], now=NOON)
        assert tx.execute(sa.select(schema.delivery.c.state, schema.delivery.c.answer)).all() == [
            (DeliveryState.FAILED, None)
        ]
