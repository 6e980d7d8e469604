"""Index findings by story."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index("ix_findings_story", "findings", ["story"])
