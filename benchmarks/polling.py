"""Compares polling of many feeds with the library `reader`: CPU, time and memory.

    python -m venv other && other/bin/pip install reader sgmllib3k      (used for this benchmark only)
    python benchmarks/polling.py [FEEDS] --reader other/bin/python         default 1000; [--only ours|reader]
    python benchmarks/polling.py 5000 --entries 2 --reader …               for the unchanged round alone

One process serves FEEDS feeds of 30 entries (about 34 KB) with ETags on loopback. The cost of polling an unchanged
feed does not depend on its number of entries, so a few are enough for that round. Each program polls the feeds three
times: first, unchanged, and with one new entry in each. Ours runs the rounds of `monitor run --once` in one process,
with the store, the comparison with all earlier claims, and a few rules. CPU is that of the whole process tree; the
start is listed separately. Memory is the peak of the tree's proportional set sizes (PSS) in each round.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import TextIO
from urllib.error import HTTPError
from urllib.request import urlopen

ENTRIES = 30
ROUNDS = {"first": 1, "unchanged": 5, "one new": 1}  # round -> number of polls
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
MEMORY_SAMPLE_S = 0.5  # seconds between two samples of memory
CONFIG = """
[network]
allow_private = ["127.0.0.0/8"]
"""
SOURCE_TOML = '[[sources]]\nname = "feed-{number}"\nurl = "http://127.0.0.1:{port}/{number}"\n'
RULES = "rules:\n" + "".join(
    f'  - name: rule-{number}\n    title: Rule {number}\n    match: "{query}"\n'
    for number, query in enumerate(
        ("convoy* AND bridge*", "earthquake*", "flood* NEAR/5 river", "minister* AND resign*")
    )
)


class ProseGenerator:
    """Made-up prose: the n-th most common of 20,000 words has the weight 1/(n+3)."""

    def __init__(self) -> None:
        rng = random.Random(1)
        syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai", "or")]
        words: dict[str, None] = {}
        while len(words) < 20_000:
            words["".join(rng.choices(syllables, k=2 + (len(words) > 300)))] = None
        self._words = [*"the of to in and a that for on with said is was by at from as has".split(), *words]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._words))))

    def sentence(self, rng: random.Random) -> str:
        tokens = rng.choices(self._words, cum_weights=self._weights, k=rng.randint(12, 26))
        tokens[3] = tokens[3].capitalize()
        tokens[7] = str(rng.randrange(2, 90_000))
        return " ".join(tokens).capitalize() + "."


@cache
def make_feed(prose: ProseGenerator, number: int, newest: int, entries: int) -> bytes:
    """Return feed `number` with `newest` as its latest entry; an entry always has the same content."""
    items = []
    for entry in range(newest, newest - entries, -1):
        rng = random.Random(number * 1000 + entry)
        body = "".join(f"<p>{prose.sentence(rng)} {prose.sentence(rng)}</p>" for _ in range(3))
        link = f"https://news.example/{number}/{entry}"
        day = f"{entry % 28 + 1:02} Jan 2026 {entry % 24:02}:00:00 GMT"
        items.append(
            f"<item><title>{prose.sentence(rng)}</title><link>{link}</link><guid>{link}</guid>"
            f"<pubDate>{day}</pubDate><category>News</category><dc:creator>Desk</dc:creator>"
            f"<description>{escape(body)}</description></item>\n"
        )
    head = f"<title>Feed {number}</title><link>https://news.example/{number}</link><description>News</description>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"{head}\n{''.join(items)}</channel></rss>\n"
    ).encode()


async def serve(entries: int) -> None:
    """Print the port, then serve feeds until killed; `GET /newest/N` publishes up to entry N."""
    prose, newest = ProseGenerator(), [ENTRIES - 1]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                path, _, headers = request.partition(b"\r\n")
                path = path.split()[1].decode()
                if path.startswith("/newest/"):
                    newest[0] = int(path.removeprefix("/newest/"))
                tag = f'"{newest[0]}"'
                if f"if-none-match: {tag}".encode() in headers.lower():
                    writer.write(f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode())
                elif path.removeprefix("/").isdecimal():
                    body = make_feed(prose, int(path[1:]), newest[0], entries)
                    head = f"Content-Type: application/rss+xml\r\nETag: {tag}\r\nContent-Length: {len(body)}\r\n\r\n"
                    writer.write(b"HTTP/1.1 200 OK\r\n" + head.encode() + body)
                else:
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, backlog=500) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def end_round() -> None:
    """Report the end of a round, and wait for the start of the next."""
    print("done", flush=True)
    sys.stdin.readline()


async def poll_with_monitor(folder: Path, port: int, feeds: int) -> None:
    from monitor.daemon.memory import skip_optional_imports  # as `monitor run`, before other imports

    skip_optional_imports()
    from monitor.config_file.load import read_config
    from monitor.daemon.memory import freeze_loaded_objects
    from monitor.daemon.run import prepare_store
    from monitor.daemon.scheduler import Daemon
    from monitor.log import configure_logging
    from monitor.runtime import open_runtime

    configure_logging(stream=io.StringIO())
    (folder / "rules").mkdir()
    (folder / "rules" / "some.yaml").write_text(RULES)
    source_tables = "".join(SOURCE_TOML.format(number=number, port=port) for number in range(feeds))
    (folder / "config.toml").write_text(CONFIG + source_tables)
    async with open_runtime(read_config(folder / "config.toml", env={})) as runtime:
        await runtime.run_in_store_thread(prepare_store, runtime)
        daemon = Daemon(runtime)
        with freeze_loaded_objects():
            for times in ROUNDS.values():
                end_round()
                for _ in range(times):
                    await daemon.poll_round()
            end_round()


def poll_with_reader(folder: Path, port: int, feeds: int) -> None:
    from reader import make_reader

    reader = make_reader(str(folder / "reader.db"))
    for number in range(feeds):
        reader.add_feed(f"http://127.0.0.1:{port}/{number}")
    for times in ROUNDS.values():
        end_round()
        for _ in range(times):
            reader.update_feeds(scheduled=False)
    end_round()


@dataclass
class Cost:
    """The cost of a round: CPU and wall seconds, and peak memory in MB."""

    cpu: float
    wall: float
    peak: float


class ProcessTree(threading.Thread):
    """Monitors a process and its descendants: CPU seconds on demand, and peak memory in MB since `peak` was set."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self._ended = pid, 0.0, threading.Event()

    def pids(self) -> list[int]:
        pids = [self.pid]
        for pid in pids:  # grows while it is read
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                pids += map(int, children.read_text().split())
        return pids

    def cpu(self) -> float:
        ticks = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # user and system, own and of ended children
        return ticks / TICKS_PER_SECOND

    def memory(self) -> float:
        total = 0
        for pid in self.pids():
            total += int(Path(f"/proc/{pid}/smaps_rollup").read_text().split("Pss:")[1].split()[0])
        return total / 1024

    def run(self) -> None:
        while not self._ended.wait(MEMORY_SAMPLE_S):
            try:
                self.peak = max(self.peak, self.memory())
            except (OSError, IndexError):  # a process has just ended
                continue

    def end(self) -> None:
        self._ended.set()
        self.join()


def measure(
    python: str, program: str, port: int, feeds: int, fill_folder: Callable[[Path], None] = lambda _: None
) -> tuple[dict[str, Cost], float]:
    """Return the cost of the start and of each round, and the peak memory. `fill_folder` prepares the data folder."""
    with tempfile.TemporaryDirectory() as folder:
        fill_folder(Path(folder))
        command = [python, __file__, "--be", program, folder, str(port), str(feeds)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdin and running.stdout
            tree, costs = ProcessTree(running.pid), {}
            tree.start()
            before, started = 0.0, time.perf_counter()
            for name in ("start", *ROUNDS):
                if running.stdout.readline() != "done\n":
                    sys.exit(f"{program} ended in the round {name!r}")
                now = time.perf_counter()
                cpu = tree.cpu()
                times = ROUNDS.get(name, 1)
                costs[name] = Cost((cpu - before) / times, (now - started) / times, max(tree.peak, tree.memory()))
                tree.peak = 0.0
                send_request(port, f"/newest/{ENTRIES - 1 + (name == 'unchanged')}")
                before, started = cpu, time.perf_counter()
                start_next_round(running.stdin)
            start_next_round(running.stdin)
            tree.end()
    return costs, max(cost.peak for cost in costs.values())


def start_next_round(stdin: TextIO) -> None:
    stdin.write("\n")
    stdin.flush()


def send_request(port: int, path: str) -> None:
    with suppress(HTTPError):
        urlopen(f"http://127.0.0.1:{port}{path}").read()


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(serve(int(sys.argv[2])))
        return
    if sys.argv[1:2] == ["--be"]:
        program, folder, port, feeds = sys.argv[2:]
        if program == "reader":
            poll_with_reader(Path(folder), int(port), int(feeds))
        else:
            asyncio.run(poll_with_monitor(Path(folder), int(port), int(feeds)))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feeds", type=int, nargs="?", default=1000)
    parser.add_argument("--reader", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--only", choices=("ours", "reader"))
    parser.add_argument("--entries", type=int, default=ENTRIES)
    arguments = parser.parse_args()
    pythons = {"ours": sys.executable, "reader": arguments.reader}
    compare_programs(arguments.feeds, pythons, arguments.only, arguments.entries)


def start_server(entries: int = ENTRIES) -> subprocess.Popen[str]:
    """Start a process that prints its port and serves feeds."""
    return subprocess.Popen([sys.executable, __file__, "--serve", str(entries)], stdout=subprocess.PIPE, text=True)


def compare_programs(feeds: int, pythons: dict[str, str], only: str | None, entries: int) -> None:
    with start_server(entries) as server:
        assert server.stdout
        port = int(server.stdout.readline())
        try:
            results = {}
            for program in [only] if only else list(pythons):
                costs, peak = results[program] = measure(pythons[program], program, port, feeds)
                round_text = "; ".join(
                    f"{name} {c.cpu:.1f} s CPU, {c.wall:.1f} s, {c.peak:.0f} MB" for name, c in costs.items()
                )
                cpu_text = ", ".join(f"{name} {costs[name].cpu / feeds * 1000:.3g}" for name in ROUNDS)
                print(f"{program:<7} {feeds} feeds: {round_text}")
                print(f"        CPU ms a feed: {cpu_text}; peak {peak:.0f} MB", flush=True)
        finally:
            server.kill()
    if not only:
        (ours, _), (reader, _) = results["ours"], results["reader"]
        for name in ROUNDS:
            cpu, wall = reader[name].cpu / ours[name].cpu, reader[name].wall / ours[name].wall
            print(f"{name:<10} {cpu:.1f} times less CPU, {wall:.1f} times faster")


if __name__ == "__main__":
    main()
