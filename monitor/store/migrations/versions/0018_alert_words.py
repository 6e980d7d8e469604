"""Add full-text search of alerts, and the indexes of the web pages."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from monitor.store.alert_words import WORDS_VECTOR, alert_text_row

revision = "0018"
down_revision = "0017"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 1_000  # alerts read and indexed in one step

FOR_SQLITE = (
    # The words are folded already; marks are part of words in many scripts.
    "CREATE VIRTUAL TABLE alert_words USING fts5(words, content='alert_texts', content_rowid='number',"
    " tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\", prefix='2 3')",
    "CREATE TRIGGER alert_texts_insert AFTER INSERT ON alert_texts BEGIN"
    " INSERT INTO alert_words (rowid, words) VALUES (new.number, new.words); END",
    "CREATE TRIGGER alert_texts_delete AFTER DELETE ON alert_texts BEGIN"
    " INSERT INTO alert_words (alert_words, rowid, words) VALUES ('delete', old.number, old.words); END",
    "CREATE TRIGGER alert_texts_update AFTER UPDATE ON alert_texts BEGIN"
    " INSERT INTO alert_words (alert_words, rowid, words) VALUES ('delete', old.number, old.words);"
    " INSERT INTO alert_words (rowid, words) VALUES (new.number, new.words); END",
)
FOR_POSTGRES = (f"CREATE INDEX ix_alert_texts_words ON alert_texts USING gin ({WORDS_VECTOR})",)


def upgrade() -> None:
    op.drop_index("ix_alerts_at", "alerts")
    op.create_index("ix_alerts_at_rule_severity", "alerts", ["at", "rule", "severity"])
    op.create_index("ix_alerts_severity_number", "alerts", ["severity", "number"])
    op.create_index("ix_answers_at", "answers", ["at"])
    op.create_index("ix_messages_sent_at", "messages", ["sent_at"])
    op.create_index("ix_entries_source_first_seen", "entries", ["source", "first_seen"])
    op.create_table(
        "alert_texts",
        sa.Column("number", ROW, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["alerts.number"], name="fk_alert_texts_number_alerts"),
        sa.PrimaryKeyConstraint("number", name="pk_alert_texts"),
    )
    is_postgres = op.get_bind().dialect.name == "postgresql"
    if not is_postgres:
        make_index(FOR_SQLITE)
    fill(op.get_bind())
    op.create_index("ix_alert_texts_source_number", "alert_texts", ["source", "number"])
    if is_postgres:
        make_index(FOR_POSTGRES)


def make_index(statements: tuple[str, ...]) -> None:
    for statement in statements:
        op.execute(statement)


def fill(conn: sa.Connection) -> None:
    """Index the alerts that are stored."""
    alerts = sa.table("alerts", sa.column("number"), sa.column("body", sa.JSON))
    texts = sa.table("alert_texts", sa.column("number"), sa.column("source"), sa.column("words"))
    query = sa.select(alerts).order_by(alerts.c.number).limit(AT_ONCE)
    last: Any = 0
    while rows := conn.execute(query.where(alerts.c.number > last)).all():
        conn.execute(sa.insert(texts), [alert_text_row(row.number, row.body) for row in rows])
        last = rows[-1].number
