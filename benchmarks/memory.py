"""Measures the memory of a daemon that polls with a large ledger: the peak of all its processes together.

    python benchmarks/memory.py [CLAIMS] [FEEDS]        default 1000000 40

The store is filled as in `ledger.py`; then the rounds of `polling.py` are run: first, unchanged, one new.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from feed_server import running_feed_server
from ledger import COMMON_WORDS, claims, fill, vocabulary
from polling import measure

from monitor.store.connect import open_store


def main() -> None:
    count, feeds = (int(argument) for argument in (sys.argv[1:] + ["1000000", "40"][len(sys.argv) - 1 :])[:2])
    common = frozenset(vocabulary(random.Random(1))[:COMMON_WORDS])

    def fill_store(folder: Path) -> None:
        store = open_store(f"sqlite:///{folder / 'monitor.db'}")
        fill(store, claims(count), common)
        store.close()

    with running_feed_server() as port:
        costs, peak = measure(sys.executable, "ours", port, feeds, fill_store)
    cost_text = ", ".join(f"{name} {cost.cpu / feeds * 1000:.1f}" for name, cost in costs.items())
    print(f"{count:,} claims, {feeds} feeds: peak {peak:.0f} MB; CPU ms a feed: {cost_text}")


if __name__ == "__main__":
    main()
