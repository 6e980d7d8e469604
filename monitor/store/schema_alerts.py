"""The tables of alerts: matches, alerts, messages and their deliveries, silences and feedback.

The other tables, and a diagram of all, are in `schema`.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from monitor.store.sql import RowId, StorableText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

alerts = Table(
    "alerts",
    metadata,
    Column("number", RowId, primary_key=True),
    Column("id", Text, nullable=False),
    Column("rule", StorableText, nullable=False),
    Column("story", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", StorableText, nullable=False),
    Column("at", Double, nullable=False),
    Column("update_id", RowId, ForeignKey("updates.id")),
    Column("body", JSON, nullable=False),
    UniqueConstraint("id"),
    Index(None, "rule", "story", "at"),
    Index(None, "rule", "number"),
    Index(None, "story", "number"),
    Index(None, "severity", "number"),
    Index(None, "at", "rule", "severity"),
    Index(None, "update_id"),
)

# What pages filter alerts by and search in: the source of the update, and the folded words of the alert, by which the
# database finds them (`alert_words`).
alert_texts = Table(
    "alert_texts",
    metadata,
    Column("number", RowId, ForeignKey("alerts.number"), primary_key=True, autoincrement=False),
    Column("source", StorableText, nullable=False),
    Column("words", StorableText, nullable=False),
    Index(None, "source", "number"),
)

# `waiting` is the pending alert of a held or counted match; `opens` is when its throttle window ends. `counts_for` is
# what a match counts for that a rule with `count` has not used up yet.
matches = Table(
    "matches",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("update_id", RowId, ForeignKey("updates.id"), nullable=False),
    Column("rule", StorableText, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("because", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", StorableText, nullable=False),
    Column("alert_id", Text, ForeignKey("alerts.id")),
    Column("waiting", JSON(none_as_null=True)),
    Column("opens", Double),
    Column("counts_for", StorableText),
    Column("at", Double, nullable=False),
    Index(None, "update_id"),
    Index(None, "alert_id"),
    Index(None, "at", "reason"),
)
_is_pending = matches.c.waiting.is_not(None)
Index("ix_matches_held", matches.c.opens, matches.c.id, sqlite_where=_is_pending, postgresql_where=_is_pending)

_is_counted = matches.c.counts_for.is_not(None)
Index(
    "ix_matches_counted",
    matches.c.rule,
    matches.c.counts_for,
    matches.c.at,
    sqlite_where=_is_counted,
    postgresql_where=_is_counted,
)

# The rules with `absent`: the time of their last match, or since when they wait for the first; its claim and source
# (`last`); and when they alerted on its absence.
absences = Table(
    "absences",
    metadata,
    Column("rule", StorableText, primary_key=True),
    Column("since", Double, nullable=False),
    Column("last", StorableText, nullable=False),
    Column("told", Double),
)

# The claims that must be confirmed before a match that awaits corroboration is released.
awaited = Table(
    "awaited",
    metadata,
    Column("claim_id", RowId, ForeignKey("claims.id"), primary_key=True, autoincrement=False),
    Column("match_id", RowId, ForeignKey("matches.id"), primary_key=True, autoincrement=False),
    Index(None, "match_id"),
    sqlite_with_rowid=False,
)

# The claims that a rule has alerted on, per story, by the hash of the text.
told = Table(
    "told",
    metadata,
    Column("rule", StorableText, primary_key=True),
    Column("story", Text, primary_key=True),
    Column("text_hash", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# `gathers` is the reason why alerts of several updates share the message, NULL if they do not; `left_to` are the
# recipients that have not received it yet, NULL for all of them; `handle` is the id that the receiving service gave a
# message that opened a thread; `continues` is the number of the message whose alerts did not all fit into one;
# `revised` is the new state of an alert that the channel was sent; `leased_by` is the worker that sends the message.
messages = Table(
    "messages",
    metadata,
    Column("number", RowId, primary_key=True),
    Column("id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Double, nullable=False),
    Column("leased_until", Double),
    Column("leased_by", Text),
    Column("error", StorableText),
    Column("detail", StorableText),
    Column("sent_at", Double),
    Column("gathers", Text),
    Column("left_to", JSON(none_as_null=True)),
    Column("handle", StorableText),
    Column("continues", RowId),
    Column("revised", JSON(none_as_null=True)),
    UniqueConstraint("id"),
    Index(None, "state", "channel", "thread", "number"),
    Index(None, "channel", "gathers", "number"),
    Index(None, "sent_at"),
)
_is_part = messages.c.continues.is_not(None)
Index("ix_messages_continues", messages.c.continues, sqlite_where=_is_part, postgresql_where=_is_part)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("alert_id", Text, ForeignKey("alerts.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False),
    UniqueConstraint("alert_id", "channel"),
    Index(None, "message_id"),
)

# Unreachable channels: their messages wait until `held_until`, or until the hash in `settings` changes.
channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("held_until", Double, nullable=False),
    Column("settings", Text),
)

# Silences, kept after their end. `claims` are the claims that a mute was created for.
silences = Table(
    "silences",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("rule", StorableText),
    Column("source", StorableText),
    Column("story", Text),
    Column("match", StorableText),
    Column("reason", StorableText, nullable=False),
    Column("by", StorableText, nullable=False),
    Column("made", Double, nullable=False),
    Column("until", Double, nullable=False),
    Column("mode", Text),
    Column("claims", JSON(none_as_null=True)),
    Index(None, "until"),
)

# Feedback on alerts. `pairs` are the claims of the alert as `calibrate` reads them: they outlive the alert.
answers = Table(
    "answers",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("alert_id", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("note", StorableText, nullable=False),
    Column("by", StorableText, nullable=False),
    Column("at", Double, nullable=False),
    Column("pairs", JSON, nullable=False),
    Index(None, "alert_id"),
    Index(None, "at"),
)
