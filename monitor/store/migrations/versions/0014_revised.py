"""Add to messages the new state of an alert that the channel was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("messages", sa.Column("revised", sa.JSON(none_as_null=True), nullable=True))
