"""Add the id of a source, which keeps its history across a new name, and its adaptive interval."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("sources", sa.Column("id", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("pace", sa.Double(), nullable=True))
