"""Who gets an edition: frozen once, then written into the ledger batch by batch.

Planning is one transaction: it marks the edition and cuts the subscribers into batches, ranges of ids.
The rows of the batches enter the ledger after it (`expand_batches`), ten batches a transaction, so that none
is long. The ranges are the cut-off: ids only grow, so whoever comes later lies behind the last one and waits
for the next edition. No clock has a say: it may be set back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.model import DeliveryState, EditionKind, SkipReason, Subscriber, SubscriberStatus
from newsletter.store import schema
from newsletter.store.batches import BATCHES_A_TRANSACTION, BatchState, Reoffer, reopen_deliveries
from newsletter.store.engine import BREATH, Store, Transaction
from newsletter.store.subscribers import iterate_pages, normal_email

_EDITION = schema.edition
_BATCH = schema.edition_batch
_DELIVERY = schema.delivery
_SUBSCRIBER = schema.subscriber

BATCH_SIZE = 1_000


def plan_edition(tx: Transaction, edition_id: int, *, now: datetime, batch_size: int = BATCH_SIZE) -> bool:
    """Freezes who gets the edition; False where it was planned before, or nobody would get it.

    A daily edition without readers stays unplanned, so that those who come later today still get it. A week
    is over: its readers are those of this moment.
    """
    edition = tx.execute(sa.select(_EDITION).where(_EDITION.c.id == edition_id)).one()
    if edition.planned_at is not None:
        return False
    rows = [
        {
            "edition_id": edition_id,
            "number": number,
            "first_subscriber_id": first,
            "last_subscriber_id": last,
            "state": BatchState.PLANNED,
            "size": size,
        }
        for number, (first, last, size) in enumerate(_cut(tx, EditionKind(edition.kind), batch_size))
    ]
    if not rows and edition.kind == EditionKind.DAILY:
        return False
    tx.execute(sa.update(_EDITION).where(_EDITION.c.id == edition_id).values(planned_at=now))
    if rows:
        tx.execute(sa.insert(_BATCH), rows)
    return True


def expand_batches(store: Store, edition_id: int) -> None:
    """Writes the rows of planned batches into the ledger; taken up again where it was broken off."""
    while True:
        with store.write() as tx:
            planned = tx.execute(
                sa.select(_BATCH)
                .where(_BATCH.c.edition_id == edition_id, _BATCH.c.state == BatchState.PLANNED)
                .order_by(_BATCH.c.number)
                .limit(BATCHES_A_TRANSACTION)
            ).all()
            kind = tx.execute(sa.select(_EDITION.c.kind).where(_EDITION.c.id == edition_id)).scalar_one()
            if planned:
                _expand(tx, edition_id, EditionKind(kind), planned)
        if len(planned) < BATCHES_A_TRANSACTION:
            return
        time.sleep(BREATH)


def reopen_for_transport(tx: Transaction, edition_id: int, transport: str) -> bool:
    """Opens what only went to files again, once real mail is configured: they get a mail.

    Where nothing of the edition went out otherwise, it is planned anew, for today's subscribers.
    """
    if went_to_files_alone(tx, edition_id, transport):
        tx.execute(sa.delete(_DELIVERY).where(_DELIVERY.c.edition_id == edition_id))
        tx.execute(sa.delete(_BATCH).where(_BATCH.c.edition_id == edition_id))
        tx.execute(sa.update(_EDITION).where(_EDITION.c.id == edition_id).values(planned_at=None))
        return True
    return (
        transport != "file" and reopen_deliveries(tx, edition_id, list(DeliveryState), transport="file") > 0
    )


def went_to_files_alone(tx: Transaction, edition_id: int, transport: str) -> bool:
    """Whether the edition was written into files, and by `transport` it would be mailed."""
    kinds = sa.select(_DELIVERY.c.transport).where(_DELIVERY.c.edition_id == edition_id).distinct()
    return transport != "file" and set(tx.execute(kinds).scalars()) - {None} == {"file"}


def iterate_eligible(tx: Transaction, kind: EditionKind) -> Iterator[Subscriber]:
    """The subscribers that planning would take now, in the order of the ledger."""
    return iterate_pages(tx, _eligible(kind).with_only_columns(*_SUBSCRIBER.c))


def iterate_ineligible(tx: Transaction, kind: EditionKind) -> Iterator[tuple[Subscriber, str]]:
    """Whom planning would leave out now, and why: `unconfirmed`, `unsubscribed`, `suppressed`, or the kind of
    edition he wants instead."""
    suppressed = {row.normal_email for row in tx.execute(sa.select(schema.suppression.c.normal_email))}
    eligible = _eligible(kind).correlate(None)
    for subscriber in iterate_pages(tx, sa.select(*_SUBSCRIBER.c).where(_SUBSCRIBER.c.id.not_in(eligible))):
        if subscriber.status is not SubscriberStatus.CONFIRMED:
            yield subscriber, subscriber.status.value
        elif normal_email(subscriber.email) in suppressed:
            yield subscriber, SkipReason.SUPPRESSED.value
        else:
            yield subscriber, subscriber.preferences.frequency.value


def iterate_open(
    tx: Transaction, edition_id: int, *, transport: str, reoffer: Reoffer
) -> Iterator[Subscriber]:
    """The subscribers to whom a send by `transport` would offer a planned edition, now or later."""
    lost = reoffer.applies((DeliveryState.OFFERED, DeliveryState.UNKNOWN))
    states = [_DELIVERY.c.state == DeliveryState.PENDING, lost]
    if transport != "file":
        states.append(_DELIVERY.c.transport == "file")
    statement = (
        sa.select(*_SUBSCRIBER.c)
        .join(_DELIVERY, _DELIVERY.c.subscriber_id == _SUBSCRIBER.c.id)
        .where(_DELIVERY.c.edition_id == edition_id, sa.or_(*states))
    )
    return iterate_pages(tx, statement)


def _eligible(kind: EditionKind) -> sa.Select[Any]:
    """Who would get an edition now. Times are not compared: whoever was confirmed before the clock was set
    back is no less confirmed."""
    suppressed = sa.exists().where(schema.suppression.c.normal_email == _SUBSCRIBER.c.normal_email)
    return sa.select(_SUBSCRIBER.c.id).where(
        _SUBSCRIBER.c.status == SubscriberStatus.CONFIRMED, _SUBSCRIBER.c.frequency == kind, ~suppressed
    )


def _cut(tx: Transaction, kind: EditionKind, size: int) -> Iterator[tuple[int, int, int]]:
    """The eligible ids in ranges of `size`: each (first, last, how many)."""
    behind = _SUBSCRIBER.c.id > sa.bindparam("after")
    part = _eligible(kind).where(behind).order_by(_SUBSCRIBER.c.id).limit(size).subquery()
    statement = sa.select(sa.func.min(part.c.id), sa.func.max(part.c.id), sa.func.count())
    last = 0
    while True:
        first, last, count = tx.execute(statement, {"after": last}).one()
        if not count:
            return
        yield first, last, count


def _expand(tx: Transaction, edition_id: int, kind: EditionKind, batches: Sequence[Any]) -> None:
    eligible = (
        _eligible(kind)
        .where(_SUBSCRIBER.c.id.between(sa.bindparam("first"), sa.bindparam("last")))
        .with_only_columns(sa.literal(edition_id), _SUBSCRIBER.c.id, sa.literal(DeliveryState.PENDING.value))
    )
    columns = ["edition_id", "subscriber_id", "state"]
    tx.execute(
        insert(_DELIVERY).from_select(columns, eligible).on_conflict_do_nothing(),
        [{"first": batch.first_subscriber_id, "last": batch.last_subscriber_id} for batch in batches],
    )
    numbers = [batch.number for batch in batches]
    tx.execute(
        sa.update(_BATCH)
        .where(_BATCH.c.edition_id == edition_id, _BATCH.c.number.in_(numbers))
        .values(state=BatchState.OPEN)
    )
