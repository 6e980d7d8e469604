"""Add the workers that share the store, who holds each lease, and the shard of each source."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("beat", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.add_column("sources", sa.Column("leased_by", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("shard", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("leased_by", sa.Text(), nullable=True))
