"""Measures `monitor try --against` over a month of real polls, or over invented ones that all raise alerts.

    python benchmarks/try.py --data DIR [--days 30] [--keep FOLDER]
    python benchmarks/try.py --invented 15000 [--days 30] [--keep FOLDER]

With `--data` it ingests the busiest days of the travel-advisories archive into a store, shifted so that the last
update is now, then runs the command on all of them: a draft against an older version, and a draft against the active
rules. With `--invented` it writes as many updates, each of which the active rule alerts on. Filling takes minutes of
CPU; `--keep` reuses a folder that was filled before. Prints wall and CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from novelty_streams import page_lines
from running import Row, parse_time, read_rows

from monitor.backtest.replay import DEFAULT_MEMORY_S, parse_line
from monitor.config_file.load import read_config
from monitor.policy import load_policy
from monitor.polling.ingest import ingest_update
from monitor.store import sources
from monitor.store.connect import open_store

DAY = 86400.0
BATCH = 100  # updates in one transaction
COUNTRIES = ("unitedkingdom", "canada")
CONFIG = '[monitor]\ndatabase = "sqlite:///monitor.db"\n' + "".join(
    f'[[sources]]\nname = "{name}"\nurl = "https://example.org/{name}"\nfirst_poll = "alert"\n' for name in COUNTRIES
)
OLD_RULE = """
name: border-crossings
match: (border* OR crossing*) NEAR/12 (clos* OR shut OR suspend* OR reopen*)
throttle: 3 per 24h
"""
NEW_RULE = """
name: border-crossings
match: (border* OR crossing* OR checkpoint*) NEAR/12 (clos* OR shut OR suspend*) AND NOT ferr*
throttle: 3 per 24h
"""
WIDE_RULES = """
rules:
  - name: advice-against-travel
    match: (avoid OR advis*) NEAR/8 travel*
  - name: violence
    match: attack* OR kidnap* OR terroris* OR "civil unrest" OR protest* OR /riot(s|ing)?/
    within: passage
  - name: health
    match: (outbreak* OR cholera OR dengue OR polio~1) AND (case* OR vaccin*)
    within: update
"""
RULE_FILES = {"rules/border.yaml": OLD_RULE, "old.yaml": OLD_RULE, "new.yaml": NEW_RULE, "wide.yaml": WIDE_RULES}
INVENTED_FILES = {
    "rules/incidents.yaml": "name: incidents\nmatch: ferr* OR tanker* OR dredger* OR trawler*\n",
    "draft.yaml": "name: incidents\nmatch: (ferr* OR tanker* OR dredger*) AND NOT scrap*\n",
    "corroborated.yaml": "name: confirmed\nmatch: ferr* OR tanker*\ncorroboration: 2\n",
}
INVENTED_RUNS = (
    ("rules/incidents.yaml",),
    ("draft.yaml",),
    ("draft.yaml", "--json"),
    ("corroborated.yaml",),
)
SYLLABLES = ("bar", "dun", "fel", "gor", "hal", "kes", "lom", "mar", "nor", "ost", "pel", "rud", "sel", "tor", "vik")
VESSELS = ("ferry", "tanker", "dredger", "trawler")
EVENTS = ("ran aground off", "collided with a pier in", "was detained in", "lost power near", "caught fire at")
RUNS = (
    ("new.yaml", "--against", "old.yaml"),
    ("new.yaml",),
    ("wide.yaml",),
    ("wide.yaml", "--against", "new.yaml"),
)


def archive_lines(data: Path) -> list[Row]:
    """Return every page of every poll as a line of replay, oldest first."""
    folder = data / "travel_advisories_replay"
    polls = [poll for name in COUNTRIES for poll in read_rows(folder / f"dev_{name}_polls.jsonl.xz")]
    return [line for poll in sorted(polls, key=lambda poll: parse_time(poll["time"])) for line in page_lines(poll)]


def busiest_period(lines: Sequence[Row], days: float) -> Sequence[Row]:
    """Return the period of `days` that has the most lines."""
    at = [parse_time(line["at"]).timestamp() for line in lines]
    ends = [bisect_left(at, first + days * DAY) for first in at]
    start = max(range(len(lines)), key=lambda i: ends[i] - i)
    return lines[start : ends[start]]


def invented_lines(count: int, days: float) -> list[Row]:
    """Return lines of replay about vessels and places with names of their own, evenly over some days."""
    chance = random.Random(16)

    def name() -> str:
        return "".join(chance.choices(SYLLABLES, k=3)).capitalize()

    def line(number: int) -> Row:
        vessel, event = chance.choice(VESSELS), chance.choice(EVENTS)
        title = f"The {vessel} {name()} {event} {name()}"
        text = f"The {vessel} {event} {name()} with {chance.randrange(2, 900)} people on board, {name()} said."
        at = datetime.fromtimestamp(number * days * DAY / count, UTC).isoformat()
        return {"at": at, "source": COUNTRIES[number % 2], "entry": str(number), "title": title, "text": text}

    return [line(number) for number in range(count)]


def fill(folder: Path, lines: Sequence[Row], rule_files: Mapping[str, str]) -> None:
    """Create a store of the lines in `folder`, shifted in time so that the last one is now."""
    for name, text in {"config.toml": CONFIG, **rule_files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    config = read_config(folder / "config.toml", env={})
    policy, time_shift = load_policy(config), time.time() - parse_time(lines[-1]["at"]).timestamp()
    store = open_store(config.monitor.database)
    for first in range(0, len(lines), BATCH):
        with store.write() as conn:
            sources.sync_sources(conn, config.sources, time.time())
            for number, line in enumerate(lines[first : first + BATCH], first):
                update = parse_line(number, json.dumps(line))
                update = replace(update, at=update.at + time_shift)
                ingest_update(conn, update, policy, digest=str(number), memory=DEFAULT_MEMORY_S, now=update.at)
    store.close()


def measure_runs(
    folder: Path, days: float, runs: Sequence[tuple[str, ...]]
) -> Iterator[tuple[str, float, float, str]]:
    """Yield the command, wall and CPU seconds, and the last line of output of each run."""
    for arguments in runs:
        command = [sys.executable, "-m", "monitor", "try", *arguments, "--since", f"{days + 1:.0f}d"]
        began, usage_before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
        wall, now = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = now.ru_utime + now.ru_stime - usage_before.ru_utime - usage_before.ru_stime
        yield " ".join(("try", *arguments)), wall, cpu, done.stdout.splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    origin = parser.add_mutually_exclusive_group(required=True)
    origin.add_argument("--data", type=Path)
    origin.add_argument("--invented", type=int, metavar="COUNT")
    parser.add_argument("--days", type=float, default=30.0)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = arguments.keep or Path(name)
        if not (folder / "monitor.db").exists():
            folder.mkdir(parents=True, exist_ok=True)
            if arguments.data:
                fill(folder, busiest_period(archive_lines(arguments.data), arguments.days), RULE_FILES)
            else:
                fill(folder, invented_lines(arguments.invented, arguments.days), INVENTED_FILES)
        runs = RUNS if arguments.data else INVENTED_RUNS
        for command, wall, cpu, last_line in measure_runs(folder, arguments.days, runs):
            print(f"{command:<36} {wall:6.1f} s, {cpu:6.1f} s CPU   {last_line}")


if __name__ == "__main__":
    main()
