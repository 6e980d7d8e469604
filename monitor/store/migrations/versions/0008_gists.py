"""Store one term vector (gist) for each story instead of one for each entry.

The old vectors are dropped: they only serve to find stories of the last two weeks, which build up again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.execute("DELETE FROM gist_postings")
    op.execute("DELETE FROM gist_terms")
    op.drop_table("gists")
    op.create_table(
        "gists",
        sa.Column("id", ROW, nullable=False),
        sa.Column("entry_id", ROW, nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_gists_entry_id"),
        sa.PrimaryKeyConstraint("id", name="pk_gists"),
        sa.UniqueConstraint("story", name="uq_gists_story"),
    )
    op.create_index("ix_gists_at", "gists", ["at"])
