"""Renders messages beside the event loop; with templates of the user's in processes that can be killed.

A template is a program that somebody wrote in a hurry: a loop in a loop may take hours without printing a letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.deliver.render import RenderedMessage, check_templates, render_message
from monitor.deliver.sample_message import sample_message
from monitor.deliver.templates import Templates
from monitor.errors import Problem, WorkerKilled
from monitor.model import Message
from monitor.process_pool import WorkerPool

RENDER_DEADLINE_S = 5.0  # seconds for each message
RENDER_MEMORY_BYTES = 512 * 2**20  # bytes of address space


class RenderPool:
    """Closed by hand. `deadline` is in seconds for each message, `memory` in bytes of address space."""

    def __init__(self, *, deadline: float = RENDER_DEADLINE_S, memory: int = RENDER_MEMORY_BYTES) -> None:
        # Two, so that one that hangs leaves another.
        self._workers = WorkerPool(worker_count=2, deadline_s=deadline, memory_bytes=memory)

    async def render(
        self,
        message: Message,
        channel_type: str,
        templates: Templates,
        timezone: ZoneInfo,
        web_url: str | None,
        template: str | None = None,
    ) -> RenderedMessage:
        """The message as `render` makes it; by the built-in templates, which say so, where the user's met a bound."""
        note = ""
        if templates.custom:
            try:
                args = message, channel_type, templates, timezone, web_url, template
                return await self._workers.run(render_message, *args)
            except WorkerKilled as killed:
                note = f"rendering with your templates {killed}. These are the built-in ones."
        builtin_templates = Templates(templates.builtin)
        return await asyncio.to_thread(
            render_message, message, channel_type, builtin_templates, timezone, web_url, None, note
        )

    async def warm_up(
        self, channel_types: Iterable[str], templates: Templates, timezone: ZoneInfo, web_url: str | None
    ) -> None:
        """Renders a sample for each type, so that the first alert does not wait for what is loaded and compiled."""
        for channel_type in channel_types:
            await self.render(sample_message("sample", 0.0), channel_type, templates, timezone, web_url)

    def close(self) -> None:
        """Ends the processes, which takes a moment."""
        self._workers.close()


def render_once(
    message: Message,
    channel_type: str,
    templates: Templates,
    timezone: ZoneInfo,
    web_url: str | None,
    template: str | None = None,
) -> RenderedMessage:
    """One message as a press makes it, for a command."""

    async def once() -> RenderedMessage:
        pool = RenderPool()
        try:
            return await pool.render(message, channel_type, templates, timezone, web_url, template)
        finally:
            await asyncio.to_thread(pool.close)

    return asyncio.run(once())


def check_templates_once(
    folder: Path | None, builtin: Path, *, deadline: float = RENDER_DEADLINE_S
) -> tuple[Problem, ...]:
    """What is wrong with the templates of a folder; one that meets a bound is a problem like any other."""
    own_files = sorted(folder.glob("*.j2")) if folder and folder != builtin else []
    return (
        asyncio.run(_check_own_templates(own_files, builtin, deadline))
        if own_files
        else check_templates(folder, builtin)
    )


async def _check_own_templates(own_files: Sequence[Path], builtin: Path, deadline: float) -> tuple[Problem, ...]:
    folder, workers = (
        own_files[0].parent,
        WorkerPool(worker_count=1, deadline_s=deadline, memory_bytes=RENDER_MEMORY_BYTES),
    )
    problems: set[Problem] = set()
    try:
        return await workers.run(check_templates, folder, builtin)
    except WorkerKilled:
        for file in own_files:
            try:
                problems |= set(await workers.run(check_templates, folder, builtin, file.name))
            except WorkerKilled as killed:
                problems.add(Problem(file, 1, 1, f"filling it {killed}"))
    finally:
        await asyncio.to_thread(workers.close)
    return tuple(sorted(problems))
