"""Try-outs of rules: in a process of their own, one at a time, so that they delay neither polls nor pages and can be
ended.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException

from monitor.backtest.text_tryout import TextTryout, TryoutRequest, try_text
from monitor.config.models import Config
from monitor.errors import MonitorError
from monitor.process_pool import WorkerPool

KILLED_AFTER_S = 30.0  # it should have stopped long before
TRYOUT_MEMORY_BYTES = 2 * 2**30  # of address space


class TryoutBusy(MonitorError):
    """Another try-out is running."""

    def __init__(self) -> None:
        super().__init__("Another try-out is running. Try again in a few seconds.")


@dataclass(slots=True)
class TryoutRunner:
    """Runs one try-out at a time, of a page or of the API."""

    is_busy: bool = False

    async def run(self, config: Config, request: TryoutRequest) -> TextTryout:
        """Raises TryoutBusy, WorkerKilled, StoreError and, when the server stops, HTTPException 503."""
        if self.is_busy:
            raise TryoutBusy
        self.is_busy = True
        workers = WorkerPool(worker_count=1, deadline_s=KILLED_AFTER_S, memory_bytes=TRYOUT_MEMORY_BYTES)
        try:
            return await workers.run(try_text, config, request)
        except asyncio.CancelledError:  # by the server, which waits for no request when it stops
            raise HTTPException(503, "This monitor is stopping.") from None
        finally:
            self.is_busy = False
            await asyncio.to_thread(workers.close)
