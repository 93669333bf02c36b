"""The tables. Their sum is proved equal to the migrations by tests/store/test_migrations.py.

Times are UTC. The ledger is `delivery`, keyed by (edition, subscriber) without a row id, because it
is only ever walked in that order. `edition_revision` keeps every revision whole, so that a delivery
repeated later has the same bytes; `paper` and its companions are the view that feeds and pages read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class Instant(sa.TypeDecorator[datetime]):
    """An aware time; SQLite keeps it as naive UTC, which sorts as text."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _table(name: str, *parts: Any, **options: Any) -> sa.Table:
    return sa.Table(name, metadata, *parts, **options)


def _text(name: str, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, **options)


def _instant(name: str, *, required: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, Instant, nullable=not required)


def _number(name: str, *, default: int | None = None, required: bool = True) -> sa.Column[int]:
    server = None if default is None else sa.text(str(default))
    return sa.Column(name, sa.Integer, nullable=not required, server_default=server)


def _edition_id() -> sa.Column[int]:
    return sa.Column("edition_id", sa.ForeignKey("edition.id"), primary_key=True)


setting = _table("setting", sa.Column("name", sa.Text, primary_key=True), _text("value"))

# --- Editions and papers

edition = _table(
    "edition",
    sa.Column("id", sa.Integer, primary_key=True),
    _text("kind"),
    sa.Column("period_end", sa.Date, nullable=False),
    _number("revision"),
    _instant("published_at", required=True),
    _instant("updated_at", required=True),
    _instant("planned_at"),
    _instant("paused_at"),
    _instant("cancelled_at"),
    sa.UniqueConstraint("kind", "period_end"),
)

edition_revision = _table(
    "edition_revision",
    _edition_id(),
    sa.Column("revision", sa.Integer, primary_key=True),
    _text("document"),
    _text("content_hash"),
    _text("source"),
    _text("format"),
    _instant("created_at", required=True),
)

# Digests that look partial: taken in when a person releases them.
held_digest = _table(
    "held_digest",
    sa.Column("day", sa.Date, primary_key=True),
    _text("document"),
    _text("source"),
    _text("format"),
    _text("reason"),
    _instant("held_at", required=True),
)

paper = _table(
    "paper",
    sa.Column("id", sa.Integer, primary_key=True),
    _text("identity", unique=True),
    _text("document"),
    _text("content_hash"),
    # Of the newest edition that holds it: an older digest read again never overwrites a newer text.
    sa.Column("content_date", sa.Date, nullable=False),
    _instant("published_at", required=True),
    _instant("updated_at", required=True),
)
sa.Index("ix_paper_published_at", paper.c.published_at)

edition_paper = _table(
    "edition_paper",
    _edition_id(),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("paper_id", sa.ForeignKey("paper.id"), nullable=False, index=True),
)

# Of each paper, the first weekly edition that held it, for good once that is mailed: see store/weeks.py.
week_paper = _table(
    "week_paper",
    sa.Column("paper_id", sa.ForeignKey("paper.id"), primary_key=True),
    sa.Column("edition_id", sa.ForeignKey("edition.id"), nullable=False, index=True),
)

# What each paper is found under: see store/topics.py.
paper_keyword = _table(
    "paper_keyword",
    sa.Column("paper_id", sa.ForeignKey("paper.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    _text("normal", index=True),
)

# Of each normal form, how many published papers have it: see store/uses.py.
keyword_use = _table(
    "keyword_use",
    sa.Column("normal", sa.Text, primary_key=True),
    _number("papers"),
    _instant("newest", required=True),
    sqlite_with_rowid=False,
)
sa.Index("ix_keyword_use_newest", keyword_use.c.newest)
sa.Index("ix_keyword_use_papers", keyword_use.c.papers)

keyword = _table(
    "keyword",
    sa.Column("normal", sa.Text, primary_key=True),
    _text("label"),
    _text("slug", unique=True),
    _instant("first_seen_at", required=True),
    _instant("published_at"),  # its page and feeds exist since then, and stay
    sa.Column("merged_into", sa.ForeignKey("keyword.normal")),
    _instant("retired_at"),
)

keyword_alias = _table(
    "keyword_alias",
    sa.Column("normal", sa.Text, primary_key=True),
    sa.Column("keyword", sa.ForeignKey("keyword.normal"), nullable=False, index=True),
)

# What must be rendered again at the next publication: editions by name, keywords by normal form. The
# id says which marks a publication has seen; those made meanwhile stay.
outdated = _table(
    "outdated",
    sa.Column("id", sa.Integer, primary_key=True),
    _text("kind"),
    _text("name"),
    sqlite_autoincrement=True,
)

# --- Subscribers

subscriber = _table(
    "subscriber",
    sa.Column("id", sa.Integer, primary_key=True),
    _text("public_id", unique=True),
    _text("email"),
    _text("normal_email", unique=True),
    _text("name", server_default=""),
    _text("status"),
    # The preferences. `keywords` is a JSON list as the reader wrote them; NULL: all papers.
    sa.Column("keywords", sa.Text),
    _text("frequency"),
    _text("language", server_default=""),
    _number("paper_limit", required=False),
    _instant("created_at", required=True),
    _instant("confirmed_at"),
    _instant("unsubscribed_at"),
    # An id is never given twice: the ledger of an erased subscriber is nobody else's.
    sqlite_autoincrement=True,
)

suppression = _table(
    "suppression",
    sa.Column("normal_email", sa.Text, primary_key=True),
    _text("reason"),
    _text("detail", server_default=""),
    _instant("created_at", required=True),
)

# --- Deliveries

edition_batch = _table(
    "edition_batch",
    _edition_id(),
    sa.Column("number", sa.Integer, primary_key=True),
    _number("first_subscriber_id"),
    _number("last_subscriber_id"),
    _text("state"),  # planned (its rows are not in the ledger yet) → open → done
    _number("epoch", default=0),
    sa.Column("owner", sa.Text),
    _instant("lease_until"),
    _number("size", default=0),  # how many rows it will have, while it is planned
)

# What a reader gets of an edition, in one line: language and choice. Most readers share a few.
rendition = _table(
    "rendition",
    sa.Column("id", sa.Integer, primary_key=True),
    _text("key", unique=True),
)

delivery = _table(
    "delivery",
    _edition_id(),
    sa.Column("subscriber_id", sa.Integer, primary_key=True),
    _text("state"),
    sa.Column("skip_reason", sa.Text),
    sa.Column("transport", sa.Text),
    _number("revision", required=False),
    sa.Column("call", sa.Text),
    _number("attempts", default=0),
    _number("unknowns", default=0),
    _instant("retry_at"),
    sa.Column("answer", sa.Text),
    sa.Column("provider_id", sa.Text),
    _instant("offered_at"),
    _instant("settled_at"),
    _number("rendition_id", required=False),  # of its first offer, see rendition
    sqlite_with_rowid=False,
)
sa.Index("ix_delivery_subscriber_id", delivery.c.subscriber_id)

delivery_event = _table(
    "delivery_event",
    sa.Column("id", sa.Integer, primary_key=True),
    _text("kind"),
    _text("normal_email", index=True),
    sa.Column("edition_id", sa.ForeignKey("edition.id")),
    _number("subscriber_id", required=False),
    sa.Column("transport", sa.Text),
    sa.Column("provider_event_id", sa.Text),
    _text("detail", server_default=""),
    _instant("happened_at", required=True),
    _instant("recorded_at", required=True),
    sa.UniqueConstraint("transport", "provider_event_id"),
)

notice = _table(
    "notice",
    sa.Column("id", sa.Integer, primary_key=True),
    _text("kind"),
    _text("email"),
    _number("subscriber_id", required=False),
    _text("language", server_default=""),
    _text("facts", server_default="{}"),
    _text("state"),
    _number("attempts", default=0),
    _instant("retry_at"),
    sa.Column("answer", sa.Text),
    _instant("created_at", required=True),
    _instant("settled_at"),
)

# --- The daily job

# What addresses gave, by the hash of the address: see store/fetched.py.
fetched_document = _table(
    "fetched_document",
    sa.Column("key", sa.Text, primary_key=True),
    _text("etag"),
    _text("last_modified"),
    sa.Column("content", sa.LargeBinary, nullable=False),
    _instant("used_at", required=True),
)

run = _table(
    "run",
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    _instant("started_at", required=True),
    _instant("finished_at"),
    sa.Column("outcome", sa.Text),
    sa.Column("report", sa.Text),
)
