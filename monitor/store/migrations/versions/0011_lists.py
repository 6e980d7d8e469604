"""Store indexes as lists of ids instead of a row for each term of each claim, and term vectors (gists) as binary.

The old vectors are dropped: they only serve to find stories of the last two weeks, which build up again.
"""

from collections.abc import Iterator
from itertools import groupby
from struct import pack
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 10_000


def upgrade() -> None:
    op.execute("CREATE TABLE old_postings AS SELECT term, claim_id FROM postings")
    op.execute("DELETE FROM gists")
    for gone in ("postings", "terms", "gist_postings", "gist_terms"):
        op.drop_table(gone)
    for prefix in ("", "gist_"):
        make_index(prefix)
    fill()
    op.drop_table("old_postings")
    op.create_table(
        "gist_letters",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gist_letters"),
    )
    with op.batch_alter_table("gists") as gists:
        gists.drop_column("weights")
    with op.batch_alter_table("gists") as gists:
        gists.add_column(sa.Column("weights", sa.LargeBinary(), nullable=False))


def make_index(prefix: str) -> None:
    """Create the three tables of an index."""
    op.create_table(
        f"{prefix}postings",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("term", "lot", name=f"pk_{prefix}postings"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        f"{prefix}terms",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("holders", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("term", name=f"pk_{prefix}terms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        f"{prefix}unfiled",
        sa.Column("n", ROW, nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=f"pk_{prefix}unfiled"),
        sqlite_autoincrement=True,
    )


def fill() -> None:
    """Convert the old postings into one list of claims for each term."""
    conn = op.get_bind()
    old = sa.text("SELECT term, claim_id FROM old_postings ORDER BY term, claim_id")
    new = sa.text("INSERT INTO postings (term, lot, ids) VALUES (:term, 0, :ids)")
    rows: list[dict[str, Any]] = []
    for term, ids in lists(conn.execute(old)):
        rows.append({"term": term, "ids": pack(f"<{len(ids)}I", *ids)})
        if len(rows) == AT_ONCE:
            conn.execute(new, rows)
            rows.clear()
    if rows:
        conn.execute(new, rows)
    conn.execute(sa.text("INSERT INTO terms (term, holders) SELECT term, count(*) FROM old_postings GROUP BY term"))


def lists(rows: sa.CursorResult[Any]) -> Iterator[tuple[int, list[int]]]:
    """Yield each term with the claims that contain it."""
    for term, group in groupby(rows, key=lambda row: row.term):
        yield term, [row.claim_id for row in group]
