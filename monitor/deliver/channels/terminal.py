"""Prints messages on standard output: the channel that needs nothing, for a first look and for the demo."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from monitor.config.models import ChannelConfig
from monitor.deliver.channels import MAX_SEND_DEADLINE_S, Receipt
from monitor.deliver.render import RenderedMessage
from monitor.errors import DeliveryError
from monitor.model import Message


class TerminalSettings(ChannelConfig):
    """The terminal that the program runs in."""


class Terminal:
    """Prints in colours where a person looks on, and plain text elsewhere."""

    Settings: ClassVar[type[ChannelConfig]] = TerminalSettings
    deadline = MAX_SEND_DEADLINE_S

    def __init__(self, settings: TerminalSettings, *, allow_private: Sequence[str]) -> None:
        pass

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        try:
            # In a thread: a pipe that nobody reads would hold up everything else.
            await asyncio.to_thread(_print_markup, rendered.text)
        except (OSError, ValueError) as error:  # ValueError: it was closed
            raise DeliveryError(f"standard output cannot be written: {error}") from None
        return Receipt("printed")

    async def close(self) -> None:
        pass


def _print_markup(markup: str) -> None:
    # A console of its own each time, so that it follows where standard output goes by now.
    console = Console(highlight=False, emoji=False)
    with console:  # written at once, so that two channels never mix their lines
        for line in Text.from_markup(markup, emoji=False).split("\n"):
            if console.is_terminal:  # long lines go on below their own beginning
                indent = len(line.plain) - len(line.plain.lstrip())
                console.print(Padding(line[indent:], (0, 0, 0, indent)))
            else:
                console.print(line, soft_wrap=True)
