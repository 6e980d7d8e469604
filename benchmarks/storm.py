"""The storm and the outage at full size: 10,000 matches in a minute, and 500 alerts over a day without the channel.

    python benchmarks/storm.py [MATCHES] [ALERTS]

Prints how many messages each channel got, that every match and alert is in the history, and that all that was owed
came in order once the channel was back. The tests run the same at a small size. Time is simulated; nothing is sent.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import Connection, func, select

from monitor.assess import Listening
from monitor.deliver.retry import next_try
from monitor.intake import take
from monitor.model import Message, Update
from monitor.resources import builtin
from monitor.ruleset.load import load_rules
from monitor.store import Store, open_store, outbox, sources
from monitor.store.gather import gather_no_more
from monitor.store.schema import alerts, matches

PLACES = ("Halvik", "Brevik", "Orsk", "Tolna", "Merrin", "Sund", "Kalla", "Vesby", "Norra", "Hult")
THINGS = ("bridge", "ferry", "tunnel", "school", "market", "station", "harbour", "mill", "tower", "dam")
HOW = ("burned down", "was flooded", "reopened", "was sold", "collapsed", "lost its power")
CHANNELS = ("desk", "chat")
START = 1_800_000_000.0
HOUR = 3600.0


def main(count: int = 10_000, owed: int = 500) -> None:
    with tempfile.TemporaryDirectory() as folder:
        listening = rules(Path(folder))
        storm(open_store(f"sqlite:///{folder}/storm.db"), listening, count)
        outage(open_store(f"sqlite:///{folder}/outage.db"), listening, owed)


def rules(folder: Path) -> Listening:
    """One rule that all of it meets, told to two channels."""
    (folder / "r.yaml").write_text(f"name: places\ntitle: What happens in places\nmatch: {' OR '.join(THINGS)}\n")
    found, _ = load_rules(folder, builtin_aliases=builtin("rules") / "aliases.yaml")
    return Listening(found, notify={"places": CHANNELS})


def said(number: int) -> str:
    thing, place, how = THINGS[number % 10], PLACES[number // 10 % 10], HOW[number // 100 % 6]
    return f"The {thing} number {number + 2} of {place} {how} on day {number}"


def tell(conn: Connection, listening: Listening, number: int, at: float) -> Counter[str]:
    """Takes in one entry; the reasons of its decisions."""
    update = Update("wire", f"e{number}", at, said(number), "", "")
    taken = take(conn, update, listening, content=str(number), memory=90 * 24 * HOUR, now=at)
    return Counter(str(decision.reason) for decision in taken.decisions)


def storm(store: Store, listening: Listening, count: int) -> None:
    """All of it in a minute."""
    began, reasons = time.process_time(), Counter[str]()
    got: dict[str, list[Message]] = {channel: [] for channel in CHANNELS}
    with store.write() as conn:
        sources.adopt(conn, {"wire"}, START)
    for first in range(0, count, 100):
        with store.write() as conn:
            for number in range(first, min(first + 100, count)):
                reasons += tell(conn, listening, number, START + 59.0 * number / count)
        for channel in CHANNELS:
            got[channel] += taken(store, channel, START + 59.0 * first / count)
    with store.write() as conn:
        gather_no_more(conn, START + 60)
    for channel in CHANNELS:
        got[channel] += taken(store, channel, START + 60)
    with store.read() as conn:
        kept = conn.scalar(select(func.count(matches.c.id))), conn.scalar(select(func.count(alerts.c.number)))
    print(f"storm: {count:,} entries, decisions {dict(reasons)}, {time.process_time() - began:.0f} s of CPU")
    print(f"  in the history: {kept[0]:,} matches, {kept[1]:,} alerts")
    for channel, messages in got.items():
        carried = sum(len(message.alerts) for message in messages)
        print(f"  {channel}: {len(messages)} messages with {carried:,} alerts")


def taken(store: Store, channel: str, now: float) -> list[Message]:
    """What the channel takes until nothing is due."""
    got = []
    with store.write() as conn:
        while message := outbox.lease(conn, channel, now, lease=60):
            outbox.sent(conn, message.id, now, "taken")
            got.append(message)
    return got


def outage(store: Store, listening: Listening, count: int) -> None:
    """One alert every few minutes for a day in which the channel is out of reach."""
    with store.write() as conn:
        sources.adopt(conn, {"wire"}, START)
    tries, step = 0, 24 * HOUR / count
    for number in range(count):
        now = START + step * number
        with store.write() as conn:
            tell(conn, listening, number, now)
        with store.write() as conn:
            while message := outbox.lease(conn, "desk", now, lease=60):
                tries += 1
                due = next_try(message.attempt, now=now, created=message.created, retry_after=None, jitter=0.5)
                assert due is not None
                outbox.retrying(conn, message.id, due, "no connection")
                outbox.hold(conn, "desk", due)
    back = taken(store, "desk", START + 26 * HOUR)
    told = [alert.at for message in back for alert in message.alerts]
    in_order = "in order" if told == sorted(told) else "NOT IN ORDER"
    print(
        f"outage: {len(told)} of {count} alerts in {len(back)} messages, {in_order}, after {tries} tries in 24 hours"
    )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
