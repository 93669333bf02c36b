"""A paper is found under topics too; digests that are held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.store.schema import Instant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "held_digest",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("held_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_held_digest")),
    )
    op.drop_column("edition", "held_reason")
    # The index of keywords is written anew by the first run, which sees that the vocabulary is another.
    op.drop_column("paper_keyword", "written")
    op.create_index(op.f("ix_keyword_alias_keyword"), "keyword_alias", ["keyword"])
