"""Processes that ingest numbered texts for rules that count and wait, to be killed at any moment.

python -m kit.counting_worker DATABASE_URL RULES_FOLDER

For each number on stdin, a process of its own ingests texts until so many are in the store. On stdout: `pid PID`, a
line for each text, and `ended STATUS`.

The clock follows from the number of entries in the store: a minute for each, and three days without news after every
BLOCK of them. A process that starts after another was killed goes on where that one stopped.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sqlalchemy import func, select

from kit.counting import ingest_texts, read_all_sources, rule_policy
from monitor.assess import Policy
from monitor.store.connect import open_store
from monitor.store.schema import entries

START = 1_800_000_000.0
BLOCK = 10  # texts between two pauses
PAUSE_S = 3 * 86400.0
COUNT_RULE = "name: recalls\nmatch: recall*\ncount: 4 per 1h\n"
ABSENT_RULE = "name: silence\nmatch: recall*\nabsent: 2d\n"
PLACES = "Alden Brevik Corda Delmar Esker Fallow Garnet Hollin Istra Jarrow Kelda Lorne".split()


def news(number: int) -> str:
    place = PLACES[number % len(PLACES)]
    return f"{place}{number} Works recalls {number * 37 + 11} pumps of type {place[:2]}{number * 7 + 1}"


def time_of(number: int) -> float:
    return START + 60.0 * number + PAUSE_S * (number // BLOCK)


def ingest_until(database_url: str, policy: Policy, total: int) -> None:
    """Ingest texts until there are `total`."""
    store = open_store(database_url)
    with store.read() as conn:
        number = conn.scalar(select(func.count(entries.c.id))) or 0
    while number < total:
        if number % BLOCK == 0:
            read_all_sources(store, policy, time_of(number))
        ingest_texts(store, policy, time_of(number), news(number))
        number += 1
        os.write(sys.stdout.fileno(), f"seen {number}\n".encode())  # at once: a kill must not cut a line
    store.close()


def serve(database_url: str, rules: Path) -> None:
    """Fork a process for each line: that takes far less time than to start one."""
    policy = rule_policy(rules, COUNT_RULE, ABSENT_RULE)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            print("pid", os.getpid(), flush=True)
            ingest_until(database_url, policy, int(line))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print("ended", status, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
