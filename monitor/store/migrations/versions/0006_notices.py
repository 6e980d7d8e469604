"""Add notices about sources, and content hashes that identify an entry's versions and a source's contents."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("updates", sa.Column("content_hash", sa.Text(), nullable=True))
    op.create_index("ix_entries_source_content_hash", "entries", ["source", "content_hash"])
    op.create_table(
        "notices",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("last", sa.Double(), nullable=False),
        sa.Column("told", sa.Double(), nullable=True),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_notices_source"),
        sa.PrimaryKeyConstraint("source", "kind", name="pk_notices"),
    )
