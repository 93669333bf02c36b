"""The ledger of deliveries: offers them, records what came of each, counts.

A delivery is marked offered before its call and recorded after it: what a dead process left offered
is `unknown`, never lost. The caller holds the lease of the batch (see `batches`) and renews it in the
same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.model import DeliveryCounts, DeliveryState, SkipReason, Subscriber, SubscriberStatus
from newsletter.store import schema
from newsletter.store.batches import UNKNOWN_AT_MOST, Lease
from newsletter.store.engine import Transaction
from newsletter.store.subscribers import read_subscriber

_EDITION = schema.edition
_DELIVERY = schema.delivery

_LOOK_AHEAD = 32  # candidates read at once: most are offered, and a run of skips takes few queries

Decide = Callable[[Subscriber], str | None]
"""The key of the reader's choice, or None where no paper matches."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A delivery marked offered: whom to, and what was decided at its first offer."""

    lease: Lease
    subscriber: Subscriber
    revision: int
    choice: str
    attempts: int


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
    row = tx.execute(
        sa.select(_EDITION.c.paused_at, _EDITION.c.cancelled_at).where(_EDITION.c.id == edition_id)
    ).one()
    return row.paused_at is None and row.cancelled_at is None


def record(tx: Transaction, answers: Sequence[Answer], *, now: datetime) -> None:
    """Writes the answers of offered deliveries; the caller holds their leases."""
    for each in answers:
        final = each.state not in (DeliveryState.PENDING, DeliveryState.UNKNOWN)
        tx.execute(
            _RECORD,
            {
                "edition": each.offer.lease.edition_id,
                "subscriber": each.offer.subscriber.id,
                "new_state": each.state,
                "said": each.answer or None,
                "id_there": each.provider_id or None,
                "again_at": each.retry_at,
                "tried": int(each.attempted),
                "unclear": int(each.state is DeliveryState.UNKNOWN),
                "at": now if final else None,
            },
        )


def offer_next(
    tx: Transaction,
    lease: Lease,
    *,
    after: int,
    want: int,
    revision: int,
    transport: str,
    decide: Decide,
    now: datetime,
) -> tuple[list[Offer], int]:
    """Marks up to `want` deliveries of the batch offered, behind subscriber `after`.

    Whoever unsubscribed or was suppressed since planning, and whoever chose nothing that is in this
    edition, is skipped here. Returns the offers and the last subscriber looked at; fewer offers than
    wanted mean that the batch has no more.
    """
    offers: list[Offer] = []
    while len(offers) < want:
        window = {"edition": lease.edition_id, "after": after, "to": lease.last_subscriber_id}
        rows = tx.execute(_CANDIDATES, window | {"now": now, "most": _LOOK_AHEAD}).all()
        for row in rows:
            after = row.subscriber_id
            reason, choice = _judge(row, decide)
            if reason is not None:
                who = {"edition": lease.edition_id, "subscriber": after}
                tx.execute(_SKIP, who | {"why": reason, "at": now})
                continue
            offer = Offer(lease, read_subscriber(row), row.revision or revision, choice, row.attempts)
            tx.execute(_OFFER, _offer_values(offer, transport, now))
            offers.append(offer)
            if len(offers) == want:
                break
        if not rows:
            break
    return offers, after


def count_deliveries(tx: Transaction, edition_id: int) -> DeliveryCounts:
    """The ledger added up, those included whose rows are still to be written."""
    statement = (
        sa.select(_DELIVERY.c.state, sa.func.count())
        .where(_DELIVERY.c.edition_id == edition_id)
        .group_by(_DELIVERY.c.state)
    )
    counts = {DeliveryState(state): count for state, count in tx.execute(statement)}
    submitted = (
        DeliveryState.SUBMITTED,
        DeliveryState.DELIVERED,
        DeliveryState.BOUNCED,
        DeliveryState.COMPLAINED,
    )
    return DeliveryCounts(
        submitted=sum(counts.get(state, 0) for state in submitted),
        failed=counts.get(DeliveryState.FAILED, 0),
        skipped=counts.get(DeliveryState.SKIPPED, 0),
        unknown=counts.get(DeliveryState.UNKNOWN, 0),
        pending=counts.get(DeliveryState.PENDING, 0) + counts.get(DeliveryState.OFFERED, 0),
    )


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


def has_open_work(tx: Transaction, edition_id: int, *, resend_unknown: bool, now: datetime) -> bool:
    """Whether a run would have something to do: deliveries due, or left behind by a process that died."""
    of_edition = _DELIVERY.c.edition_id == edition_id
    due = sa.or_(_DELIVERY.c.retry_at.is_(None), _DELIVERY.c.retry_at <= now)
    open_states = [
        sa.and_(_DELIVERY.c.state == DeliveryState.PENDING, due),
        _DELIVERY.c.state == DeliveryState.OFFERED,
    ]
    if resend_unknown:
        again = _DELIVERY.c.unknowns < UNKNOWN_AT_MOST
        open_states.append(sa.and_(_DELIVERY.c.state == DeliveryState.UNKNOWN, again))
    batch = schema.edition_batch
    half_planned = sa.exists().where(batch.c.edition_id == edition_id, batch.c.state == "planned")
    waiting = sa.exists().where(of_edition, sa.or_(*open_states))
    return bool(tx.execute(sa.select(sa.or_(half_planned, waiting))).scalar())


# --- Statements, made once: they run for every delivery -------------------------------------------

_OF_DELIVERY = sa.and_(
    _DELIVERY.c.edition_id == sa.bindparam("edition"),
    _DELIVERY.c.subscriber_id == sa.bindparam("subscriber"),
)
_RECORD = (
    sa.update(_DELIVERY)
    .where(_OF_DELIVERY, _DELIVERY.c.state == DeliveryState.OFFERED)
    .values(
        state=sa.bindparam("new_state"),
        answer=sa.bindparam("said"),
        provider_id=sa.bindparam("id_there"),
        retry_at=sa.bindparam("again_at"),
        attempts=_DELIVERY.c.attempts + sa.bindparam("tried"),
        unknowns=_DELIVERY.c.unknowns + sa.bindparam("unclear"),
        settled_at=sa.bindparam("at"),
    )
)
_SKIP = (
    sa.update(_DELIVERY)
    .where(_OF_DELIVERY)
    .values(state=DeliveryState.SKIPPED, skip_reason=sa.bindparam("why"), settled_at=sa.bindparam("at"))
)
_OFFER = (
    sa.update(_DELIVERY)
    .where(_OF_DELIVERY)
    .values(
        state=DeliveryState.OFFERED,
        transport=sa.bindparam("by"),
        revision=sa.bindparam("with_revision"),
        choice=sa.bindparam("with_choice"),
        call=sa.bindparam("in_call"),
        offered_at=sa.bindparam("at"),
    )
)
_CANDIDATES = (
    sa.select(
        _DELIVERY.c.subscriber_id,
        _DELIVERY.c.revision,
        _DELIVERY.c.choice,
        _DELIVERY.c.attempts,
        schema.suppression.c.reason.label("suppressed"),
        schema.subscriber,
    )
    .join(schema.subscriber, schema.subscriber.c.id == _DELIVERY.c.subscriber_id, isouter=True)
    .join(
        schema.suppression,
        schema.suppression.c.normal_email == schema.subscriber.c.normal_email,
        isouter=True,
    )
    .where(
        _DELIVERY.c.edition_id == sa.bindparam("edition"),
        _DELIVERY.c.subscriber_id > sa.bindparam("after"),
        _DELIVERY.c.subscriber_id <= sa.bindparam("to"),
        _DELIVERY.c.state == DeliveryState.PENDING,
        sa.or_(
            _DELIVERY.c.retry_at.is_(None), _DELIVERY.c.retry_at <= sa.bindparam("now", type_=schema.Instant)
        ),
    )
    .order_by(_DELIVERY.c.subscriber_id)
    .limit(sa.bindparam("most"))
)


def _judge(row: Any, decide: Decide) -> tuple[SkipReason | None, str]:
    if row.status is None or row.status != SubscriberStatus.CONFIRMED:
        return SkipReason.UNSUBSCRIBED, ""
    if row.suppressed is not None:
        return SkipReason.SUPPRESSED, ""
    # What was chosen at the first offer stands: the same delivery has the same bytes.
    choice = row.choice if row.choice is not None else decide(read_subscriber(row))
    return (SkipReason.NO_MATCH, "") if choice is None else (None, choice)


def _offer_values(offer: Offer, transport: str, now: datetime) -> dict[str, Any]:
    lease = offer.lease
    return {
        "edition": lease.edition_id,
        "subscriber": offer.subscriber.id,
        "by": transport,
        "with_revision": offer.revision,
        "with_choice": offer.choice,
        "in_call": f"{lease.number}.{lease.epoch}.{offer.subscriber.id}",
        "at": now,
    }
