"""Add feed fingerprints (imprints), so that unchanged items of a feed are not parsed again."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "imprints",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("frame", sa.Text(), nullable=False),
        sa.Column("ttl", sa.Double(), nullable=True),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_imprints_source"),
        sa.PrimaryKeyConstraint("source", name="pk_imprints"),
    )
