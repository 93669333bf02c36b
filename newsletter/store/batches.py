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
from newsletter.store.statements import Statement, as_stored

_BATCH = schema.edition_batch
_DELIVERY = schema.delivery

LEASE = timedelta(minutes=15)
"""Longer than one answer may take (RFC 5321 §4.5.3.2.6: 10 minutes); calls in flight have it renewed."""

BATCHES_A_TRANSACTION = 10
"""So many are written at once, so that no transaction is long."""

REOFFERS_AT_MOST = 3
"""So often a delivery of unknown outcome is offered again; then a person decides."""


class BatchState(StrEnum):
    PLANNED = "planned"
    """Its rows are not in the ledger yet."""
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True, eq=False)
class Lease:
    """The right to a batch until somebody claims it under a higher epoch; each claim is one of its own."""

    edition_id: int
    number: int
    epoch: int
    first_subscriber_id: int
    last_subscriber_id: int


@dataclass(frozen=True, slots=True)
class Reoffer:
    """Which deliveries of unknown outcome a run of `transport` offers again without a person's word, three
    times at most: `everything`, those of the transport because a copy is cheap (`own`), or those whose call
    it knows by its key (`known_since`)."""

    transport: str = ""
    everything: bool = False
    own: bool = False
    known_since: datetime | None = None

    def applies(self, states: Sequence[DeliveryState] = (DeliveryState.UNKNOWN,)) -> sa.ColumnElement[bool]:
        """To which rows of the ledger in these states."""
        which = [self.knows()]
        if self.everything:
            which.append(sa.true())
        if self.own:
            which.append(_DELIVERY.c.transport == self.transport)
        return sa.and_(_is_reofferable(states), sa.or_(*which))

    def knows(self) -> sa.ColumnElement[bool]:
        """Whose call may be repeated as it was: a repeat hands nothing over twice."""
        if self.known_since is None:
            return sa.false()
        return sa.and_(
            _DELIVERY.c.call.is_not(None),
            _DELIVERY.c.transport == self.transport,
            _DELIVERY.c.offered_at >= self.known_since,
        )


def recover_deliveries(tx: Transaction, edition_id: int, reoffer: Reoffer) -> None:
    """Takes over what a dead process left; only the holder of the run lock may call it."""
    of_edition = _DELIVERY.c.edition_id == edition_id
    tx.execute(sa.update(_BATCH).where(_BATCH.c.edition_id == edition_id).values(lease_until=None))
    tx.execute(
        sa.update(_DELIVERY)
        .where(of_edition, _DELIVERY.c.state == DeliveryState.OFFERED)
        .values(state=DeliveryState.UNKNOWN, unknowns=_DELIVERY.c.unknowns + 1)
    )
    # Who waits for a repeat of his call is judged anew: meanwhile it may have been forgotten there.
    tx.execute(
        sa.update(_DELIVERY)
        .where(of_edition, _DELIVERY.c.state == DeliveryState.PENDING, _DELIVERY.c.call.is_not(None))
        .values(state=DeliveryState.UNKNOWN)
    )
    kept_call = sa.case((reoffer.knows(), _DELIVERY.c.call), else_=None)
    tx.execute(
        sa.update(_DELIVERY)
        .where(of_edition, reoffer.applies())
        .values(state=DeliveryState.PENDING, call=kept_call)
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
        .values(
            state=DeliveryState.PENDING, attempts=0, unknowns=0, call=None, retry_at=None, settled_at=None
        )
    )
    _open_batches_with_work(tx, edition_id)
    return result.rowcount


def has_open_batch(tx: Transaction, edition_id: int) -> bool:
    """Whether a run would find a batch to claim, now or once its lease is over."""
    undone = _BATCH.c.edition_id == edition_id, _BATCH.c.state != BatchState.DONE
    return tx.execute(sa.select(_BATCH.c.number).where(*undone).limit(1)).first() is not None


def claim_batch(
    tx: Transaction, edition_id: int, *, owner: str, now: datetime, after: int = -1
) -> Lease | None:
    """The next open batch behind number `after` that nobody holds; None where there is none."""
    claimed = _CLAIM.fetch(tx, owner, as_stored(now + LEASE), as_stored(now), after, edition_id)
    return Lease(edition_id, *claimed[0]) if claimed else None


def renew_lease(tx: Transaction, lease: Lease, *, now: datetime) -> None:
    """Raises StoreError where the batch was claimed by somebody else since."""
    if not _RENEW.fetch(tx, as_stored(now + LEASE), lease.edition_id, lease.number, lease.epoch):
        raise StoreError("another process took this batch over", fix="nothing: that process goes on with it")


def close_batches(tx: Transaction, edition_id: int, *, owner: str) -> None:
    """Marks done the batches with nothing left to offer, and gives back the leases of `owner`."""
    tx.execute(
        sa.update(_BATCH)
        .where(_BATCH.c.edition_id == edition_id, _BATCH.c.state == BatchState.OPEN, ~_has_work())
        .values(state=BatchState.DONE)
    )
    tx.execute(sa.update(_BATCH).where(_BATCH.c.owner == owner).values(owner=None, lease_until=None))


_FREE = (
    sa.select(_BATCH.c.number)
    .where(
        _BATCH.c.edition_id == sa.bindparam("edition"),
        _BATCH.c.state == BatchState.OPEN.value,
        _BATCH.c.number > sa.bindparam("after"),
        sa.or_(_BATCH.c.lease_until.is_(None), _BATCH.c.lease_until < sa.bindparam("at")),
    )
    .order_by(_BATCH.c.number)
    .limit(1)
    .scalar_subquery()
)
_CLAIM = Statement(
    sa.update(_BATCH)
    .where(_BATCH.c.edition_id == sa.bindparam("edition"), _BATCH.c.number == _FREE)
    .values(epoch=_BATCH.c.epoch + 1, owner=sa.bindparam("claimant"), lease_until=sa.bindparam("until"))
    .returning(_BATCH.c.number, _BATCH.c.epoch, _BATCH.c.first_subscriber_id, _BATCH.c.last_subscriber_id),
    *("claimant", "until", "at", "after", "edition"),
)
_RENEW = Statement(
    sa.update(_BATCH)
    .where(
        _BATCH.c.edition_id == sa.bindparam("edition"),
        _BATCH.c.number == sa.bindparam("batch"),
        _BATCH.c.epoch == sa.bindparam("claimed"),
    )
    .values(lease_until=sa.bindparam("until"))
    .returning(_BATCH.c.number),
    "until",
    "edition",
    "batch",
    "claimed",
)


def _has_work() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        _DELIVERY.c.edition_id == _BATCH.c.edition_id,
        _DELIVERY.c.subscriber_id.between(_BATCH.c.first_subscriber_id, _BATCH.c.last_subscriber_id),
        sa.or_(_DELIVERY.c.state.in_((DeliveryState.PENDING, DeliveryState.OFFERED)), _is_reofferable()),
    )


def _is_reofferable(
    states: Sequence[DeliveryState] = (DeliveryState.UNKNOWN,),
) -> sa.ColumnElement[bool]:
    return sa.and_(_DELIVERY.c.state.in_(states), _DELIVERY.c.unknowns <= REOFFERS_AT_MOST)


def _open_batches_with_work(tx: Transaction, edition_id: int) -> None:
    tx.execute(
        sa.update(_BATCH)
        .where(_BATCH.c.edition_id == edition_id, _BATCH.c.state == BatchState.DONE, _has_work())
        .values(state=BatchState.OPEN)
    )
