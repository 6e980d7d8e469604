"""Add the bundle of a finding: the announcement that several pages make at once."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("findings", sa.Column("bundle", sa.Text(), nullable=True))
    op.create_index("ix_findings_bundle", "findings", ["bundle"])
