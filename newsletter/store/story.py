"""The story of one address: what was planned for it, what came of it, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.model import DeliveryState, EditionKind, SkipReason, edition_name
from newsletter.store import schema
from newsletter.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Chapter:
    """An edition as it went for one subscriber; `state` is None where nothing was planned for him."""

    edition: str
    kind: EditionKind
    planned_at: datetime
    state: DeliveryState | None
    skip_reason: SkipReason | None
    transport: str
    answer: str
    attempts: int
    offered_at: datetime | None
    settled_at: datetime | None
    retry_at: datetime | None


def tell_story(tx: Transaction, subscriber_id: int, *, newest: int) -> list[Chapter]:
    """The latest editions that were planned for him, or for readers of the kind he is, the latest first."""
    edition, delivery, subscriber = schema.edition.c, schema.delivery.c, schema.subscriber.c
    frequency = sa.select(subscriber.frequency).where(subscriber.id == subscriber_id).scalar_subquery()
    of_subscriber = sa.and_(delivery.edition_id == edition.id, delivery.subscriber_id == subscriber_id)
    statement = (
        sa.select(
            edition.kind,
            edition.period_end,
            edition.planned_at,
            delivery.state,
            delivery.skip_reason,
            delivery.transport,
            delivery.answer,
            delivery.attempts,
            delivery.offered_at,
            delivery.settled_at,
            delivery.retry_at,
        )
        .join_from(schema.edition, schema.delivery, of_subscriber, isouter=True)
        .where(
            edition.planned_at.is_not(None), sa.or_(delivery.state.is_not(None), edition.kind == frequency)
        )
        .order_by(edition.period_end.desc(), edition.kind)
        .limit(newest)
    )
    return [
        Chapter(
            edition=edition_name(EditionKind(row.kind), row.period_end),
            kind=EditionKind(row.kind),
            planned_at=row.planned_at,
            state=DeliveryState(row.state) if row.state else None,
            skip_reason=SkipReason(row.skip_reason) if row.skip_reason else None,
            transport=row.transport or "",
            answer=row.answer or "",
            attempts=row.attempts or 0,
            offered_at=row.offered_at,
            settled_at=row.settled_at,
            retry_at=row.retry_at,
        )
        for row in tx.execute(statement)
    ]
