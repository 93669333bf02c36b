"""Marks deliveries offered: one by one in the order of the ledger, or whole calls.

A call is planned within its batch: who shares a body goes together, and a call whose answer was lost is
offered again with the same members. What goes one by one needs no plan. Whoever unsubscribed or was
suppressed since planning, and whoever chose nothing that is in the edition, is skipped here; but a repeated
call stays as it was, because its members may have their mail already.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.model import DeliveryState, SkipReason, Subscriber, SubscriberStatus
from newsletter.store import schema
from newsletter.store.batches import REOFFERS_AT_MOST, Lease
from newsletter.store.engine import Transaction
from newsletter.store.statements import Statement, as_stored, one_of
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
    """The deliveries of a call: what the ledger said of each, and the offers to be made.

    Of a lost call, which `repeats` names, there are no offers yet.
    """

    rows: tuple[Any, ...]
    offers: tuple[Offer, ...]
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
    lost: dict[str, list[Any]] = {}
    fresh: dict[tuple[object, ...], list[tuple[Any, Offer]]] = {}
    skips = _Skips(lease, now)
    for row in _find_due(tx, lease, now, after=lease.first_subscriber_id - 1):
        if row.call is not None and not offering.fresh_only:
            lost.setdefault(row.call, []).append(row)
        elif offer := _judge(row, lease, offering, skips):
            fresh.setdefault(_body_of(offer, offering), []).append((row, offer))
    skips.write(tx)
    repeats = [PlannedCall(tuple(rows), (), call) for call, rows in lost.items()]
    calls = [
        members[start : start + most] for members in fresh.values() for start in range(0, len(members), most)
    ]
    return repeats + [
        PlannedCall(tuple(row for row, _ in call), tuple(offer for _, offer in call)) for call in calls
    ]


def offer_call(
    tx: Transaction,
    lease: Lease,
    offering: Offering,
    planned: PlannedCall,
    *,
    now: datetime,
    is_fresh: bool = False,
) -> list[Offer]:
    """Marks the deliveries of a planned call offered, as far as they still can be.

    Who left, or chose anew, since the plan is judged again; `is_fresh`: the plan is of this transaction. A
    lost call goes with all its members or not at all: then a person decides on it.
    """
    rows = list(planned.rows) if is_fresh else _find_again(tx, lease, planned.rows, now)
    if planned.repeats:
        lost = [_repeat(row, lease) for row in rows if row.status is not None]
        if len(lost) == len(planned.rows):
            return _write_offers(tx, lost, offering, now)
        _HOLD.run(tx, [(lease.edition_id, planned.repeats)])
        return []
    if rows == list(planned.rows):
        return _write_offers(tx, planned.offers, offering, now)
    skips = _Skips(lease, now)
    offers = [offer for row in rows if (offer := _judge(row, lease, offering, skips))]
    skips.write(tx)
    # Who changed his choice since the plan goes with a later call.
    offers = [offer for offer in offers if _body_of(offer, offering) == _body_of(offers[0], offering)]
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
        self._edition_id, self._at = lease.edition_id, now
        self._found: list[tuple[int, SkipReason]] = []

    def add(self, subscriber_id: int, reason: SkipReason) -> None:
        self._found.append((subscriber_id, reason))

    def write(self, tx: Transaction) -> None:
        if not self._found:
            return
        at = as_stored(self._at)
        _SKIP.run(tx, [(str(why), at, self._edition_id, subscriber_id) for subscriber_id, why in self._found])


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


def _write_offers(tx: Transaction, offers: Sequence[Offer], offering: Offering, now: datetime) -> list[Offer]:
    """The offers as the ledger has them now: under a call of their own where it is kept."""
    call = secrets.token_hex(8) if offering.keeps_calls else ""
    made = [offer if offer.call or not call else _with_call(offer, call) for offer in offers]
    renditions = _find_renditions(tx, {offer.rendition for offer in made})
    at = as_stored(now)
    rows = [
        (
            offering.transport,
            offer.revision,
            renditions[offer.rendition],
            offer.call or None,
            int(bool(offer.call) and offer.may_be_repeat),
            at,
            offer.lease.edition_id,
            offer.subscriber.id,
        )
        for offer in made
    ]
    _OFFER.run(tx, rows)
    return made


def _with_call(offer: Offer, call: str) -> Offer:
    """As `dataclasses.replace`, in a third of its time."""
    of_first = offer.lease, offer.subscriber, offer.revision, offer.rendition
    return Offer(*of_first, offer.attempts, call, offer.may_be_repeat)


def _find_renditions(tx: Transaction, keys: Set[str]) -> dict[str, int]:
    """The id of each, made where there is none."""
    found: dict[str, int] = {row.key: row.id for row in _RENDITIONS.fetch(tx, sorted(keys))}
    for key in keys - found.keys():
        statement = sa.insert(schema.rendition).values(key=key).returning(schema.rendition.c.id)
        found[key] = int(tx.execute(statement).scalar_one())
    return found


def _find_due(tx: Transaction, lease: Lease, now: datetime, *, after: int, most: int = _ALL) -> list[Any]:
    return _CANDIDATES.fetch(tx, lease.edition_id, as_stored(now), after, lease.last_subscriber_id, most)


def _find_again(tx: Transaction, lease: Lease, rows: Iterable[Any], now: datetime) -> list[Any]:
    """What the ledger says of the same deliveries now, as far as they are due."""
    return _MEMBERS.fetch(tx, lease.edition_id, as_stored(now), [row.subscriber_id for row in rows])


# --- Statements, made once: they run for every delivery -------------------------------------------

OF_DELIVERIES = sa.and_(
    _DELIVERY.c.edition_id == sa.bindparam("edition"), _DELIVERY.c.subscriber_id.in_(one_of("subscribers"))
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
    .where(OF_DELIVERIES)
    .values(state=DeliveryState.SKIPPED, skip_reason=sa.bindparam("why"), settled_at=sa.bindparam("at")),
    *("why", "at", "edition", "subscribers"),
)
_HOLD = Statement(
    sa.update(_DELIVERY)
    .where(_DELIVERY.c.edition_id == sa.bindparam("edition"), _DELIVERY.c.call.in_(one_of("lost")))
    .values(state=DeliveryState.UNKNOWN, unknowns=REOFFERS_AT_MOST + 1),
    *("edition", "lost"),
)
_OFFER = Statement(
    sa.update(_DELIVERY)
    .where(OF_DELIVERIES)
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
    ),
    *("by", "with_revision", "with_rendition", "with_call", "is_repeat", "at", "edition", "subscribers"),
)
_DUE = (
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
        _DELIVERY.c.state == DeliveryState.PENDING,
        sa.or_(
            _DELIVERY.c.retry_at.is_(None), _DELIVERY.c.retry_at <= sa.bindparam("now", type_=schema.Instant)
        ),
    )
    .order_by(_DELIVERY.c.subscriber_id)
)
_CANDIDATES = Statement(
    _DUE.where(
        _DELIVERY.c.subscriber_id > sa.bindparam("after"), _DELIVERY.c.subscriber_id <= sa.bindparam("to")
    ).limit(sa.bindparam("most")),
    *("edition", "now", "after", "to", "most"),
)
_MEMBERS = Statement(
    _DUE.where(_DELIVERY.c.subscriber_id.in_(one_of("subscribers"))), *("edition", "now", "subscribers")
)
_RENDITIONS = Statement(
    sa.select(schema.rendition.c.id, schema.rendition.c.key).where(
        schema.rendition.c.key.in_(one_of("keys"))
    ),
    "keys",
)
