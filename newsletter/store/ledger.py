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
from newsletter.store.batches import BatchState, Lease, is_reofferable
from newsletter.store.engine import Transaction
from newsletter.store.statements import Statement
from newsletter.store.subscribers import read_subscriber

_EDITION = schema.edition
_DELIVERY = schema.delivery

_LOOK_AHEAD = 128
_LOOKED_AT_MOST = 512  # in one transaction: whoever unsubscribes meanwhile waits for it

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
    (stopped,) = _STOPPED.fetch(tx, {"edition": edition_id})
    return stopped.paused_at is None and stopped.cancelled_at is None


def is_cancelled(tx: Transaction, edition_id: int) -> bool:
    (stopped,) = _STOPPED.fetch(tx, {"edition": edition_id})
    return stopped.cancelled_at is not None


def record(tx: Transaction, answers: Sequence[Answer], *, now: datetime) -> None:
    """Writes the answers of offered deliveries; the caller holds their leases."""
    rows = [
        {
            "edition": each.offer.lease.edition_id,
            "subscriber": each.offer.subscriber.id,
            "new_state": each.state,
            "said": each.answer or None,
            "id_there": each.provider_id or None,
            "again_at": each.retry_at,
            "tried": int(each.attempted),
            "unclear": int(each.state is DeliveryState.UNKNOWN),
            "at": None if each.state in _UNSETTLED else now,
        }
        for each in answers
    ]
    _RECORD.run(tx, rows)


_UNSETTLED = frozenset({DeliveryState.PENDING, DeliveryState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Offering:
    """What offering has in common in a run: by which transport, of which revision, who decides."""

    revision: int
    transport: str
    decide: Decide


@dataclass(frozen=True, slots=True)
class Offers:
    """The deliveries offered; where to go on in the batch; whether it has nothing more."""

    offers: list[Offer]
    after: int
    is_exhausted: bool


def offer_next(
    tx: Transaction, lease: Lease, offering: Offering, *, after: int, want: int, now: datetime
) -> Offers:
    """Marks up to `want` deliveries of the batch offered, behind subscriber `after`.

    Whoever unsubscribed or was suppressed since planning, and whoever chose nothing that is in this
    edition, is skipped here. Looks at a few hundred at most, so that the transaction is short.
    """
    offers: list[Offer] = []
    skipped: list[dict[str, Any]] = []
    of_edition = {"edition": lease.edition_id}
    look_ahead, looked_at, is_exhausted = want, 0, False
    while len(offers) < want and looked_at < _LOOKED_AT_MOST and not is_exhausted:
        window = of_edition | {"after": after, "to": lease.last_subscriber_id, "now": now}
        rows = _CANDIDATES.fetch(tx, window | {"most": look_ahead})
        is_exhausted = not rows
        for row in rows:
            if len(offers) == want:
                break
            after = row.subscriber_id
            looked_at += 1
            subscriber = read_subscriber(row) if row.status is not None else None
            reason, rendition = _judge(row, subscriber, offering.decide)
            if subscriber is None or reason is not None:
                skipped.append({**of_edition, "subscriber": after, "why": reason, "at": now})
                continue
            revision = row.revision or offering.revision
            offers.append(Offer(lease, subscriber, revision, rendition, row.attempts))
        look_ahead = _LOOK_AHEAD  # many are skipped: so many at once take few queries
    _SKIP.run(tx, skipped)
    _OFFER.run(tx, _offer_rows(tx, offers, offering.transport, now))
    return Offers(offers, after, is_exhausted)


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
        pending=sum(counts.get(state, 0) for state in (DeliveryState.PENDING, DeliveryState.OFFERED))
        + (unwritten or 0),
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


def list_open_editions(tx: Transaction, *, resend_unknown: bool, now: datetime) -> list[int]:
    """The editions with something to do for a run, the latest first: deliveries due, or left behind by a
    process that died; neither paused nor cancelled ones."""
    batch = schema.edition_batch
    due = sa.or_(_DELIVERY.c.retry_at.is_(None), _DELIVERY.c.retry_at <= now)
    is_open = [
        sa.and_(_DELIVERY.c.state == DeliveryState.PENDING, due),
        _DELIVERY.c.state == DeliveryState.OFFERED,
    ]
    if resend_unknown:
        is_open.append(is_reofferable())
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

_OF_DELIVERY = sa.and_(
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
_IS_KNOWN = sa.exists().where(schema.subscriber.c.id == sa.bindparam("subscriber"))
_RECORD = Statement(
    sa.update(_DELIVERY)
    .where(_OF_DELIVERY, _DELIVERY.c.state == DeliveryState.OFFERED)
    .values(
        state=sa.bindparam("new_state"),
        # Servers quote the address: of who was erased meanwhile nothing is kept.
        answer=sa.case((_IS_KNOWN, sa.bindparam("said", type_=sa.Text)), else_=None),
        provider_id=sa.bindparam("id_there"),
        retry_at=sa.bindparam("again_at"),
        attempts=_DELIVERY.c.attempts + sa.bindparam("tried"),
        unknowns=_DELIVERY.c.unknowns + sa.bindparam("unclear"),
        settled_at=sa.bindparam("at"),
    )
)
_SKIP = Statement(
    sa.update(_DELIVERY)
    .where(_OF_DELIVERY)
    .values(state=DeliveryState.SKIPPED, skip_reason=sa.bindparam("why"), settled_at=sa.bindparam("at"))
)
_OFFER = Statement(
    sa.update(_DELIVERY)
    .where(_OF_DELIVERY)
    .values(
        state=DeliveryState.OFFERED,
        transport=sa.bindparam("by"),
        revision=sa.bindparam("with_revision"),
        rendition_id=sa.bindparam("with_rendition"),
        offered_at=sa.bindparam("at"),
    )
)
_CANDIDATES = Statement(
    sa.select(
        _DELIVERY.c.subscriber_id,
        _DELIVERY.c.revision,
        _DELIVERY.c.attempts,
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


def _judge(row: Any, subscriber: Subscriber | None, decide: Decide) -> tuple[SkipReason | None, str]:
    if subscriber is None or subscriber.status is not SubscriberStatus.CONFIRMED:
        return SkipReason.UNSUBSCRIBED, ""
    if row.suppressed is not None:
        return SkipReason.SUPPRESSED, ""
    rendition = decide(subscriber, row.rendition)
    return (SkipReason.NO_MATCH, "") if rendition is None else (None, rendition)


def _offer_rows(
    tx: Transaction, offers: Sequence[Offer], transport: str, now: datetime
) -> list[dict[str, Any]]:
    renditions = {key: _find_rendition(tx, key) for key in {offer.rendition for offer in offers}}
    return [
        {
            "edition": offer.lease.edition_id,
            "subscriber": offer.subscriber.id,
            "by": transport,
            "with_revision": offer.revision,
            "with_rendition": renditions[offer.rendition],
            "at": now,
        }
        for offer in offers
    ]


def _find_rendition(tx: Transaction, key: str) -> int:
    for row in _RENDITION.fetch(tx, {"wanted": key}):
        return int(row.id)
    statement = sa.insert(schema.rendition).values(key=key).returning(schema.rendition.c.id)
    return int(tx.execute(statement).scalar_one())


_STOPPED = Statement(
    sa.select(_EDITION.c.paused_at, _EDITION.c.cancelled_at).where(_EDITION.c.id == sa.bindparam("edition"))
)
_RENDITION = Statement(
    sa.select(schema.rendition.c.id).where(schema.rendition.c.key == sa.bindparam("wanted"))
)
