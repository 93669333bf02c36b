"""Forgets a person: what is erased stands nowhere in the store any more but in its suppression."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from newsletter.model import Subscriber
from newsletter.store import schema
from newsletter.store.engine import Transaction
from newsletter.store.subscribers import find_subscriber, normal_email

_TABLE = schema.subscriber


def erase_subscriber(tx: Transaction, email: str) -> None:
    """Forgets the person; the ledger keeps numbers without a name. Raises NotFound.

    Servers quote the address in their answers: there it is crossed out. A suppression stays, else the
    next list would have mail sent to who complained.
    """
    subscriber = find_subscriber(tx, email)
    normal = normal_email(subscriber.email)
    delivery, event, notice = schema.delivery, schema.delivery_event, schema.notice
    of_delivery = delivery.c.subscriber_id == subscriber.id
    of_event = sa.or_(event.c.subscriber_id == subscriber.id, event.c.normal_email == normal)
    of_notice = sa.or_(notice.c.subscriber_id == subscriber.id, notice.c.email == subscriber.email)
    tx.exec_driver_sql("PRAGMA secure_delete = ON")  # else the bytes stay in the file until they are reused
    tx.execute(sa.delete(_TABLE).where(_TABLE.c.id == subscriber.id))
    _cross_out(tx, delivery.c.answer, of_delivery, subscriber)
    _cross_out(tx, event.c.detail, of_event, subscriber)
    tx.execute(sa.update(event).where(of_event).values(normal_email=ERASED))
    tx.execute(sa.delete(notice).where(of_notice))


ERASED = "(erased)"
"""What stands where an address was."""


def _cross_out(
    tx: Transaction, column: sa.Column[Any], is_his: sa.ColumnElement[bool], subscriber: Subscriber
) -> None:
    """Replaces the address, in each of its spellings, in the texts of these rows."""
    spellings = sorted({subscriber.email, normal_email(subscriber.email)}, key=len, reverse=True)
    address = re.compile("|".join(map(re.escape, spellings)), re.IGNORECASE)
    for text in tx.execute(sa.select(column).where(is_his, column.is_not(None)).distinct()).scalars().all():
        if (without := address.sub(ERASED, text)) != text:
            tx.execute(sa.update(column.table).where(is_his, column == text).values({column.name: without}))
