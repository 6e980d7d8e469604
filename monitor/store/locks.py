"""A lock between processes: an `flock` on a file, which the kernel lets go of when its holder dies."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.errors import StoreError

PATIENCE = 60.0  # seconds to wait for other writers; every write transaction of ours is far shorter
PAUSE = 0.005  # seconds between two looks


class FileLock:
    """One lock among the threads of this process and all processes that use the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._threads = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Waits for the lock and keeps it. Raises StoreError when it stays taken."""
        deadline = time.monotonic() + PATIENCE
        if not self._threads.acquire(timeout=PATIENCE):
            raise StoreError(f"database {self.path.stem}: another thread keeps it locked")
        try:
            self._wait(deadline)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def _wait(self, deadline: float) -> None:
        while not self.take():
            if time.monotonic() > deadline:
                raise StoreError(f"database {self.path.stem}: another process keeps it locked")
            time.sleep(PAUSE)

    def take(self) -> bool:
        """Takes the lock from other processes if it is free, without waiting."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def sign(self) -> None:
        """Writes this process's id into the file, for whoever finds it locked."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def holder(self) -> str:
        """The id of the process that signed last."""
        return os.pread(self._file, 20, 0).decode("ascii", "replace")

    def close(self) -> None:
        """Lets go of the lock and the file."""
        os.close(self._file)
