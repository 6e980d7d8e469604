"""Add the id that the receiving service gives a thread's first message, for follow-ups in the thread."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("messages", sa.Column("handle", sa.Text(), nullable=True))
