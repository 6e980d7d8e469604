"""Start daemons as processes of their own, look into their store, and end them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text, update

from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.schema import workers
from monitor.store.workers import StoredWorker, load_workers

RUN_WORKER = """
import asyncio, os, sys
from pathlib import Path
from typing import Any
from monitor.config_file.load import read_config
from monitor.daemon.run import run_forever
from monitor.runtime import Worker
id, number, beat_s, dead_after_s = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
worker = Worker(id, number, is_supervised=True, beat_s=beat_s, dead_after_s=dead_after_s)
asyncio.run(run_forever(read_config(Path("config.toml"), env=os.environ), worker))
"""


@contextmanager
def started_process(folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of the interpreter in a folder, with its log in `log.txt`. It is killed at the end."""
    with (
        (folder / "log.txt").open("ab") as log,
        subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def started_daemon(folder: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Run `monitor run` in a folder."""
    return started_process(folder, "-m", "monitor", "run")


def worker_command(id: str, *, number: int = 2, beat_s: float = 0.2, dead_after_s: float = 1.5) -> Sequence[str]:
    """Return the arguments of the interpreter for a worker with short times."""
    return ("-c", RUN_WORKER, id, str(number), str(beat_s), str(dead_after_s))


def stored_workers(url: str) -> list[StoredWorker]:
    with closing(open_store(url)) as store, store.read() as conn:
        return load_workers(conn)


def run_query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Return the rows of a SELECT statement."""
    with closing(open_store(url, create=False)) as store, store.read() as conn:
        return [tuple(row) for row in conn.execute(text(statement))]


def silence_workers(store: Store) -> None:
    """Let the workers of the store have died long ago, so that the next one takes over their leases at once."""
    with store.write() as conn:
        conn.execute(update(workers).values(beat=0.0))


def child_pids(pid: int) -> list[int]:
    """Return the ids of the processes that a process has started."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in children for child in file.read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
