"""Add when a user paused a source."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("sources", sa.Column("paused_at", sa.Double(), nullable=True))
