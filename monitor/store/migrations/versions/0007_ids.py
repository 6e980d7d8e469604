"""By what a source is known when its name changes, and how often it is looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("sources", sa.Column("id", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("pace", sa.Double(), nullable=True))
