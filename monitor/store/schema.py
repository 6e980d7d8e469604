"""The tables at the newest schema; `migrations/versions` has the steps that lead to it.

    sources 1─n entries 1─n updates 1─n findings
                   │            └──n matches n─1 alerts 1─n deliveries n─1 messages
                   └──n sayings n─1 claims 1─n postings

A claim is stored once, however many entries say it; a saying links an entry to a claim. Moments are Unix time in
seconds. Rows of updates, messages and alerts are numbered in the order they were committed.
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
    absences,
    alert_texts,
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
    "absences",
    "alert_texts",
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
    "workers",
]

# `id` identifies a source whose name changes; `pace` is the adaptive interval in seconds, NULL for that of the
# config. `last_read` is when its entries were last compared one by one: the entries seen then count as seen in every
# good poll until the next comparison. `leased_by` is the id of the worker that holds the lease; `shard` decides which
# worker polls the source.
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
    Column("leased_by", Text),
    Column("pace", Double),
    Column("baselined", Boolean, nullable=False),
    Column("shard", Integer, nullable=False, server_default="0"),
    Column("paused_at", Double),
    Index(None, "next_poll"),
)

# Notices about a source for the operator: active from `since` until `ended`, last announced at `told`.
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

# Fingerprints of feeds, by which unchanged items of a changed feed are recognized: `frame` is the hash of everything
# around the items, `ttl` the seconds that the feed asks for, `entries` has for each item the hash of its bytes, its
# key, its date and the hash of its content.
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
    Index(None, "source", "first_seen"),
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

# `root` is the claim that this one repeats in other words, or its own id: a source of either is evidence for both.
# `sayings` is a count; `indexed` says whether the claim is in the index.
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

# `nth` numbers the sayings of a claim, which limits the cost of looking up a claim that thousands repeat.
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
    """Return the three tables of an index (see `inverted_index`): postings, counts, pending rows.

    They have no foreign keys: an index can be rebuilt from the rows that it leads to.
    """
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


# The index from terms to claims.
postings, terms, unfiled = index_tables()

# The term vector of each story, by which a new entry finds its story: words and n-grams with their weights, and the
# index from words to stories. `entry_id` is the entry that opened the story, `members` the number of its entries.
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

# The document frequencies of n-grams and, last, the number of entries counted: 32-bit integers, in one row.
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
    Column("bundle", Text),
    Column("evidence", JSON(none_as_null=True)),
    Index(None, "story"),
    Index(None, "bundle"),
    sqlite_with_rowid=False,
)

# The processes that share the store. `beat` is when a worker last showed that it is alive, by the clock of the
# database; `rules` is the digest of the rules that it uses.
workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("host", StorableText, nullable=False),
    Column("version", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("started", Double, nullable=False),
    Column("beat", Double, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
