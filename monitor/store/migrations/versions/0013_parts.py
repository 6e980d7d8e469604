"""Add to messages the number of the message that they continue."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("messages", sa.Column("continues", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    is_part = sa.text("continues IS NOT NULL")
    op.create_index(
        "ix_messages_continues", "messages", ["continues"], sqlite_where=is_part, postgresql_where=is_part
    )
