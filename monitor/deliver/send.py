"""One try at one message: render, send, and say what became of it.

The outcome is what the store records. Whatever goes wrong, there is one: a bug in a notifier ends as a retry and
at last as a dead letter, and never stops a channel.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from traceback import format_tb
from zoneinfo import ZoneInfo

from monitor.deliver.channels import Notifier, Receipt
from monitor.deliver.render import Templates, render
from monitor.deliver.retry import next_try
from monitor.errors import DeliveryError
from monitor.model import Message, Moment

logger = logging.getLogger(__name__)


class State(StrEnum):
    """What a try leaves a delivery in."""

    SENT = "sent"
    RETRYING = "retrying"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try: one sentence, when the next is due, who was refused, which template failed."""

    state: State
    detail: str
    next_try: Moment | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None


async def attempt(
    message: Message,
    channel_type: str,
    channel: Notifier,
    templates: Templates,
    timezone: ZoneInfo,
    web_url: str | None,
    *,
    clock: Callable[[], Moment],
    jitter: float,
) -> Outcome:
    """Render and send a leased message. Never raises, but for cancellation; `jitter` is 0 to 1, at random."""
    note = None
    try:
        rendered = render(message, channel_type, templates, timezone, web_url)
        note = rendered.note
        receipt = await channel.send(message, rendered)
    except DeliveryError as error:
        return _failed(message, error, note, now=clock(), jitter=jitter)
    except Exception as error:  # a bug of ours must not stop what waits behind this message
        # The error's own text stays out of the log: it may hold an address or a password.
        where = "".join(format_tb(error.__traceback__))
        logger.error("message %s on %s: %s\n%s", message.id, message.channel, type(error).__name__, where)
        bug = DeliveryError(f"the program has a fault here: {type(error).__name__}")
        return _failed(message, bug, note, now=clock(), jitter=jitter)
    return _sent(receipt, note)


def _sent(receipt: Receipt, note: str | None) -> Outcome:
    return Outcome(State.SENT, receipt.detail, refused=receipt.refused, note=note)


def _failed(message: Message, error: DeliveryError, note: str | None, *, now: Moment, jitter: float) -> Outcome:
    again = None
    if not error.permanent:
        again = next_try(
            message.attempt,
            now=now,
            created=message.created,
            retry_after=error.retry_after,
            jitter=jitter,
        )
    state = State.DEAD if again is None else State.RETRYING
    return Outcome(state, str(error), next_try=again, note=note)
