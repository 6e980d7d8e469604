"""Stand-ins for the process in which a try-out of rules runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from monitor.errors import WorkerKilled
from monitor.web import tryout_runner


class ThreadWorkers:
    """Runs work in a thread of this process instead of a process of its own."""

    def __init__(self, **limits: float) -> None:
        self.limits = limits

    async def run(self, function: Callable[..., Any], *args: object) -> Any:
        return await asyncio.to_thread(function, *args)

    def close(self) -> None:
        pass


class KilledWorkers(ThreadWorkers):
    async def run(self, function: Callable[..., Any], *args: object) -> Any:
        raise WorkerKilled("timeout", "took more than it may")


class StoppedWorkers(ThreadWorkers):
    async def run(self, function: Callable[..., Any], *args: object) -> Any:
        raise asyncio.CancelledError


class HeldTryouts:
    """Try-outs that wait in a thread until they are released."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started, self.released = threading.Event(), threading.Event()
        self._try_text = tryout_runner.try_text
        monkeypatch.setattr(tryout_runner, "WorkerPool", ThreadWorkers)
        monkeypatch.setattr(tryout_runner, "try_text", self._run)

    def _run(self, *args: Any) -> Any:
        self.started.set()
        self.released.wait(20)
        return self._try_text(*args)

    async def wait_until_started(self) -> None:
        assert await asyncio.to_thread(self.started.wait, 10)
