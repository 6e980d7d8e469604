"""The notifiers: one module for each type of channel, imported when a channel of that type is used.

To add one, write a module with a class that implements `Notifier`, and add it to NOTIFIERS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar, Protocol

from monitor.config.models import ChannelConfig
from monitor.deliver.render import RenderedMessage
from monitor.model import Message
from monitor.net.network import Network

NOTIFIERS: dict[str, str] = {
    "email": "monitor.deliver.channels.email:Email",
    "slack": "monitor.deliver.channels.slack:Slack",
    "webhook": "monitor.deliver.channels.webhook:Webhook",
    "apprise": "monitor.deliver.channels.apprise:Apprise",
    "terminal": "monitor.deliver.channels.terminal:Terminal",
}

LOGIN_RETRY_S = 1800.0  # many services lock an account after repeated failed logins
MAX_SEND_DEADLINE_S = 660.0  # the longest deadline of a notifier; the lease of a message is longer


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a server accepted a message.

    `rejected` maps recipients that it rejected to the reason; `retry_recipients` are those of them that a retry may
    reach. `thread_ref` identifies the sent message for follow-ups in its thread, "" if there are no threads.
    """

    detail: str
    rejected: Mapping[str, str] = field(default_factory=dict)
    thread_ref: str = ""
    retry_recipients: tuple[str, ...] = ()


class Notifier(Protocol):
    """Carries rendered messages to one channel, one at a time.

    `Settings` describes the channel's table in the config. `send` returns once the message is accepted, within
    `deadline` seconds; otherwise it raises DeliveryError with one sentence without secrets. If the message has
    `remaining_recipients`, only these get it.
    """

    Settings: ClassVar[type[ChannelConfig]]
    deadline: float

    def __init__(self, settings: Any, network: Network) -> None: ...

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt: ...

    async def close(self) -> None: ...


def notifier_class(channel_type: str) -> type[Notifier]:
    """Import and return the notifier of a channel type. Raises KeyError for a type not in NOTIFIERS."""
    module, name = NOTIFIERS[channel_type].split(":")
    notifier: type[Notifier] = getattr(import_module(module), name)
    return notifier
