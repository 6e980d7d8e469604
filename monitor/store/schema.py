"""The tables as they are today; the files in `migrations/versions` say how they came about.

    sources 1─n entries 1─n updates 1─n findings
                   │            └──n matches n─1 alerts 1─n deliveries n─1 messages
                   └──n sayings n─1 claims 1─n postings

A claim is kept once however many entries say it; a saying is one entry's claim. Moments are seconds since 1970 in
UTC. Rows of updates, messages and alerts are numbered in the order they were committed.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
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

from monitor.store.types import Prose, RowId

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# `last_read` is when its entries were last looked at one by one: those seen then stand for as long as it is good.
sources = Table(
    "sources",
    metadata,
    Column("name", Prose, primary_key=True),
    Column("url", Prose, nullable=False),
    Column("kind", Text, nullable=False),
    Column("configured", Boolean, nullable=False),
    Column("etag", Prose),
    Column("last_modified", Prose),
    Column("body_hash", Text),
    Column("state", Text, nullable=False),
    Column("error", Prose),
    Column("error_code", Text),
    Column("failures", Integer, nullable=False),
    Column("last_poll", Double),
    Column("last_read", Double),
    Column("last_good", Double),
    Column("next_poll", Double, nullable=False),
    Column("leased_until", Double),
    Column("baselined", Boolean, nullable=False),
    Index(None, "next_poll"),
)

# What the operator is to know of a source: it stands from `since` until `ended`, and was last told of at `told`.
notices = Table(
    "notices",
    metadata,
    Column("source", Prose, ForeignKey("sources.name"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("said", Prose, nullable=False),
    Column("since", Double, nullable=False),
    Column("last", Double, nullable=False),
    Column("told", Double),
    Column("ended", Double),
)

entries = Table(
    "entries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("source", Prose, ForeignKey("sources.name"), nullable=False),
    Column("key", Prose, nullable=False),
    Column("title", Prose, nullable=False),
    Column("url", Prose, nullable=False),
    Column("published", Double),
    Column("content_hash", Text, nullable=False),
    Column("first_seen", Double, nullable=False),
    Column("last_seen", Double, nullable=False),
    UniqueConstraint("source", "key"),
    Index(None, "source", "content_hash"),
)

updates = Table(
    "updates",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("entry_id", RowId, ForeignKey("entries.id"), nullable=False),
    Column("at", Double, nullable=False),
    Column("recorded_at", Double, nullable=False),
    Column("title", Prose, nullable=False),
    Column("url", Prose, nullable=False),
    Column("author", Prose, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("published", Double),
    Column("text", Prose, nullable=False),
    Column("story", Text, nullable=False),
    Column("content_hash", Text),
    Index(None, "entry_id", "id"),
    Index(None, "recorded_at"),
)

stories = Table(
    "stories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("lead", Prose, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
)

# `root` is the claim that this one says in other words, or itself: whoever says either is evidence for both.
# `sayings` counts; `indexed` says whether postings lead here.
claims = Table(
    "claims",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=False),
    Column("text", Prose, nullable=False),
    Column("text_hash", BigInteger, nullable=False),
    Column("story", Text, nullable=False),
    Column("root", RowId, nullable=False),
    Column("sayings", Integer, nullable=False),
    Column("indexed", Boolean, nullable=False),
    Column("first_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
    UniqueConstraint("text_hash"),
    Index(None, "root"),
    Index(None, "last_at"),
)

# `nth` counts a claim's sayings, so that a claim that thousands repeat costs no more to look up than others.
sayings = Table(
    "sayings",
    metadata,
    Column("claim_id", RowId, ForeignKey("claims.id"), primary_key=True, autoincrement=False),
    Column("nth", Integer, primary_key=True, autoincrement=False),
    Column("entry_id", RowId, ForeignKey("entries.id"), nullable=False),
    Column("heading", Prose, nullable=False),
    Column("first_at", Double, nullable=False),
    Column("gone_at", Double),
    UniqueConstraint("entry_id", "claim_id"),
    sqlite_with_rowid=False,
)

# The index of the ledger: which claims hold a term. No foreign keys: it is rebuilt from claims, never the reverse.
postings = Table(
    "postings",
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("claim_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

terms = Table(
    "terms",
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("claims", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# What each new entry was about, by which it finds its story: words with their weights, how many gists hold a word or
# group of letters, and which recent ones hold a word.
gists = Table(
    "gists",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("entry_id", RowId, ForeignKey("entries.id"), nullable=False),
    Column("story", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("weights", JSON, nullable=False),
    Index(None, "story"),
    Index(None, "at"),
)

gist_postings = Table(
    "gist_postings",
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("gist_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

gist_terms = Table(
    "gist_terms",
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("gists", Integer, nullable=False),
    sqlite_with_rowid=False,
)

findings = Table(
    "findings",
    metadata,
    Column("update_id", RowId, ForeignKey("updates.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("claim", Prose, nullable=False),
    Column("role", Text, nullable=False),
    Column("heading", Prose, nullable=False),
    Column("quiet", Text),
    Column("novelty", Text, nullable=False),
    Column("similarity", Double, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("nearest", JSON(none_as_null=True)),
    Column("story", Text, nullable=False),
    Column("echo", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

alerts = Table(
    "alerts",
    metadata,
    Column("number", RowId, primary_key=True),
    Column("id", Text, nullable=False),
    Column("rule", Prose, nullable=False),
    Column("story", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Prose, nullable=False),
    Column("at", Double, nullable=False),
    Column("update_id", RowId, ForeignKey("updates.id")),
    Column("body", JSON, nullable=False),
    UniqueConstraint("id"),
    Index(None, "rule", "story", "at"),
    Index(None, "rule", "number"),
    Index(None, "story", "number"),
    Index(None, "at"),
    Index(None, "update_id"),
)

# `waiting` is the alert that a held match will become; `opens` is when a throttle lets it out.
matches = Table(
    "matches",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("update_id", RowId, ForeignKey("updates.id"), nullable=False),
    Column("rule", Prose, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("because", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Prose, nullable=False),
    Column("alert_id", Text, ForeignKey("alerts.id")),
    Column("waiting", JSON(none_as_null=True)),
    Column("opens", Double),
    Column("at", Double, nullable=False),
    Index(None, "update_id"),
    Index(None, "alert_id"),
    Index(None, "at", "reason"),
)
_held = matches.c.waiting.is_not(None)
Index("ix_matches_held", matches.c.opens, matches.c.id, sqlite_where=_held, postgresql_where=_held)

# The claims that a match held for corroboration waits to be confirmed.
awaited = Table(
    "awaited",
    metadata,
    Column("claim_id", RowId, ForeignKey("claims.id"), primary_key=True, autoincrement=False),
    Column("match_id", RowId, ForeignKey("matches.id"), primary_key=True, autoincrement=False),
    Index(None, "match_id"),
    sqlite_with_rowid=False,
)

# What a rule has told of in a story, by the hash of the claim.
told = Table(
    "told",
    metadata,
    Column("rule", Prose, primary_key=True),
    Column("story", Text, primary_key=True),
    Column("text_hash", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# `gathers` says why a message waits for more alerts, None if it goes alone; `left_to` are the recipients that have
# not got it yet, None while that is all of them.
# `handle` is what the other side calls a message that opened a thread there.
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
    Column("error", Prose),
    Column("detail", Prose),
    Column("sent_at", Double),
    Column("gathers", Text),
    Column("left_to", JSON(none_as_null=True)),
    Column("handle", Prose),
    UniqueConstraint("id"),
    Index(None, "state", "channel", "thread", "number"),
    Index(None, "channel", "gathers", "number"),
)

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

# Channels that were out of reach: all that is owed to one waits until then, unless its settings are others since.
channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("held_until", Double, nullable=False),
    Column("settings", Text),
)

# What nobody is to be told of until a moment; a row outlives it. `claims` are what a mute was made for.
silences = Table(
    "silences",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("rule", Prose),
    Column("source", Prose),
    Column("story", Text),
    Column("match", Prose),
    Column("reason", Prose, nullable=False),
    Column("by", Prose, nullable=False),
    Column("made", Double, nullable=False),
    Column("until", Double, nullable=False),
    Column("mode", Text),
    Column("claims", JSON(none_as_null=True)),
    Index(None, "until"),
)

# What people answered to an alert. `pairs` are its claims as `calibrate` reads them: they outlive the alert.
answers = Table(
    "answers",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("alert_id", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("note", Prose, nullable=False),
    Column("by", Prose, nullable=False),
    Column("at", Double, nullable=False),
    Column("pairs", JSON, nullable=False),
    Index(None, "alert_id"),
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
