"""Runs a daemon for many polls with page traffic, and checks that its memory and open files do not grow.

    python benchmarks/soak.py [POLLS] [--sources 100] [--url postgresql://…] [--growth 8]   10,000 polls

A daemon polls feeds of `feed_server.py` every second. Every few seconds each feed has a new entry, which matches a
rule and is sent to a webhook, and all the while every page, the API, the Atom feed and `/metrics` are requested, over
new and kept connections. Memory is the sum of proportional set sizes (PSS) of the daemon and its processes.

The first half warms up: caches fill. Printed are for each eighth of the polls the median of the memory and the fewest
open files, because the number of connections goes up and down; and the slowest page. Exits with 1 if the last quarter
has `--growth` MB more memory, or MAX_MORE_FILES more open files, than the third, if a page failed, or if the log has
an unexpected failure.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path

import httpx
from feed_server import ENTRIES, running_feed_server, send_request, source_tables
from processes import ProcessTree, running_monitor

CONFIG = """
[monitor]
database = "{url}"
[network]
allow_private = ["127.0.0.0/8"]
[defaults]
every = "1s"
[web]
listen = "127.0.0.1:{web_port}"
[channels.hook]
type = "webhook"
url = "http://127.0.0.1:{hook_port}/"
secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
[alerts]
notify = ["hook"]
"""
RULES = """
rules:
  - {name: statements, title: Statements, match: said*, severity: high}
  - {name: arrivals, title: Arrivals, match: from*, throttle: 30 per 1m}
"""
PAGES = (
    *("/", "/alerts", "/alerts?q=said", "/sources", "/search?q=said", "/silences", "/deliveries", "/coverage"),
    *("/feed.atom", "/metrics", "/health", "/api/v1/alerts?limit=20", "/api/v1/status", "/api/v1/openapi.json"),
)
NEW_ENTRY_S = 5.0  # seconds between two new entries of each feed
PAGE_PAUSE_S = 0.05  # seconds between two requests of a page
POLL_TIMEOUT_S = 30.0  # without a poll, the daemon is stuck
PARTS = 8  # of the polls
MAX_MORE_FILES = 4
POLLS_PATTERN = re.compile(r"^claimwatch_polls_total\{.*\} ([0-9.]+)$", re.MULTILINE)
UNEXPECTED = ("Traceback", "unexpected failure")


@dataclass(frozen=True)
class Sample:
    """What the daemon uses after so many polls: MB of memory and open files."""

    polls: int
    memory: float
    files: int


class Sink(BaseHTTPRequestHandler):
    """Accepts every alert."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Traffic(threading.Thread):
    """Requests every page in turn; every other request opens its own connection."""

    def __init__(self, base: str) -> None:
        super().__init__(daemon=True)
        self._base, self._ended = base, threading.Event()
        self.seconds: dict[str, float] = {}  # of the slowest answer, by path
        self.failures: list[str] = []
        self.count = 0

    def run(self) -> None:
        with httpx.Client(base_url=self._base, timeout=30) as client:
            for path in cycle(PAGES):
                if self._ended.wait(PAGE_PAUSE_S):
                    return
                self.count += 1
                get = client.get if self.count % 2 else lambda path: httpx.get(self._base + path, timeout=30)
                self._request(path, get)

    def _request(self, path: str, get: Callable[[str], httpx.Response]) -> None:
        started = time.perf_counter()
        try:
            status = get(path).status_code
        except httpx.HTTPError as error:
            self.failures.append(f"{path}: {type(error).__name__}")
            return
        self.seconds[path] = max(self.seconds.get(path, 0.0), time.perf_counter() - started)
        if status != 200:
            self.failures.append(f"{path}: {status}")

    def end(self) -> None:
        self._ended.set()
        self.join()


@contextmanager
def running_sink() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Sink) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def wait_for_polls(process: subprocess.Popen[bytes], base: str, log: Path) -> None:
    while not count_polls(base):
        if process.poll() is not None:
            sys.exit(f"the daemon has not started: {log.read_text()}")
        time.sleep(0.1)


def count_polls(base: str) -> int:
    """Return the number of polls since the daemon started; 0 before it listens."""
    try:
        shown = httpx.get(f"{base}/metrics", timeout=30).text
    except httpx.TransportError:
        return 0
    return int(sum(float(number) for number in POLLS_PATTERN.findall(shown)))


def count_files(tree: ProcessTree) -> int:
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in tree.pids())


def watch(tree: ProcessTree, base: str, port: int, polls: int) -> list[Sample]:
    """Sample the daemon until it has polled so often, while new entries are published."""
    samples: list[Sample] = []
    newest, published, last_poll = ENTRIES - 1, time.monotonic(), time.monotonic()
    while not samples or samples[-1].polls < polls:
        time.sleep(0.25)
        now, done = time.monotonic(), count_polls(base)
        if done > (samples[-1].polls if samples else 0):
            samples.append(Sample(done, tree.memory(), count_files(tree)))
            last_poll = now
        elif now - last_poll > POLL_TIMEOUT_S:
            sys.exit("the daemon has stopped polling")
        if now - published >= NEW_ENTRY_S:
            newest, published = newest + 1, now
            send_request(port, f"/newest/{newest}")
    return samples


def by_part(
    samples: Sequence[Sample], summarize: Callable[[list[float]], float], number: Callable[[Sample], float]
) -> list[float]:
    """Return the summary of a number for each of PARTS parts of the polls."""
    end = samples[-1].polls
    parts: list[list[float]] = [[] for _ in range(PARTS)]
    for sample in samples:
        parts[min(sample.polls * PARTS // end, PARTS - 1)].append(number(sample))
    return [summarize(part) for part in parts if part]


def half_growth(parts: Sequence[float]) -> float:
    """Return by how much the last quarter is above the third."""
    quarter = len(parts) // 4
    return statistics.mean(parts[-quarter:]) - statistics.mean(parts[-2 * quarter : -quarter])


def find_problems(samples: Sequence[Sample], traffic: Traffic, log: str, max_growth: float) -> list[str]:
    """Return what is wrong; print the figures."""
    memory = by_part(samples, statistics.median, lambda sample: sample.memory)
    files = by_part(samples, min, lambda sample: sample.files)
    slowest = max(traffic.seconds, key=traffic.seconds.__getitem__)
    print(f"{samples[-1].polls} polls, {traffic.count} pages, {len(samples)} samples")
    print(f"memory      {', '.join(f'{number:.0f}' for number in memory)} MB")
    print(f"open files  {', '.join(f'{number:.0f}' for number in files)}")
    print(f"slowest     {slowest} {traffic.seconds[slowest] * 1000:.0f} ms")
    problems = sorted(set(traffic.failures))
    growth, more_files = (half_growth(parts) for parts in (memory, files))
    if growth > max_growth:
        problems.append(f"memory grew by {growth:.1f} MB")
    if more_files > MAX_MORE_FILES:
        problems.append(f"open files grew by {more_files:.0f}")
    return problems + [line for line in log.splitlines() if any(words in line for words in UNEXPECTED)]


def free_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), Sink) as server:
        return server.server_port


def run_soak(folder: Path, polls: int, sources: int, url: str, max_growth: float) -> list[str]:
    with running_feed_server(5) as port, running_sink() as hook_port:
        web_port = free_port()
        base, log = f"http://127.0.0.1:{web_port}", folder / "log.txt"
        config = CONFIG.format(url=url, web_port=web_port, hook_port=hook_port) + source_tables(sources, port)
        (folder / "config.toml").write_text(config)
        (folder / "rules").mkdir()
        (folder / "rules" / "soak.yaml").write_text(RULES)
        with running_monitor(folder) as process:
            wait_for_polls(process, base, log)
            traffic = Traffic(base)
            traffic.start()
            samples = watch(ProcessTree(process.pid), base, port, polls)
            traffic.end()
        return find_problems(samples, traffic, log.read_text(), max_growth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("polls", type=int, nargs="?", default=10_000)
    parser.add_argument("--sources", type=int, default=100)
    parser.add_argument("--url", default="sqlite:///monitor.db", help="the database")
    parser.add_argument("--growth", type=float, default=8.0, help="MB of memory that are no problem")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        problems = run_soak(Path(folder), arguments.polls, arguments.sources, arguments.url, arguments.growth)
    for problem in problems:
        print(f"problem: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
