"""The ledger of deliveries: records what came of each, counts, says what is open; `offering` fills it.

A delivery is marked offered before its call and recorded after it: what a dead process left offered
is `unknown`, never lost. The caller holds the lease of the batch (see `batches`) and renews it in the
same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.model import DeliveryCounts, DeliveryState
from newsletter.store import schema
from newsletter.store.batches import BatchState, Reoffer
from newsletter.store.engine import Transaction
from newsletter.store.offering import OF_DELIVERIES, Offer
from newsletter.store.statements import Statement, as_stored

_EDITION = schema.edition
_DELIVERY = schema.delivery


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an offer: its new state, and what is kept beside it."""

    offer: Offer
    state: DeliveryState
    answer: str = ""
    provider_id: str = ""
    retry_at: datetime | None = None
    attempted: bool = True  # False: it never reached the other side, and does not count


def may_offer(tx: Transaction, edition_id: int) -> bool:
    """False while the edition is paused, and once it is cancelled."""
    (stopped,) = _STOPPED.fetch(tx, edition_id)
    return stopped.paused_at is None and stopped.cancelled_at is None


def is_cancelled(tx: Transaction, edition_id: int) -> bool:
    (stopped,) = _STOPPED.fetch(tx, edition_id)
    return stopped.cancelled_at is not None


def record(tx: Transaction, answers: Sequence[Answer], *, now: datetime) -> None:
    """Writes the answers of offered deliveries; the caller holds their leases."""
    at = as_stored(now)
    rows = [
        (
            str(each.state),
            each.answer or None,
            each.provider_id or None,
            int(each.state is DeliveryState.UNKNOWN),
            each.retry_at and as_stored(each.retry_at),
            int(each.attempted),
            None if each.state in _UNSETTLED else at,
            each.offer.lease.edition_id,
            each.offer.subscriber.id,
        )
        for each in answers
    ]
    _RECORD.run(tx, rows)


def end_waits(tx: Transaction, edition_id: int, subscriber_ids: Sequence[int]) -> None:
    """Makes what waits for a later attempt due now: another transport has a try."""
    _END_WAIT.run(tx, [(edition_id, subscriber_id) for subscriber_id in subscriber_ids])


_SUBMITTED = (
    DeliveryState.SUBMITTED,
    DeliveryState.DELIVERED,
    DeliveryState.BOUNCED,
    DeliveryState.COMPLAINED,
)
_UNSETTLED = frozenset({DeliveryState.PENDING, DeliveryState.UNKNOWN})


def count_deliveries(tx: Transaction, edition_id: int) -> DeliveryCounts:
    """The ledger added up, those included whose rows are still to be written."""
    statement = (
        sa.select(_DELIVERY.c.state, sa.func.count())
        .where(_DELIVERY.c.edition_id == edition_id)
        .group_by(_DELIVERY.c.state)
    )
    counts = {DeliveryState(state): count for state, count in tx.execute(statement)}
    batch = schema.edition_batch
    unwritten = tx.execute(
        sa.select(sa.func.sum(batch.c.size)).where(
            batch.c.edition_id == edition_id, batch.c.state == BatchState.PLANNED
        )
    ).scalar()
    return DeliveryCounts(
        submitted=sum(counts.get(state, 0) for state in _SUBMITTED),
        failed=counts.get(DeliveryState.FAILED, 0),
        skipped=counts.get(DeliveryState.SKIPPED, 0),
        unknown=counts.get(DeliveryState.UNKNOWN, 0),
        pending=sum(counts.get(state, 0) for state in (DeliveryState.PENDING, DeliveryState.OFFERED))
        + (unwritten or 0),
    )


def count_by_transport(tx: Transaction, edition_id: int) -> dict[str, int]:
    """How many of the submitted each transport took."""
    statement = (
        sa.select(_DELIVERY.c.transport, sa.func.count())
        .where(_DELIVERY.c.edition_id == edition_id, _DELIVERY.c.state.in_(_SUBMITTED))
        .group_by(_DELIVERY.c.transport)
    )
    return {name: count for name, count in tx.execute(statement) if name is not None}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A delivery that did not go, and what the other side said."""

    email: str
    state: DeliveryState
    answer: str


def list_troubles(tx: Transaction, edition_id: int, *, most: int = 20) -> list[Trouble]:
    """The first deliveries that did not go."""
    states = (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.PENDING)
    address = sa.func.coalesce(schema.subscriber.c.email, "(erased)")
    statement = (
        sa.select(address, _DELIVERY.c.state, sa.func.coalesce(_DELIVERY.c.answer, ""))
        .join(schema.subscriber, schema.subscriber.c.id == _DELIVERY.c.subscriber_id, isouter=True)
        .where(_DELIVERY.c.edition_id == edition_id, _DELIVERY.c.state.in_(states))
        .order_by(_DELIVERY.c.state, _DELIVERY.c.subscriber_id)
        .limit(most)
    )
    return [
        Trouble(address, DeliveryState(state), answer) for address, state, answer in tx.execute(statement)
    ]


def list_open_editions(tx: Transaction, *, reoffer: Reoffer, now: datetime) -> list[int]:
    """The editions with something to do for a run, the latest first: deliveries due, or left behind by a
    process that died; neither paused nor cancelled ones."""
    batch = schema.edition_batch
    due = sa.or_(_DELIVERY.c.retry_at.is_(None), _DELIVERY.c.retry_at <= now)
    is_open = [
        sa.and_(_DELIVERY.c.state == DeliveryState.PENDING, due),
        _DELIVERY.c.state == DeliveryState.OFFERED,
        reoffer.applies(),
    ]
    work = sa.exists().where(
        _DELIVERY.c.edition_id == batch.c.edition_id,
        _DELIVERY.c.subscriber_id.between(batch.c.first_subscriber_id, batch.c.last_subscriber_id),
        sa.or_(*is_open),
    )
    has_work = sa.exists().where(
        batch.c.edition_id == _EDITION.c.id,
        batch.c.state != BatchState.DONE,
        sa.or_(batch.c.state == BatchState.PLANNED, work),
    )
    statement = sa.select(_EDITION.c.id).where(
        _EDITION.c.paused_at.is_(None), _EDITION.c.cancelled_at.is_(None), has_work
    )
    return list(tx.execute(statement.order_by(_EDITION.c.period_end.desc())).scalars())


# --- Statements, made once: they run for every delivery -------------------------------------------

_IS_KNOWN = sa.exists().where(schema.subscriber.c.id == _DELIVERY.c.subscriber_id)
_RECORD = Statement(
    sa.update(_DELIVERY)
    .where(OF_DELIVERIES, _DELIVERY.c.state == DeliveryState.OFFERED)
    .values(
        state=sa.bindparam("new_state"),
        # Servers quote the address: of who was erased meanwhile nothing is kept.
        answer=sa.case((_IS_KNOWN, sa.bindparam("said", type_=sa.Text)), else_=None),
        provider_id=sa.bindparam("id_there"),
        # Only a call whose answer was lost may be repeated as it was.
        call=sa.case((sa.bindparam("unclear") == 1, _DELIVERY.c.call), else_=None),
        retry_at=sa.bindparam("again_at"),
        attempts=_DELIVERY.c.attempts + sa.bindparam("tried"),
        unknowns=_DELIVERY.c.unknowns + sa.bindparam("unclear"),
        settled_at=sa.bindparam("at"),
    ),
    *("new_state", "said", "id_there", "unclear", "again_at", "tried", "at", "edition", "subscribers"),
)
_END_WAIT = Statement(
    sa.update(_DELIVERY)
    .where(OF_DELIVERIES, _DELIVERY.c.state == DeliveryState.PENDING)
    .values(retry_at=None),
    *("edition", "subscribers"),
)
_STOPPED = Statement(
    sa.select(_EDITION.c.paused_at, _EDITION.c.cancelled_at).where(_EDITION.c.id == sa.bindparam("edition")),
    "edition",
)
