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
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from feed_server import ENTRIES, running_feed_server, send_request, source_tables
from processes import ProcessTree

ROUNDS = {"first": 1, "unchanged": 5, "one new": 1}  # round -> number of polls
CONFIG = """
[network]
allow_private = ["127.0.0.0/8"]
"""
RULES = "rules:\n" + "".join(
    f'  - name: rule-{number}\n    title: Rule {number}\n    match: "{query}"\n'
    for number, query in enumerate(
        ("convoy* AND bridge*", "earthquake*", "flood* NEAR/5 river", "minister* AND resign*")
    )
)


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
    (folder / "config.toml").write_text(CONFIG + source_tables(feeds, port))
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


def main() -> None:
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


def compare_programs(feeds: int, pythons: dict[str, str], only: str | None, entries: int) -> None:
    results = {}
    with running_feed_server(entries) as port:
        for program in [only] if only else list(pythons):
            costs, peak = results[program] = measure(pythons[program], program, port, feeds)
            round_text = "; ".join(
                f"{name} {c.cpu:.1f} s CPU, {c.wall:.1f} s, {c.peak:.0f} MB" for name, c in costs.items()
            )
            cpu_text = ", ".join(f"{name} {costs[name].cpu / feeds * 1000:.3g}" for name in ROUNDS)
            print(f"{program:<7} {feeds} feeds: {round_text}")
            print(f"        CPU ms a feed: {cpu_text}; peak {peak:.0f} MB", flush=True)
    if not only:
        (ours, _), (reader, _) = results["ours"], results["reader"]
        for name in ROUNDS:
            cpu, wall = reader[name].cpu / ours[name].cpu, reader[name].wall / ours[name].wall
            print(f"{name:<10} {cpu:.1f} times less CPU, {wall:.1f} times faster")


if __name__ == "__main__":
    main()
