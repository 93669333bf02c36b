"""Weekly editions: which of them each paper belongs to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "week_paper",
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_week_paper_edition_id")),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_week_paper_paper_id")),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_week_paper")),
    )
    op.create_index(op.f("ix_week_paper_edition_id"), "week_paper", ["edition_id"])
