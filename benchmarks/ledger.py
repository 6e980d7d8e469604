"""How fast the ledger finds the nearest earlier claim, and whether it finds it.

    python benchmarks/ledger.py [CLAIMS …]        default 10000 100000

For each size a store of generated 21-word claims is filled through `record`, opened afresh, and asked for the
candidates of edited claims, which rapidfuzz re-scores. Beside it, in the same run, stands rapidfuzz alone: every
query against every claim, its words sorted once. Times are CPU milliseconds a claim; recall counts the queries
whose nearest claim (word-sorted ratio of 80 or more) is among the candidates.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from rapidfuzz import fuzz, process

from monitor.assess import Assessment
from monitor.config import SourceConfig
from monitor.model import Claim, Finding, Novelty, Role, Update
from monitor.store import Store, open_store, sources
from monitor.store.known import Known
from monitor.store.record import record

WORDS = 40_000  # in the vocabulary; the n-th most common is met 1/(n+3) as often as the first
COMMON = 60  # of these are too common for an index, as stop words are
LENGTH = 21
CLAIMS_PER_UPDATE = 25
QUERIES = 500


def vocabulary(chance: random.Random) -> list[str]:
    """Made-up words, the common ones short."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai", "or")]
    words: dict[str, None] = {}
    while len(words) < WORDS:
        words["".join(chance.choices(syllables, k=2 + (len(words) > 500) + (chance.random() < 0.3)))] = None
    return list(words)


def claims(count: int) -> Iterator[str]:
    """Generated claims, the same ones in every run."""
    chance = random.Random(count)
    words = vocabulary(random.Random(1))
    weights = list(accumulate(1 / (rank + 3) for rank in range(WORDS)))
    for _ in range(count):
        yield " ".join(chance.choices(words, cum_weights=weights, k=LENGTH))


def edited(claim: str, chance: random.Random, words: list[str]) -> str:
    """The claim with one to three words replaced and its halves swapped."""
    said = claim.split()
    for _ in range(chance.randint(1, 3)):
        said[chance.randrange(LENGTH)] = chance.choice(words)
    cut = chance.randrange(LENGTH)
    return " ".join(said[cut:] + said[:cut])


def terms(claim: str, common: frozenset[str]) -> tuple[str, ...]:
    """The words of the claim that are not too common."""
    return tuple(word for word in dict.fromkeys(claim.split()) if word not in common)


def fill(store: Store, said: list[str], common: frozenset[str]) -> float:
    """Records the claims; seconds it took."""
    began = time.perf_counter()
    with store.write() as conn:
        sources.sync(conn, [SourceConfig(name="wire", url="https://example.org/feed")], 0.0)
    for start in range(0, len(said), CLAIMS_PER_UPDATE * 40):
        with store.write() as conn:
            for first in range(start, min(start + CLAIMS_PER_UPDATE * 40, len(said)), CLAIMS_PER_UPDATE):
                assessment = brought(said[first : first + CLAIMS_PER_UPDATE], first, common)
                record(conn, assessment, content_hash=str(first), now=float(first))
    return time.perf_counter() - began


def brought(texts: list[str], number: int, common: frozenset[str]) -> Assessment:
    """An update whose claims are all new."""
    found = tuple(Claim(text, Role.BULLET) for text in texts)
    return Assessment(
        update=Update("wire", f"report-{number}", float(number), "Report", "", ""),
        claims=found,
        findings=tuple(Finding(claim, Novelty.NEW, 0.0, (), None, f"st-{number}") for claim in found),
        terms=tuple(terms(text, common) for text in texts),
        story=f"st-{number}",
    )


def ask(store: Store, queries: list[str], common: frozenset[str]) -> list[tuple[str, float]]:
    """The nearest candidate of each query and its score, asked for an update at a time."""
    found = []
    for first in range(0, len(queries), CLAIMS_PER_UPDATE):
        batch = queries[first : first + CLAIMS_PER_UPDATE]
        with store.read() as conn:
            near = Known(conn, since=float("-inf")).candidates([terms(query, common) for query in batch])
        for query, candidates in zip(batch, near, strict=True):
            best = process.extractOne(
                in_order(query), [in_order(said.text) for said in candidates], scorer=fuzz.ratio
            )
            found.append((candidates[best[2]].text, best[1]) if best else ("", 0.0))
    return found


def in_order(claim: str) -> str:
    return " ".join(sorted(claim.split()))


def measure(path: Path, count: int) -> None:
    """Prints one line of the table. Runs in a process of its own, so that its memory is the store's."""
    words = vocabulary(random.Random(1))
    common = frozenset(words[:COMMON])
    said = list(claims(count))
    chance = random.Random(7)
    queries = [edited(chance.choice(said), chance, words) for _ in range(QUERIES)]
    del said
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    store = open_store(f"sqlite:///{path}")
    ask(store, queries[:CLAIMS_PER_UPDATE], common)
    opened = time.perf_counter() - began
    began = time.process_time()
    found = ask(store, queries, common)
    ours = (time.process_time() - began) / QUERIES * 1000
    swollen = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    store.close()

    every = [in_order(claim) for claim in claims(count)]
    few = max(20, min(QUERIES, 5_000_000 // count))
    began = time.process_time()
    nearest = [process.extractOne(in_order(query), every, scorer=fuzz.ratio) for query in queries[:few]]
    theirs = (time.process_time() - began) / few * 1000
    wanted = [(best[1], mine[1]) for best, mine in zip(nearest, found, strict=False) if best[1] >= 80]
    recall = sum(mine >= best for best, mine in wanted) / len(wanted)
    size = path.stat().st_size / 2**20
    print(
        f"{count:>9,} claims: {ours:.3f} ms, rapidfuzz alone {theirs:.1f} ms, {theirs / ours:.0f} times; "
        f"recall {recall:.3f} of {len(wanted)}; open {opened:.2f} s, memory +{swollen:.0f} MB, file {size:.0f} MB"
    )


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]), int(sys.argv[3]))
        return
    common = frozenset(vocabulary(random.Random(1))[:COMMON])
    for count in [int(size) for size in sys.argv[1:]] or [10_000, 100_000]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ledger.db"
            store = open_store(f"sqlite:///{path}")
            took = fill(store, list(claims(count)), common)
            store.close()
            print(f"{count:>9,} claims recorded in {took:.0f} s, {took / count * 1e6:.0f} µs each", flush=True)
            subprocess.run([sys.executable, __file__, "--measure", str(path), str(count)], check=True)


if __name__ == "__main__":
    main()
