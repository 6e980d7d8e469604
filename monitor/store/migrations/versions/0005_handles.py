"""What the other side calls a message that opened a thread there: follow-ups go below it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("messages", sa.Column("handle", sa.Text(), nullable=True))
