"""Measures how long hostile feeds delay a neighbour: from the publishing of an entry to the delivery of its alert.

    python benchmarks/delays.py [SCENARIO ...] [--settle 60] [--longest 600]      all: about twenty minutes

A daemon in its own process polls a feed that publishes a matching entry every two seconds, and sends the alerts to a
webhook. Notices about hostile sources go to another one, because a burst of messages to a channel holds the rest for
a minute. After CALM_S seconds the hostile sources of a scenario become due. Prints for each scenario, in seconds, the
longest delay from publishing to delivery without and with hostile sources, the difference, the longest gap between
two polls of the neighbour, the longest gap of the event loop, and how long the hostile polls took; then the memory of
the process tree in MB (PSS): before, peak, and `--settle` seconds after the last hostile poll.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

from feed_server import ProseGenerator
from processes import ProcessTree

PUBLISH_S = 2.0  # between two entries of the neighbour; more alerts would be sent in batches
CALM_S = 20.0  # seconds without hostile sources
LOOP_CHECK_S = 0.005  # seconds between two checks of the event loop
CONFIG = """
[network]
allow_private = ["127.0.0.0/8"]
[channels.desk]
type = "webhook"
url = "http://127.0.0.1:{port}/hook"
secret = "whsec_ZGVsYXlzLWRlbGF5cy1kZWxheXMtZGVsYXlz"
[channels.operator]
type = "webhook"
url = "http://127.0.0.1:{port}/operator"
secret = "whsec_ZGVsYXlzLWRlbGF5cy1kZWxheXMtZGVsYXlz"
[alerts]
notify = ["operator"]
[[sources]]
name = "neighbour"
url = "http://127.0.0.1:{port}/neighbour"
every = "1s"
"""
HOSTILE_TOML = '[[sources]]\nname = "{name}"\nurl = "http://127.0.0.1:{port}/{name}"\nkind = "{kind}"\nevery = "1d"\n'
RULES = "name: ferries\ntitle: Ferries\nmatch: ferry\non: [new, changed]\nsources: [neighbour]\nnotify: [desk]\n"
FERRY_PATTERN = re.compile(rb'"entry": ?"ferry-(\d+)"')
Bodies = tuple[bytes | None, bytes]  # of a hostile source, before and after; before its first poll it is unavailable


@cache
def prose_generator() -> ProseGenerator:
    """Not made on import, which worker processes do as well."""
    return ProseGenerator()


def rss(items: list[tuple[str, str]]) -> bytes:
    """Return a feed with these keys and bodies, in HTML."""
    parts = [
        f"<item><title>Report {key}</title><guid>{key}</guid><description>{escape(body)}</description></item>\n"
        for key, body in items
    ]
    return f'<rss version="2.0"><channel><title>News</title>{"".join(parts)}</channel></rss>'.encode()


def page(body: str) -> bytes:
    return f"<!doctype html><title>Report</title><body><main>{body}</main>".encode()


def prose(seed: int, sentences: int) -> str:
    rng = random.Random(seed)
    return " ".join(prose_generator().sentence(rng) for _ in range(sentences))


def items(seed: int, count: int) -> list[tuple[str, str]]:
    return [(f"{seed}-{number}", f"<p>{prose(seed * 10_000 + number, 4)}</p>") for number in range(count)]


def short_sentences(count: int, edition: int = 0) -> str:
    """Return that many distinct sentences in paragraphs of twenty; in another edition every tenth is another one."""
    sentences = [f"Depot {n} holds {n % 97 + (edition if n % 10 == 0 else 0)}." for n in range(count)]
    return "".join(f"<p>{' '.join(sentences[start : start + 20])}</p>\n" for start in range(0, count, 20))


def deep_markup(seed: int) -> str:
    return "<div><b>" * 60_000 + prose(seed, 2_000) + "</b></div>" * 60_000


def long_lines(seed: int) -> str:
    return "\n".join(prose(seed + number, 120).replace(".", ",") for number in range(250))


def huge_entry(seed: int) -> str:
    return "".join(f"<p>{prose(seed * 1000 + number, 20)}</p>" for number in range(700))


HUGE = 300_000


def calm_feed() -> bytes:
    return rss(items(99, 3))


def huge_feed(edition: int) -> bytes:
    return rss([*items(99, 3), ("huge", short_sentences(HUGE, edition))])


def storm() -> list[Bodies]:
    """Return the bodies of 28 hostile feeds of four kinds."""
    makers: list[Callable[[int], str]] = [huge_entry, deep_markup, long_lines]
    feeds: list[Bodies] = [(calm_feed(), rss(items(seed, 5_000))) for seed in range(7)]
    for maker in makers:
        feeds += [(calm_feed(), rss([*items(99, 3), ("h", maker(seed))])) for seed in range(7)]
    return feeds


SCENARIOS: dict[str, tuple[str, Callable[[], list[Bodies]]]] = {
    "items": ("feed", lambda: [(calm_feed(), rss(items(1, 5_000)))]),
    "first-items": ("feed", lambda: [(None, rss(items(1, 5_000)))]),
    "entry": ("feed", lambda: [(calm_feed(), huge_feed(0))]),
    "first-entry": ("feed", lambda: [(None, huge_feed(0))]),
    "entry-revision": ("feed", lambda: [(huge_feed(0), huge_feed(100))]),
    "page": ("page", lambda: [(None, page(short_sentences(HUGE)))]),
    "page-revision": ("page", lambda: [(page(short_sentences(HUGE)), page(short_sentences(HUGE, 100)))]),
    "prose": ("feed", lambda: [(calm_feed(), rss([*items(99, 3), ("h", huge_entry(1))]))]),
    "storm": ("feed", storm),
}


@dataclass
class Site:
    """Serves the sources and receives the alerts. `is_hostile` publishes the hostile bodies."""

    bodies: dict[str, Bodies]
    started: float = field(default_factory=time.monotonic)
    is_hostile: bool = False
    polls: list[float] = field(default_factory=list)
    deliveries: dict[int, float] = field(default_factory=dict)  # moment by number of the neighbour's entry

    def published(self, number: int) -> float:
        return self.started + PUBLISH_S * number

    def neighbour_feed(self) -> bytes:
        newest = int((time.monotonic() - self.started) / PUBLISH_S)
        bodies = []
        for number in range(newest, max(-1, newest - 90), -1):
            rng = random.Random(number)
            bodies.append((f"ferry-{number}", f"<p>The ferry {prose_generator().sentence(rng)}</p>"))
        return rss(bodies)

    def respond(self, path: str) -> bytes | None:
        if path == "/neighbour":
            self.polls.append(time.monotonic())
            return self.neighbour_feed()
        before, after = self.bodies[path[1:]]
        return after if self.is_hostile else before

    def receive(self, body: bytes) -> None:
        now = time.monotonic()
        for number in FERRY_PATTERN.findall(body):
            self.deliveries.setdefault(int(number), now)

    def delays(self, begin: float, end: float) -> list[float]:
        """Return the delay of each entry of the neighbour published in a time; of one not delivered, until now."""
        numbers = range(int((begin - self.started) / PUBLISH_S) + 1, int((end - self.started) / PUBLISH_S))
        now = time.monotonic()
        return [self.deliveries.get(number, now) - self.published(number) for number in numbers]

    def longest_gap(self, begin: float, end: float) -> float:
        polls = [begin, *(moment for moment in self.polls if begin < moment < end), end]
        return max(after - before for before, after in pairwise(polls))


class Server(ThreadingHTTPServer):
    """Serves a site on loopback."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self, site: Site) -> None:
        self.site = site
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """Responds from the site of its server."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.server.site.respond(self.path)
        self.send(503 if body is None else 200, body or b"")

    def do_POST(self) -> None:
        self.server.site.receive(self.rfile.read(int(self.headers["Content-Length"])))
        self.send(200, b"")

    def send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


async def watch_loop(longest: list[float]) -> None:
    """Record the longest time between two turns of the loop."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(LOOP_CHECK_S)
        longest[0] = max(longest[0], time.perf_counter() - began - LOOP_CHECK_S)


async def run_monitored(folder: Path) -> None:
    """Run the daemon. For each line of stdin, make the hostile sources due if it says so, and print and reset the
    longest gap of the loop."""
    from monitor.daemon.memory import skip_optional_imports  # as `monitor run`, before other imports

    skip_optional_imports()
    from monitor.config_file.load import read_config
    from monitor.daemon.run import request_polls, running_daemon
    from monitor.log import configure_logging

    configure_logging(stream=(folder / "log").open("w", buffering=1))
    longest = [0.0]
    async with running_daemon(read_config(folder / "config.toml", env={})) as runtime:
        watch = asyncio.create_task(watch_loop(longest))
        while command := (await asyncio.to_thread(sys.stdin.readline)).strip():
            if command == "poll":
                hostile = [name for name in runtime.sources if name != "neighbour"]
                await asyncio.to_thread(request_polls, runtime.store, hostile, time.time())
            print(longest[0], flush=True)
            longest[0] = 0.0
        watch.cancel()


@dataclass
class DaemonProcess:
    """The daemon of `run_monitored`."""

    folder: Path
    process: subprocess.Popen[str]

    def command(self, line: str) -> float:
        """Send a command and return the longest gap of the loop since the last one."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def wait_for_polls(self, names: list[str], times: int, longest_s: float) -> None:
        """Wait until each hostile source was polled so many times."""
        deadline = time.monotonic() + longest_s
        while time.monotonic() < deadline:
            log = (self.folder / "log").read_text()
            done = [line for line in log.splitlines() if "poll finished" in line or "poll failed" in line]
            if all(sum(f"source={name} " in f"{line} " for line in done) >= times for name in names):
                return
            time.sleep(0.1)
        print(f"  not finished after {longest_s:g} s")


def measure(scenario: str, settle_s: float, longest_s: float, folder: Path) -> None:
    kind, make_bodies = SCENARIOS[scenario]
    bodies = {f"hostile-{number}": one for number, one in enumerate(make_bodies())}
    site, names = Site(bodies), list(bodies)
    with Server(site) as server:
        port = server.server_address[1]
        sources = "".join(HOSTILE_TOML.format(name=name, port=port, kind=kind) for name in names)
        (folder / "config.toml").write_text(CONFIG.format(port=port) + sources)
        (folder / "rules").mkdir()
        (folder / "rules" / "ferries.yaml").write_text(RULES)
        command = [sys.executable, __file__, "--be", str(folder)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                print_delays(scenario, site, DaemonProcess(folder, process), names, settle_s, longest_s)
            finally:
                assert process.stdin
                process.stdin.close()
        server.shutdown()


def print_delays(
    scenario: str, site: Site, daemon: DaemonProcess, names: list[str], settle_s: float, longest_s: float
) -> None:
    daemon.command("gap")  # when it has started
    daemon.wait_for_polls(names, 1, longest_s)
    tree = ProcessTree(daemon.process.pid)
    tree.start()
    time.sleep(3)
    daemon.command("gap")
    calm_begin = time.monotonic()
    time.sleep(CALM_S)
    calm_end = time.monotonic()
    before, tree.peak, site.is_hostile = tree.memory(), 0.0, True
    calm_gap = daemon.command("poll")
    daemon.wait_for_polls(names, 2, longest_s)
    end = time.monotonic()
    time.sleep(3)  # for the last deliveries
    gap = daemon.command("gap")
    calm, hostile = site.delays(calm_begin, calm_end), site.delays(calm_end, end)
    time.sleep(max(0.0, settle_s - 3))
    usual, longest = max(calm), max(hostile, default=0.0)
    polls, hostile_polls = site.longest_gap(calm_begin, calm_end), site.longest_gap(calm_end, end)
    print(
        f"{scenario:<15} delay {usual:.1f} → {longest:.1f} (+{longest - usual:.1f}), polls {polls:.1f} → "
        f"{hostile_polls:.1f}, loop {calm_gap:.2f} → {gap:.2f}, took {end - calm_end:.0f} s; "
        f"PSS {before:.0f}, {tree.peak:.0f}, {tree.memory():.0f} MB",
        flush=True,
    )
    for line in (daemon.folder / "log").read_text().splitlines():
        if " failed" in line:
            print(f"    {line}")
    tree.end()


def main() -> None:
    if sys.argv[1:2] == ["--be"]:
        asyncio.run(run_monitored(Path(sys.argv[2])))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS), metavar="SCENARIO", choices=[*SCENARIOS, []])
    parser.add_argument("--settle", type=float, default=60.0)
    parser.add_argument("--longest", type=float, default=600.0, help="seconds to wait for the hostile polls")
    arguments = parser.parse_args()
    for scenario in arguments.scenarios:
        with tempfile.TemporaryDirectory() as folder:
            measure(scenario, arguments.settle, arguments.longest, Path(folder))


if __name__ == "__main__":
    main()
