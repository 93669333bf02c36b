"""What a reader gets (language and choice) once in a table of its own; how large a planned batch is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "rendition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendition")),
        sa.UniqueConstraint("key", name=op.f("uq_rendition_key")),
    )
    op.add_column("delivery", sa.Column("rendition_id", sa.Integer(), nullable=True))
    # Before, the language was not kept: it is today's of the reader.
    op.execute(
        "INSERT INTO rendition (key) SELECT DISTINCT ' ' || choice FROM delivery WHERE choice IS NOT NULL"
    )
    op.execute("UPDATE delivery SET rendition_id = (SELECT id FROM rendition WHERE key = ' ' || choice)")
    op.drop_column("delivery", "choice")
    size = sa.Column("size", sa.Integer(), server_default=sa.text("0"), nullable=False)
    op.add_column("edition_batch", size)
