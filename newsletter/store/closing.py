"""Closes what waits of an edition that is mailed to nobody more: too old, or cancelled."""

from __future__ import annotations

import time
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa

from newsletter.model import DeliveryState, SkipReason
from newsletter.store import schema
from newsletter.store.batches import BATCHES_A_TRANSACTION, BatchState
from newsletter.store.engine import BREATH, Store

_BATCH = schema.edition_batch
_DELIVERY = schema.delivery


class Closing(Enum):
    """Why it is closed; the value is what becomes of the deliveries."""

    TOO_OLD = DeliveryState.FAILED
    CANCELLED = DeliveryState.SKIPPED


_DETAILS: dict[Closing, dict[str, Any]] = {
    Closing.TOO_OLD: {"answer": "given up: the edition is too old"},
    Closing.CANCELLED: {"skip_reason": SkipReason.CANCELLED},
}


def close_open(store: Store, edition_id: int, why: Closing, *, now: datetime) -> int:
    """Closes every delivery that waits, some batches a transaction; returns how many."""
    closed = 0
    with store.read() as tx:
        open_batches = sa.and_(_BATCH.c.edition_id == edition_id, _BATCH.c.state != BatchState.DONE)
        window = sa.select(_BATCH.c.first_subscriber_id, _BATCH.c.last_subscriber_id).where(open_batches)
        ranges = tx.execute(window.order_by(_BATCH.c.number)).all()
    for start in range(0, len(ranges), BATCHES_A_TRANSACTION):
        some = ranges[start : start + BATCHES_A_TRANSACTION]
        waits = sa.and_(
            _DELIVERY.c.edition_id == edition_id,
            _DELIVERY.c.subscriber_id.between(some[0][0], some[-1][1]),
            _DELIVERY.c.state == DeliveryState.PENDING,
        )
        values = {"state": why.value, "settled_at": now, "retry_at": None, **_DETAILS[why]}
        with store.write() as tx:
            closed += tx.execute(sa.update(_DELIVERY).where(waits).values(**values)).rowcount
        time.sleep(BREATH)
    return closed
