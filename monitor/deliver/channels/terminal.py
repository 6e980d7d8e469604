"""Print messages on standard output: the channel without settings, for a first look and the demo."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from monitor.config.models import ChannelConfig
from monitor.deliver.channels import MAX_SEND_DEADLINE_S, Receipt
from monitor.deliver.render import RenderedMessage
from monitor.errors import DeliveryError
from monitor.model import Message
from monitor.net.network import Network


class TerminalSettings(ChannelConfig):
    """The table of a terminal channel, which has no settings."""


class Terminal:
    """Prints in color on a terminal and as plain text elsewhere."""

    Settings: ClassVar[type[ChannelConfig]] = TerminalSettings
    deadline = MAX_SEND_DEADLINE_S

    def __init__(self, settings: TerminalSettings, network: Network) -> None:
        pass

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        try:
            # In a thread: a pipe that nobody reads would block everything else.
            await asyncio.to_thread(_print_markup, rendered.text)
        except (OSError, ValueError) as error:  # ValueError: it was closed
            raise DeliveryError(f"cannot write to standard output: {error}") from None
        return Receipt("printed")

    async def close(self) -> None:
        pass


def _print_markup(markup: str) -> None:
    # A new console each time, because standard output may have been redirected.
    console = Console(highlight=False, emoji=False)
    with console:  # written in one piece, so that two channels never mix their lines
        for line in Text.from_markup(markup, emoji=False).split("\n"):
            if console.is_terminal:  # the continuation of a long line is indented like its beginning
                indent = len(line.plain) - len(line.plain.lstrip())
                console.print(Padding(line[indent:], (0, 0, 0, indent)))
            else:
                console.print(line, soft_wrap=True)
