"""Counts the uses of every keyword, so that a daily build need not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.store.schema import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "keyword_use",
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("newest", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("normal", name=op.f("pk_keyword_use")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_keyword_use_newest"), "keyword_use", ["newest"])
    op.create_index(op.f("ix_keyword_use_papers"), "keyword_use", ["papers"])
    op.execute(
        "INSERT INTO keyword_use (normal, papers, newest) "
        "SELECT w.normal, count(DISTINCT w.paper_id), max(p.published_at) "
        "FROM paper_keyword w JOIN paper p ON p.id = w.paper_id "
        "WHERE w.normal <> '' "
        "AND EXISTS (SELECT 1 FROM edition_paper e WHERE e.paper_id = p.id) GROUP BY w.normal"
    )
