"""The notifiers: one module for each type of channel, imported when a channel of that type is used.

A new one is a module with a class as `Notifier` describes, and a line in NOTIFIERS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar, Protocol

from monitor.config.models import ChannelConfig
from monitor.deliver.render import RenderedMessage
from monitor.model import Message

NOTIFIERS: dict[str, str] = {
    "email": "monitor.deliver.channels.email:Email",
    "slack": "monitor.deliver.channels.slack:Slack",
    "webhook": "monitor.deliver.channels.webhook:Webhook",
    "apprise": "monitor.deliver.channels.apprise:Apprise",
    "terminal": "monitor.deliver.channels.terminal:Terminal",
}

LOGIN_RETRY_S = 1800.0  # seconds: many services lock an account that keeps trying
MAX_SEND_DEADLINE_S = 660.0  # seconds: no notifier's is longer, and what leases a message leases it for more


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side said of a message it took; `refused` are recipients it did not take, with the reason, and
    `later` those of them for whom it may take it yet.

    `handle` is what it calls the message if follow-ups can be put below it, "" otherwise.
    """

    detail: str
    rejected: Mapping[str, str] = field(default_factory=dict)
    thread_ref: str = ""
    retry_recipients: tuple[str, ...] = ()


class Notifier(Protocol):
    """Carries rendered messages to one channel, one at a time.

    `Settings` describes the channel's table in the config. `send` returns when the message was taken, within
    `deadline` seconds; otherwise it raises DeliveryError with one sentence without secrets. A message that says to
    whom it is `left_to` goes to nobody else.
    """

    Settings: ClassVar[type[ChannelConfig]]
    deadline: float

    def __init__(self, settings: Any, *, allow_private: Sequence[str]) -> None: ...

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt: ...

    async def close(self) -> None: ...


def notifier_class(channel_type: str) -> type[Notifier]:
    """The notifier of a type of channel. KeyError for a type that is not in NOTIFIERS."""
    module, name = NOTIFIERS[channel_type].split(":")
    loaded: type[Notifier] = getattr(import_module(module), name)
    return loaded
