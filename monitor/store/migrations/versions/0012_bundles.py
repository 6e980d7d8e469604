"""Add to findings their bundle, the edit that several entries make at once, and their evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("findings", sa.Column("bundle", sa.Text(), nullable=True))
    op.add_column("findings", sa.Column("evidence", sa.JSON(none_as_null=True), nullable=True))
    op.create_index("ix_findings_bundle", "findings", ["bundle"])
