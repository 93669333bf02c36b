"""The daily runs: one row a day, which outlives the process that works on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.store import schema
from newsletter.store.engine import Transaction

_RUN = schema.run


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the daily job: when it was last begun, what came of it, and when its day was done.

    Without an outcome it is running, or its process died.
    """

    day: date
    started_at: datetime
    finished_at: datetime | None
    outcome: str


def begin_run(tx: Transaction, day: date, *, now: datetime, kind: str = "daily") -> str:
    """Notes that the day's run begins (again); returns the outcome of its last try."""
    before = find_run(tx, day, kind=kind)
    statement = insert(_RUN).values(kind=kind, day=day, started_at=now)
    again = statement.on_conflict_do_update(
        index_elements=["kind", "day"], set_={"started_at": now, "outcome": None}
    )
    tx.execute(again)
    return before.outcome if before else ""


def end_run(
    tx: Transaction, day: date, outcome: str, *, done: bool, now: datetime, kind: str = "daily"
) -> None:
    """Notes what came of it; where the day is not `done`, it will be tried again.

    A day that is done stays so: another process may have done it meanwhile.
    """
    values = {"outcome": outcome, "finished_at": now} if done else {"outcome": outcome}
    still_open = _RUN.c.finished_at.is_(None)
    tx.execute(sa.update(_RUN).where(_RUN.c.kind == kind, _RUN.c.day == day, still_open).values(**values))


def find_run(tx: Transaction, day: date, *, kind: str = "daily") -> Run | None:
    row = tx.execute(sa.select(_RUN).where(_RUN.c.kind == kind, _RUN.c.day == day)).first()
    return _read(row) if row else None


def last_run(tx: Transaction, *, kind: str = "daily") -> Run | None:
    """The run of the latest day."""
    row = tx.execute(sa.select(_RUN).where(_RUN.c.kind == kind).order_by(_RUN.c.day.desc()).limit(1)).first()
    return _read(row) if row else None


def _read(row: sa.Row[tuple[object, ...]]) -> Run:
    return Run(row.day, row.started_at, row.finished_at, row.outcome or "")
