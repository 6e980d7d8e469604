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
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from monitor.store.schema_alerts import (
    alerts,
    answers,
    awaited,
    channels,
    deliveries,
    matches,
    messages,
    metadata,
    silences,
    told,
)
from monitor.store.sql import RowId, StorableText

__all__ = [
    "alerts",
    "answers",
    "awaited",
    "channels",
    "claims",
    "deliveries",
    "entries",
    "findings",
    "gist_letters",
    "gist_postings",
    "gist_terms",
    "gist_unfiled",
    "gists",
    "imprints",
    "matches",
    "messages",
    "meta",
    "metadata",
    "notices",
    "postings",
    "sayings",
    "silences",
    "sources",
    "stories",
    "terms",
    "told",
    "unfiled",
    "updates",
]

# `id` is by what it is known under another name; `pace` are the seconds between its polls where they are not those of
# the config. `last_read` is when its entries were last looked at one by one: those seen then stand for as long as it
# is good.
sources = Table(
    "sources",
    metadata,
    Column("name", StorableText, primary_key=True),
    Column("id", Text),
    Column("url", StorableText, nullable=False),
    Column("kind", Text, nullable=False),
    Column("configured", Boolean, nullable=False),
    Column("etag", StorableText),
    Column("last_modified", StorableText),
    Column("body_hash", Text),
    Column("state", Text, nullable=False),
    Column("error", StorableText),
    Column("error_code", Text),
    Column("failures", Integer, nullable=False),
    Column("last_poll", Double),
    Column("last_read", Double),
    Column("last_good", Double),
    Column("next_poll", Double, nullable=False),
    Column("leased_until", Double),
    Column("pace", Double),
    Column("baselined", Boolean, nullable=False),
    Index(None, "next_poll"),
)

# What the operator is to know of a source: it stands from `since` until `ended`, and was last told of at `told`.
notices = Table(
    "notices",
    metadata,
    Column("source", StorableText, ForeignKey("sources.name"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("said", StorableText, nullable=False),
    Column("since", Double, nullable=False),
    Column("last", Double, nullable=False),
    Column("told", Double),
    Column("ended", Double),
)

# What a feed's items are recognised by when it has changed: a hash of all around them, the seconds that it asked for,
# and of each item the hash of its bytes, the key, the date and the hash of what it says.
imprints = Table(
    "imprints",
    metadata,
    Column("source", StorableText, ForeignKey("sources.name"), primary_key=True),
    Column("frame", Text, nullable=False),
    Column("ttl", Double),
    Column("entries", JSON, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("source", StorableText, ForeignKey("sources.name"), nullable=False),
    Column("key", StorableText, nullable=False),
    Column("title", StorableText, nullable=False),
    Column("url", StorableText, nullable=False),
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
    Column("title", StorableText, nullable=False),
    Column("url", StorableText, nullable=False),
    Column("author", StorableText, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("published", Double),
    Column("text", StorableText, nullable=False),
    Column("story", Text, nullable=False),
    Column("content_hash", Text),
    Index(None, "entry_id", "id"),
    Index(None, "recorded_at"),
)

stories = Table(
    "stories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("lead", StorableText, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
)

# `root` is the claim that this one says in other words, or itself: whoever says either is evidence for both.
# `sayings` counts; `indexed` says whether postings lead here.
claims = Table(
    "claims",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=False),
    Column("text", StorableText, nullable=False),
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
    Column("heading", StorableText, nullable=False),
    Column("first_at", Double, nullable=False),
    Column("gone_at", Double),
    UniqueConstraint("entry_id", "claim_id"),
    sqlite_with_rowid=False,
)


def index_tables(prefix: str = "") -> tuple[Table, Table, Table]:
    """The tables of an index (see `index`), without foreign keys: it is rebuilt from what it leads to, never the
    reverse."""
    lists = Table(
        f"{prefix}postings",
        metadata,
        Column("term", BigInteger, primary_key=True, autoincrement=False),
        Column("lot", BigInteger, primary_key=True, autoincrement=False),
        Column("ids", LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    counts = Table(
        f"{prefix}terms",
        metadata,
        Column("term", BigInteger, primary_key=True, autoincrement=False),
        Column("holders", Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    pending = Table(
        f"{prefix}unfiled",
        metadata,
        Column("n", RowId, primary_key=True),
        Column("id", BigInteger, nullable=False),
        Column("terms", LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    return lists, counts, pending


# Which claims hold a term.
postings, terms, unfiled = index_tables()

# What each story is about, by which a new entry finds it: words and groups of letters with their weights, and which
# stories hold a word. `entry_id` opened the story, `members` tell of it.
gists = Table(
    "gists",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("entry_id", RowId, ForeignKey("entries.id"), nullable=False),
    Column("story", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("members", Integer, nullable=False),
    Column("weights", LargeBinary, nullable=False),
    UniqueConstraint("story"),
    Index(None, "at"),
)

gist_postings, gist_terms, gist_unfiled = index_tables("gist_")

# How many entries were counted, and how many hold each group of letters: 32 bits each, in one row.
gist_letters = Table(
    "gist_letters",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("counts", LargeBinary, nullable=False),
)

findings = Table(
    "findings",
    metadata,
    Column("update_id", RowId, ForeignKey("updates.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("claim", StorableText, nullable=False),
    Column("role", Text, nullable=False),
    Column("heading", StorableText, nullable=False),
    Column("quiet", Text),
    Column("novelty", Text, nullable=False),
    Column("similarity", Double, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("nearest", JSON(none_as_null=True)),
    Column("story", Text, nullable=False),
    Column("echo", Boolean, nullable=False),
    Index(None, "story"),
    sqlite_with_rowid=False,
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
