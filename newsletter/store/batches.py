"""Batches of an edition's deliveries: claimed for a time, fenced, closed, taken over after a death.

A batch is claimed for a time (a lease) under a number that grows (its epoch); every later write of
the batch renews the lease under that epoch first, so a process that was taken for dead can no longer
write. On SQLite the holder of the run lock takes over at once; see `recover_deliveries`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.model import DeliveryState
from newsletter.store import schema
from newsletter.store.engine import Transaction
from newsletter.store.statements import Statement

_BATCH = schema.edition_batch
_DELIVERY = schema.delivery

LEASE = timedelta(minutes=15)
"""Longer than one call may take (RFC 5321 §4.5.3.2.6: 10 minutes); every exchange renews it."""

BATCHES_A_TRANSACTION = 10
"""So many are written at once, so that no transaction is long."""

REOFFERS_AT_MOST = 3
"""So often a delivery of unknown outcome is offered again; then a person decides."""


class BatchState(StrEnum):
    PLANNED = "planned"
    """Its rows are not in the ledger yet."""
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to a batch until somebody claims it under a higher epoch."""

    edition_id: int
    number: int
    epoch: int
    first_subscriber_id: int
    last_subscriber_id: int


def recover_deliveries(tx: Transaction, edition_id: int, *, resend_unknown: bool) -> None:
    """Takes over what a dead process left; only the holder of the run lock may call it."""
    of_edition = _DELIVERY.c.edition_id == edition_id
    tx.execute(sa.update(_BATCH).where(_BATCH.c.edition_id == edition_id).values(lease_until=None))
    tx.execute(
        sa.update(_DELIVERY)
        .where(of_edition, _DELIVERY.c.state == DeliveryState.OFFERED)
        .values(state=DeliveryState.UNKNOWN, unknowns=_DELIVERY.c.unknowns + 1)
    )
    if resend_unknown:
        tx.execute(
            sa.update(_DELIVERY).where(of_edition, is_reofferable()).values(state=DeliveryState.PENDING)
        )
    _open_batches_with_work(tx, edition_id)


def reopen_deliveries(
    tx: Transaction, edition_id: int, states: Iterable[DeliveryState], *, transport: str | None = None
) -> int:
    """Makes deliveries in these states (those of one transport) pending again, by a person's word;
    returns how many."""
    which = [_DELIVERY.c.edition_id == edition_id, _DELIVERY.c.state.in_(list(states))]
    if transport is not None:
        which.append(_DELIVERY.c.transport == transport)
    result = tx.execute(
        sa.update(_DELIVERY)
        .where(*which)
        .values(state=DeliveryState.PENDING, attempts=0, unknowns=0, retry_at=None, settled_at=None)
    )
    _open_batches_with_work(tx, edition_id)
    return result.rowcount


def claim_batch(
    tx: Transaction, edition_id: int, *, owner: str, now: datetime, after: int = -1
) -> Lease | None:
    """The next open batch behind number `after` that nobody holds; None where there is none."""
    free = (
        sa.select(_BATCH.c.number)
        .where(
            _BATCH.c.edition_id == edition_id,
            _BATCH.c.state == BatchState.OPEN,
            _BATCH.c.number > after,
            sa.or_(_BATCH.c.lease_until.is_(None), _BATCH.c.lease_until < now),
        )
        .order_by(_BATCH.c.number)
        .limit(1)
        .scalar_subquery()
    )
    row = tx.execute(
        sa.update(_BATCH)
        .where(_BATCH.c.edition_id == edition_id, _BATCH.c.number == free)
        .values(epoch=_BATCH.c.epoch + 1, owner=owner, lease_until=now + LEASE)
        .returning(_BATCH.c.number, _BATCH.c.epoch, _BATCH.c.first_subscriber_id, _BATCH.c.last_subscriber_id)
    ).first()
    return Lease(edition_id, *row) if row else None


def renew_lease(tx: Transaction, lease: Lease, *, now: datetime) -> None:
    """Raises StoreError where the batch was claimed by somebody else since."""
    facts = {"edition": lease.edition_id, "batch": lease.number, "claimed": lease.epoch, "until": now + LEASE}
    if not _RENEW.fetch(tx, facts):
        raise StoreError("another process took this batch over", fix="nothing: that process goes on with it")


def close_batches(tx: Transaction, edition_id: int, *, owner: str) -> None:
    """Marks done the batches with nothing left to offer, and gives back the leases of `owner`."""
    tx.execute(
        sa.update(_BATCH)
        .where(_BATCH.c.edition_id == edition_id, _BATCH.c.state == BatchState.OPEN, ~_has_work())
        .values(state=BatchState.DONE)
    )
    tx.execute(sa.update(_BATCH).where(_BATCH.c.owner == owner).values(owner=None, lease_until=None))


_RENEW = Statement(
    sa.update(_BATCH)
    .where(
        _BATCH.c.edition_id == sa.bindparam("edition"),
        _BATCH.c.number == sa.bindparam("batch"),
        _BATCH.c.epoch == sa.bindparam("claimed"),
    )
    .values(lease_until=sa.bindparam("until"))
    .returning(_BATCH.c.number)
)


def _has_work() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        _DELIVERY.c.edition_id == _BATCH.c.edition_id,
        _DELIVERY.c.subscriber_id.between(_BATCH.c.first_subscriber_id, _BATCH.c.last_subscriber_id),
        sa.or_(_DELIVERY.c.state.in_((DeliveryState.PENDING, DeliveryState.OFFERED)), is_reofferable()),
    )


def is_reofferable(
    states: Sequence[DeliveryState] = (DeliveryState.UNKNOWN,),
) -> sa.ColumnElement[bool]:
    """Whose outcome is unknown, and who is offered it again without a person's word."""
    return sa.and_(_DELIVERY.c.state.in_(states), _DELIVERY.c.unknowns <= REOFFERS_AT_MOST)


def _open_batches_with_work(tx: Transaction, edition_id: int) -> None:
    tx.execute(
        sa.update(_BATCH)
        .where(_BATCH.c.edition_id == edition_id, _BATCH.c.state == BatchState.DONE, _has_work())
        .values(state=BatchState.OPEN)
    )
