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

LOCK_TIMEOUT_S = 60.0  # seconds to wait for other writers; every write transaction of ours is far shorter
LOCK_POLL_S = 0.005  # seconds between two looks


class FileLock:
    """One lock among the threads of this process and all processes that use the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread_lock = threading.Lock()
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Waits for the lock and keeps it. Raises StoreError when it stays taken."""
        deadline = time.monotonic() + LOCK_TIMEOUT_S
        if not self._thread_lock.acquire(timeout=LOCK_TIMEOUT_S):
            raise StoreError(f"database {self.path.stem}: another thread keeps it locked")
        try:
            self._wait_for_lock(deadline)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        finally:
            self._thread_lock.release()

    def _wait_for_lock(self, deadline: float) -> None:
        while not self.try_acquire():
            if time.monotonic() > deadline:
                raise StoreError(f"database {self.path.stem}: another process keeps it locked")
            time.sleep(LOCK_POLL_S)

    def try_acquire(self) -> bool:
        """Takes the lock from other processes if it is free, without waiting."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def write_owner(self) -> None:
        """Writes this process's id into the file, for whoever finds it locked."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def read_owner(self) -> str:
        """The id of the process that signed last."""
        return os.pread(self._descriptor, 20, 0).decode("ascii", "replace")

    def close(self) -> None:
        """Lets go of the lock and the file."""
        os.close(self._descriptor)
