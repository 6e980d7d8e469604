"""Wake-ups between workers on PostgreSQL, by LISTEN and NOTIFY. They only save the wait for the next tick.

A notice is `TOPIC WORKER`, with the worker that sent it. Without them, on a database that has no LISTEN, every worker
finds its work at its ticks.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping

import structlog

from monitor.errors import StoreError, StoreOutdated
from monitor.runtime import Runtime

log = structlog.get_logger()

WORKERS_CHANGED = "workers"  # a topic, as those of `monitor.actions`
RECONNECT_PAUSE_S = 5.0


def notify_others(runtime: Runtime, topic: str) -> None:
    """Wake the other workers. A failure is only logged."""
    try:
        runtime.store.notify(f"{topic} {runtime.worker.id}")
    except StoreError as error:
        log.warning("workers not woken", stage="daemon", topic=topic, error=str(error))


async def react_to_notices(runtime: Runtime, reactions: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
    """Run the reaction to each topic that another worker names, until cancelled."""
    notices: asyncio.Queue[str] = asyncio.Queue()
    loop, ended = asyncio.get_running_loop(), threading.Event()

    def receive(notice: str) -> None:
        loop.call_soon_threadsafe(notices.put_nowait, notice)

    listening = asyncio.create_task(keep_listening(runtime, receive, ended))
    try:
        while True:
            topic, _, sender = (await notices.get()).partition(" ")
            if sender != runtime.worker.id and topic in reactions:
                await react(reactions[topic])
    finally:
        ended.set()
        listening.cancel()


async def react(reaction: Callable[[], Awaitable[None]]) -> None:
    """Run a reaction. If it fails, the next tick tries the same."""
    try:
        await reaction()
    except StoreOutdated:
        pass  # the next beat ends the daemon with this error
    except StoreError as error:
        log.error("store failed", stage="daemon", name="wake-up", error=str(error))


async def keep_listening(runtime: Runtime, receive: Callable[[str], None], ended: threading.Event) -> None:
    """Listen in a thread of its own. A lost connection is opened again; a store without notices ends it."""
    while True:
        try:
            await asyncio.to_thread(runtime.store.listen, receive, ended)
            return
        except StoreError as error:
            log.warning("wake-ups interrupted", stage="daemon", error=str(error))
        await asyncio.sleep(RECONNECT_PAUSE_S)
