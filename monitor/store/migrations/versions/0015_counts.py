"""Add what a match counts for, and the rules that wait for the absence of matches."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("matches", sa.Column("counts_for", sa.Text()))
    is_counted = sa.text("counts_for IS NOT NULL")
    op.create_index(
        "ix_matches_counted",
        "matches",
        ["rule", "counts_for", "at"],
        sqlite_where=is_counted,
        postgresql_where=is_counted,
    )
    op.create_table(
        "absences",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.Column("told", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("rule", name="pk_absences"),
    )
