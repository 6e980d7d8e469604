"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "claims",
        sa.Column("id", ROW, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.BigInteger(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("root", ROW, nullable=False),
        sa.Column("sayings", sa.Integer(), nullable=False),
        sa.Column("indexed", sa.Boolean(), nullable=False),
        sa.Column("first_at", sa.Double(), nullable=False),
        sa.Column("last_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_claims"),
        sa.UniqueConstraint("text_hash", name="uq_claims_text_hash"),
    )
    op.create_index("ix_claims_last_at", "claims", ["last_at"])
    op.create_index("ix_claims_root", "claims", ["root"])
    op.create_table(
        "messages",
        sa.Column("number", ROW, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("leased_until", sa.Double(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_messages"),
        sa.UniqueConstraint("id", name="uq_messages_id"),
    )
    op.create_index("ix_messages_state_channel_thread_number", "messages", ["state", "channel", "thread", "number"])
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "postings",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claim_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term", "claim_id", name="pk_postings"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("configured", sa.Boolean(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_poll", sa.Double(), nullable=True),
        sa.Column("last_read", sa.Double(), nullable=True),
        sa.Column("last_good", sa.Double(), nullable=True),
        sa.Column("next_poll", sa.Double(), nullable=False),
        sa.Column("leased_until", sa.Double(), nullable=True),
        sa.Column("baselined", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sources"),
    )
    op.create_index("ix_sources_next_poll", "sources", ["next_poll"])
    op.create_table(
        "stories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("last_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
    )
    op.create_table(
        "terms",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("term", name="pk_terms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "told",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("rule", "story", "text_hash", name="pk_told"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entries",
        sa.Column("id", ROW, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("published", sa.Double(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.Double(), nullable=False),
        sa.Column("last_seen", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_entries_source"),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
        sa.UniqueConstraint("source", "key", name="uq_entries_source_key"),
    )
    op.create_table(
        "sayings",
        sa.Column("claim_id", ROW, autoincrement=False, nullable=False),
        sa.Column("nth", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", ROW, nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("first_at", sa.Double(), nullable=False),
        sa.Column("gone_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_sayings_claim_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_sayings_entry_id"),
        sa.PrimaryKeyConstraint("claim_id", "nth", name="pk_sayings"),
        sa.UniqueConstraint("entry_id", "claim_id", name="uq_sayings_entry_id_claim_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gists",
        sa.Column("id", ROW, nullable=False),
        sa.Column("entry_id", ROW, nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_gists_entry_id"),
        sa.PrimaryKeyConstraint("id", name="pk_gists"),
    )
    op.create_index("ix_gists_at", "gists", ["at"])
    op.create_index("ix_gists_story", "gists", ["story"])
    op.create_table(
        "gist_postings",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gist_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term", "gist_id", name="pk_gist_postings"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gist_terms",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gists", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("term", name="pk_gist_terms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "updates",
        sa.Column("id", ROW, nullable=False),
        sa.Column("entry_id", ROW, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("recorded_at", sa.Double(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("published", sa.Double(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_updates_entry_id"),
        sa.PrimaryKeyConstraint("id", name="pk_updates"),
    )
    op.create_index("ix_updates_entry_id_id", "updates", ["entry_id", "id"])
    op.create_index("ix_updates_recorded_at", "updates", ["recorded_at"])
    op.create_table(
        "alerts",
        sa.Column("number", ROW, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("update_id", ROW, nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["update_id"], ["updates.id"], name="fk_alerts_update_id"),
        sa.PrimaryKeyConstraint("number", name="pk_alerts"),
        sa.UniqueConstraint("id", name="uq_alerts_id"),
    )
    op.create_index("ix_alerts_at", "alerts", ["at"])
    op.create_index("ix_alerts_rule_number", "alerts", ["rule", "number"])
    op.create_index("ix_alerts_rule_story_at", "alerts", ["rule", "story", "at"])
    op.create_index("ix_alerts_story_number", "alerts", ["story", "number"])
    op.create_index("ix_alerts_update_id", "alerts", ["update_id"])
    op.create_table(
        "findings",
        sa.Column("update_id", ROW, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("quiet", sa.Text(), nullable=True),
        sa.Column("novelty", sa.Text(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("nearest", sa.JSON(), nullable=True),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("echo", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["update_id"], ["updates.id"], name="fk_findings_update_id"),
        sa.PrimaryKeyConstraint("update_id", "position", name="pk_findings"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deliveries",
        sa.Column("id", ROW, nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_deliveries_alert_id"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_deliveries_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("alert_id", "channel", name="uq_deliveries_alert_id_channel"),
    )
    op.create_index("ix_deliveries_message_id", "deliveries", ["message_id"])
    op.create_table(
        "matches",
        sa.Column("id", ROW, nullable=False),
        sa.Column("update_id", ROW, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("because", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=True),
        sa.Column("waiting", sa.JSON(), nullable=True),
        sa.Column("opens", sa.Double(), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_matches_alert_id"),
        sa.ForeignKeyConstraint(["update_id"], ["updates.id"], name="fk_matches_update_id"),
        sa.PrimaryKeyConstraint("id", name="pk_matches"),
    )
    op.create_index("ix_matches_alert_id", "matches", ["alert_id"])
    op.create_index(
        "ix_matches_held",
        "matches",
        ["opens", "id"],
        sqlite_where=sa.text("waiting IS NOT NULL"),
        postgresql_where=sa.text("waiting IS NOT NULL"),
    )
    op.create_index("ix_matches_update_id", "matches", ["update_id"])
    op.create_table(
        "awaited",
        sa.Column("claim_id", ROW, autoincrement=False, nullable=False),
        sa.Column("match_id", ROW, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_awaited_claim_id"),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name="fk_awaited_match_id"),
        sa.PrimaryKeyConstraint("claim_id", "match_id", name="pk_awaited"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_awaited_match_id", "awaited", ["match_id"])
