"""Add batch messages, remaining recipients, silence modes and feedback."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("messages", sa.Column("gathers", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("left_to", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("channels", sa.Column("settings", sa.Text(), nullable=True))
    op.add_column("silences", sa.Column("mode", sa.Text(), nullable=True))
    op.add_column("silences", sa.Column("claims", sa.JSON(none_as_null=True), nullable=True))
    op.create_index("ix_messages_channel_gathers_number", "messages", ["channel", "gathers", "number"])
    op.create_index("ix_matches_at_reason", "matches", ["at", "reason"])
    op.create_table(
        "answers",
        sa.Column("id", ROW, nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("pairs", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
    )
    op.create_index("ix_answers_alert_id", "answers", ["alert_id"])
