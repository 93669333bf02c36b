"""Keeps what addresses gave, so that it is not sent again while it is the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.store.schema import Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "fetched_document",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_fetched_document")),
    )
