"""Render messages outside the event loop; with custom templates in worker processes that can be killed.

A template is a program: a loop inside a loop can run for hours without printing a character.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from monitor.deliver.render import RenderedMessage, check_templates, render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.sample_message import sample_message
from monitor.deliver.templates import Templates
from monitor.errors import Problem, WorkerKilled
from monitor.model import Message
from monitor.process_pool import WorkerPool

RENDER_DEADLINE_S = 5.0  # for each message
RENDER_MEMORY_BYTES = 512 * 2**20  # of address space


class RenderPool:
    """Worker processes that render messages, until `close`.

    `deadline` is in seconds for each message, `memory` in bytes of address space.
    """

    def __init__(self, *, deadline: float = RENDER_DEADLINE_S, memory: int = RENDER_MEMORY_BYTES) -> None:
        # Two, so that one remains when the other hangs.
        self._workers = WorkerPool(worker_count=2, deadline_s=deadline, memory_bytes=memory)

    async def render(
        self,
        message: Message,
        channel_type: str,
        templates: Templates,
        settings: RenderSettings,
    ) -> RenderedMessage:
        """Render as `render_message` does, from the built-in templates if the custom ones exceed time or memory."""
        note = ""
        if templates.custom:
            try:
                return await self._workers.run(render_message, message, channel_type, templates, settings)
            except WorkerKilled as killed:
                note = f"rendering with your templates {killed}. The built-in templates are used instead."
        builtin_templates = Templates(templates.builtin)
        settings = replace(settings, template=None) if note else settings
        return await asyncio.to_thread(render_message, message, channel_type, builtin_templates, settings, note)

    async def warm_up(self, channel_types: Iterable[str], templates: Templates, settings: RenderSettings) -> None:
        """Render a sample for each type, so that the first alert does not wait for imports and compilation."""
        for channel_type in channel_types:
            await self.render(sample_message("sample", 0.0), channel_type, templates, settings)

    def close(self) -> None:
        """Stop the worker processes. Blocks for a moment."""
        self._workers.close()


def render_once(
    message: Message,
    channel_type: str,
    templates: Templates,
    settings: RenderSettings,
) -> RenderedMessage:
    """Render one message in a pool of its own, for a command."""

    async def render_and_close() -> RenderedMessage:
        pool = RenderPool()
        try:
            return await pool.render(message, channel_type, templates, settings)
        finally:
            await asyncio.to_thread(pool.close)

    return asyncio.run(render_and_close())


def check_templates_once(
    folder: Path | None, builtin: Path, *, deadline: float = RENDER_DEADLINE_S
) -> tuple[Problem, ...]:
    """Return the problems of the templates in a folder, among them any that exceeds the deadline or the memory."""
    custom_files = sorted(folder.glob("*.j2")) if folder and folder != builtin else []
    if not custom_files:
        return check_templates(folder, builtin)
    return asyncio.run(_check_custom_templates(custom_files, builtin, deadline))


async def _check_custom_templates(
    custom_files: Sequence[Path], builtin: Path, deadline: float
) -> tuple[Problem, ...]:
    folder = custom_files[0].parent
    workers = WorkerPool(worker_count=1, deadline_s=deadline, memory_bytes=RENDER_MEMORY_BYTES)
    problems: set[Problem] = set()
    try:
        return await workers.run(check_templates, folder, builtin)
    except WorkerKilled:
        for file in custom_files:  # one at a time, to name those that were killed
            try:
                problems |= set(await workers.run(check_templates, folder, builtin, file.name))
            except WorkerKilled as killed:
                problems.add(Problem(file, 1, 1, f"rendering it {killed}"))
    finally:
        await asyncio.to_thread(workers.close)
    return tuple(sorted(problems))
