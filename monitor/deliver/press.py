"""Renders messages beside the event loop; with templates of the user's in processes that can be killed.

A template is a program that somebody wrote in a hurry: a loop in a loop may take hours without printing a letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.deliver.render import Rendered, check_templates, render
from monitor.deliver.sample import sample_message
from monitor.deliver.templates import Templates
from monitor.errors import Problem, WorkKilled
from monitor.killable import Killable
from monitor.model import Message

DEADLINE = 5.0  # seconds for each message
MEMORY = 512 * 2**20  # bytes of address space


class Press:
    """Closed by hand. `deadline` is in seconds for each message, `memory` in bytes of address space."""

    def __init__(self, *, deadline: float = DEADLINE, memory: int = MEMORY) -> None:
        # Two, so that one that hangs leaves another.
        self._workers = Killable(workers=2, deadline=deadline, memory=memory)

    async def render(
        self,
        message: Message,
        channel_type: str,
        templates: Templates,
        timezone: ZoneInfo,
        web_url: str | None,
        template: str | None = None,
    ) -> Rendered:
        """The message as `render` makes it; by the built-in templates, which say so, where the user's met a bound."""
        note = ""
        if templates.own:
            try:
                args = message, channel_type, templates, timezone, web_url, template
                return await self._workers.run(render, *args)
            except WorkKilled as killed:
                note = f"rendering with your templates {killed}. These are the built-in ones."
        shipped = Templates(templates.builtin)
        return await asyncio.to_thread(render, message, channel_type, shipped, timezone, web_url, None, note)

    async def warm(
        self, channel_types: Iterable[str], templates: Templates, timezone: ZoneInfo, web_url: str | None
    ) -> None:
        """Renders a sample for each type, so that the first alert does not wait for what is loaded and compiled."""
        for kind in channel_types:
            await self.render(sample_message("sample", 0.0), kind, templates, timezone, web_url)

    def close(self) -> None:
        """Ends the processes, which takes a moment."""
        self._workers.close()


def rendered(
    message: Message,
    channel_type: str,
    templates: Templates,
    timezone: ZoneInfo,
    web_url: str | None,
    template: str | None = None,
) -> Rendered:
    """One message as a press makes it, for a command."""

    async def once() -> Rendered:
        press = Press()
        try:
            return await press.render(message, channel_type, templates, timezone, web_url, template)
        finally:
            await asyncio.to_thread(press.close)

    return asyncio.run(once())


def checked(folder: Path | None, builtin: Path, *, deadline: float = DEADLINE) -> tuple[Problem, ...]:
    """What is wrong with the templates of a folder; one that meets a bound is a problem like any other."""
    own = sorted(folder.glob("*.j2")) if folder and folder != builtin else []
    return asyncio.run(_checked(own, builtin, deadline)) if own else check_templates(folder, builtin)


async def _checked(own: Sequence[Path], builtin: Path, deadline: float) -> tuple[Problem, ...]:
    folder, workers = own[0].parent, Killable(workers=1, deadline=deadline, memory=MEMORY)
    found: set[Problem] = set()
    try:
        return await workers.run(check_templates, folder, builtin)
    except WorkKilled:
        for file in own:
            try:
                found |= set(await workers.run(check_templates, folder, builtin, file.name))
            except WorkKilled as killed:
                found.add(Problem(file, 1, 1, f"filling it {killed}"))
    finally:
        await asyncio.to_thread(workers.close)
    return tuple(sorted(found))
