"""Addresses that get nothing: bounced, complained, or by an operator's word."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.model import SuppressionReason
from newsletter.store import schema
from newsletter.store.engine import Transaction
from newsletter.store.subscribers import normal_email

_SUPPRESSION = schema.suppression


def suppress(
    tx: Transaction, email: str, reason: SuppressionReason, *, now: datetime, detail: str = ""
) -> None:
    """From now on the address gets nothing; the first reason stands."""
    statement = insert(_SUPPRESSION).values(
        normal_email=normal_email(email), reason=reason, detail=detail, created_at=now
    )
    tx.execute(statement.on_conflict_do_nothing())


def find_suppression(tx: Transaction, email: str) -> SuppressionReason | None:
    statement = sa.select(_SUPPRESSION.c.reason).where(_SUPPRESSION.c.normal_email == normal_email(email))
    reason = tx.execute(statement).scalar()
    return SuppressionReason(reason) if reason else None


def lift_suppression(tx: Transaction, email: str) -> None:
    """The address may get mail again, by a person's word."""
    tx.execute(sa.delete(_SUPPRESSION).where(_SUPPRESSION.c.normal_email == normal_email(email)))
