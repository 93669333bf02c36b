"""Marks deliveries offered: one by one in the order of the ledger, or whole calls.

A call is planned within its batch: who shares a body goes together, and a call whose answer was lost is
offered again with the same members. What goes one by one needs no plan. Whoever unsubscribed or was
suppressed since planning, and whoever chose nothing that is in the edition, is skipped here; but a repeated
call stays as it was, because its members may have their mail already.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.model import DeliveryState, SkipReason, Subscriber, SubscriberStatus
from newsletter.store import schema
from newsletter.store.batches import REOFFERS_AT_MOST, Lease
from newsletter.store.engine import Transaction
from newsletter.store.statements import Statement
from newsletter.store.subscribers import read_subscriber

_DELIVERY = schema.delivery

_LOOK_AHEAD = 128
_LOOKED_AT_MOST = 512  # in one transaction: whoever unsubscribes meanwhile waits for it
_ALL = 1 << 30

Decide = Callable[[Subscriber, str | None], str | None]
"""The rendition a reader gets: that of his first offer, where there was one and papers still match it,
else one decided now; None where no paper matches."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A delivery marked offered: whom to, and what was decided at its first offer."""

    lease: Lease
    subscriber: Subscriber
    revision: int
    rendition: str
    attempts: int
    call: str = ""
    """Names the call it goes with, where that call can be repeated as it is."""
    may_be_repeat: bool = False
    """It was handed over before, and its answer was lost."""


@dataclass(frozen=True, slots=True)
class Offering:
    """What offering has in common in a run: by which transport, of which revision, who decides.

    `shares_bodies`: a call has readers of one rendition. `keeps_calls`: a call whose answer is lost is
    repeated as it was. `fresh_only`: who may have his mail from another transport is left alone.
    """

    revision: int
    transport: str
    decide: Decide
    shares_bodies: bool = False
    keeps_calls: bool = False
    fresh_only: bool = False


@dataclass(frozen=True, slots=True)
class Offers:
    """The deliveries offered; where to go on in the batch; whether it has nothing more."""

    offers: list[Offer]
    after: int
    is_exhausted: bool


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """The subscribers of a call; `repeats` names the lost call that it is."""

    subscriber_ids: tuple[int, ...]
    repeats: str = ""


def offer_next(
    tx: Transaction, lease: Lease, offering: Offering, *, after: int, want: int, now: datetime
) -> Offers:
    """Marks up to `want` deliveries of the batch offered, behind subscriber `after`.

    Looks at a few hundred at most, so that the transaction is short.
    """
    offers: list[Offer] = []
    skips = _Skips(lease, now)
    look_ahead, looked_at, is_exhausted = want, 0, False
    while len(offers) < want and looked_at < _LOOKED_AT_MOST and not is_exhausted:
        rows = _find_due(tx, lease, now, after=after, most=look_ahead)
        is_exhausted = not rows
        for row in rows:
            if len(offers) == want:
                break
            after = row.subscriber_id
            looked_at += 1
            if offer := _judge(row, lease, offering, skips):
                offers.append(offer)
        look_ahead = _LOOK_AHEAD  # many are skipped: so many at once take few queries
    skips.write(tx)
    _write_offers(tx, offers, offering, now)
    return Offers(offers, after, is_exhausted)


def plan_calls(
    tx: Transaction, lease: Lease, offering: Offering, *, most: int, now: datetime
) -> list[PlannedCall]:
    """The due deliveries of the batch as calls of at most `most`, lost ones first. Offers none of them."""
    lost: dict[str, list[int]] = {}
    fresh: dict[tuple[object, ...], list[int]] = {}
    skips = _Skips(lease, now)
    for row in _find_due(tx, lease, now, after=lease.first_subscriber_id - 1):
        if row.call is not None and not offering.fresh_only:
            lost.setdefault(row.call, []).append(row.subscriber_id)
        elif offer := _judge(row, lease, offering, skips):
            fresh.setdefault(_body_of(offer, offering), []).append(row.subscriber_id)
    skips.write(tx)
    repeats = [PlannedCall(tuple(ids), call) for call, ids in lost.items()]
    return repeats + [
        PlannedCall(tuple(ids[start : start + most]))
        for ids in fresh.values()
        for start in range(0, len(ids), most)
    ]


def offer_call(
    tx: Transaction, lease: Lease, offering: Offering, planned: PlannedCall, *, now: datetime
) -> list[Offer]:
    """Marks the deliveries of a planned call offered, as far as they still can be.

    A lost call goes with all its members or not at all: then a person decides on it.
    """
    rows = [
        row
        for subscriber_id in planned.subscriber_ids
        for row in _find_due(tx, lease, now, after=subscriber_id - 1, to=subscriber_id)
    ]
    skips = _Skips(lease, now)
    if planned.repeats:
        offers = [_repeat(row, lease) for row in rows if row.status is not None]
        if len(offers) < len(planned.subscriber_ids):
            _HOLD.run(tx, [{"edition": lease.edition_id, "lost": planned.repeats}])
            return []
    else:
        offers = [offer for row in rows if (offer := _judge(row, lease, offering, skips))]
        # Who changed his choice since the plan goes with a later call.
        offers = [offer for offer in offers if _body_of(offer, offering) == _body_of(offers[0], offering)]
    skips.write(tx)
    return _write_offers(tx, offers, offering, now)


def _repeat(row: Any, lease: Lease) -> Offer:
    subscriber = read_subscriber(row)
    return Offer(lease, subscriber, row.revision, row.rendition, row.attempts, row.call, may_be_repeat=True)


def _body_of(offer: Offer, offering: Offering) -> tuple[object, ...]:
    """What readers must have in common to share a body."""
    if not offering.shares_bodies:
        return ()
    return offer.revision, offer.rendition, offer.subscriber.preferences.language


class _Skips:
    """Who is passed over, written at once."""

    def __init__(self, lease: Lease, now: datetime) -> None:
        self._shared = {"edition": lease.edition_id, "at": now}
        self._rows: list[dict[str, Any]] = []

    def add(self, subscriber_id: int, reason: SkipReason) -> None:
        self._rows.append({**self._shared, "subscriber": subscriber_id, "why": reason})

    def write(self, tx: Transaction) -> None:
        _SKIP.run(tx, self._rows)


def _judge(row: Any, lease: Lease, offering: Offering, skips: _Skips) -> Offer | None:
    """The offer to be made; None for who is skipped, or left alone."""
    if offering.fresh_only and row.unknowns:
        return None
    subscriber = read_subscriber(row) if row.status is not None else None
    if subscriber is None or subscriber.status is not SubscriberStatus.CONFIRMED:
        skips.add(row.subscriber_id, SkipReason.UNSUBSCRIBED)
    elif row.suppressed is not None:
        skips.add(row.subscriber_id, SkipReason.SUPPRESSED)
    elif (rendition := offering.decide(subscriber, row.rendition)) is None:
        skips.add(row.subscriber_id, SkipReason.NO_MATCH)
    else:
        revision = row.revision or offering.revision
        return Offer(lease, subscriber, revision, rendition, row.attempts, may_be_repeat=bool(row.unknowns))
    return None


def _write_offers(tx: Transaction, offers: Iterable[Offer], offering: Offering, now: datetime) -> list[Offer]:
    """The offers as the ledger has them now: under a call of their own where it is kept."""
    call = secrets.token_hex(8) if offering.keeps_calls else ""
    made = [offer if offer.call or not call else _with_call(offer, call) for offer in offers]
    renditions = {key: _find_rendition(tx, key) for key in {offer.rendition for offer in made}}
    rows = [
        {
            "edition": offer.lease.edition_id,
            "subscriber": offer.subscriber.id,
            "by": offering.transport,
            "with_revision": offer.revision,
            "with_rendition": renditions[offer.rendition],
            "with_call": offer.call or None,
            "is_repeat": int(bool(offer.call) and offer.may_be_repeat),
            "at": now,
        }
        for offer in made
    ]
    _OFFER.run(tx, rows)
    return made


def _with_call(offer: Offer, call: str) -> Offer:
    return dataclasses.replace(offer, call=call)


def _find_rendition(tx: Transaction, key: str) -> int:
    for row in _RENDITION.fetch(tx, {"wanted": key}):
        return int(row.id)
    statement = sa.insert(schema.rendition).values(key=key).returning(schema.rendition.c.id)
    return int(tx.execute(statement).scalar_one())


def _find_due(
    tx: Transaction, lease: Lease, now: datetime, *, after: int, to: int | None = None, most: int = _ALL
) -> Sequence[Any]:
    last = lease.last_subscriber_id if to is None else to
    window = {"edition": lease.edition_id, "after": after, "to": last, "most": most, "now": now}
    return _CANDIDATES.fetch(tx, window)


# --- Statements, made once: they run for every delivery -------------------------------------------

OF_DELIVERY = sa.and_(
    _DELIVERY.c.edition_id == sa.bindparam("edition"),
    _DELIVERY.c.subscriber_id == sa.bindparam("subscriber"),
)
_OF_SUBSCRIBER = (
    "id",
    "public_id",
    "email",
    "name",
    "status",
    "keywords",
    "frequency",
    "language",
    "paper_limit",
)
_SKIP = Statement(
    sa.update(_DELIVERY)
    .where(OF_DELIVERY)
    .values(state=DeliveryState.SKIPPED, skip_reason=sa.bindparam("why"), settled_at=sa.bindparam("at"))
)
_HOLD = Statement(
    sa.update(_DELIVERY)
    .where(_DELIVERY.c.edition_id == sa.bindparam("edition"), _DELIVERY.c.call == sa.bindparam("lost"))
    .values(state=DeliveryState.UNKNOWN, unknowns=REOFFERS_AT_MOST + 1)
)
_OFFER = Statement(
    sa.update(_DELIVERY)
    .where(OF_DELIVERY)
    .values(
        state=DeliveryState.OFFERED,
        transport=sa.bindparam("by"),
        revision=sa.bindparam("with_revision"),
        rendition_id=sa.bindparam("with_rendition"),
        call=sa.bindparam("with_call"),
        # How long the other side knows a call counts from its first offer.
        offered_at=sa.case(
            (sa.bindparam("is_repeat") == 1, _DELIVERY.c.offered_at), else_=sa.bindparam("at")
        ),
    )
)
_CANDIDATES = Statement(
    sa.select(
        _DELIVERY.c.subscriber_id,
        _DELIVERY.c.revision,
        _DELIVERY.c.attempts,
        _DELIVERY.c.unknowns,
        _DELIVERY.c.call,
        schema.rendition.c.key.label("rendition"),
        schema.suppression.c.reason.label("suppressed"),
        *(schema.subscriber.c[name] for name in _OF_SUBSCRIBER),
    )
    .join(schema.subscriber, schema.subscriber.c.id == _DELIVERY.c.subscriber_id, isouter=True)
    .join(
        schema.suppression,
        schema.suppression.c.normal_email == schema.subscriber.c.normal_email,
        isouter=True,
    )
    .join(schema.rendition, schema.rendition.c.id == _DELIVERY.c.rendition_id, isouter=True)
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
_RENDITION = Statement(
    sa.select(schema.rendition.c.id).where(schema.rendition.c.key == sa.bindparam("wanted"))
)
