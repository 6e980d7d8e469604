"""A lock between processes: an `flock` on a file, which the kernel releases when its holder dies."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.errors import StoreError

LOCK_TIMEOUT_S = 60.0  # seconds to wait for other writers; a write transaction takes far less
FIRST_PAUSE_S, MAX_PAUSE_S = 0.0002, 0.005  # between two attempts; each pause is longer than the one before
GLANCE_S = 0.25  # seconds in which a process that only looks whether the lock is held has released it


class FileLock:
    """A lock over the threads of this process and all processes that use the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread_lock = threading.Lock()
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock for the body. Raises StoreError after LOCK_TIMEOUT_S."""
        deadline = time.monotonic() + LOCK_TIMEOUT_S
        if not self._thread_lock.acquire(timeout=LOCK_TIMEOUT_S):
            raise StoreError(f"database {self.path.stem}: locked by another thread")
        try:
            self._wait_for_lock(deadline)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        finally:
            self._thread_lock.release()

    def _wait_for_lock(self, deadline: float) -> None:
        pause_s = FIRST_PAUSE_S
        while not self.try_acquire():
            if time.monotonic() > deadline:
                raise StoreError(f"database {self.path.stem}: locked by another process")
            time.sleep(pause_s)
            pause_s = min(MAX_PAUSE_S, 1.5 * pause_s)

    def try_acquire(self) -> bool:
        """Take the lock among processes without waiting; False if another process holds it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def acquire_soon(self) -> bool:
        """Take the lock among processes within GLANCE_S; False if another process holds it."""
        deadline = time.monotonic() + GLANCE_S
        while not self.try_acquire():
            if time.monotonic() > deadline:
                return False
            time.sleep(MAX_PAUSE_S)
        return True

    def write_owner(self) -> None:
        """Write this process's id into the file, for processes that find it locked."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def read_owner(self) -> str:
        """Return the process id that was written last."""
        return os.pread(self._descriptor, 20, 0).decode("ascii", "replace")

    def fileno(self) -> int:
        return self._descriptor

    def close(self) -> None:
        """Release the lock and close the file."""
        os.close(self._descriptor)
