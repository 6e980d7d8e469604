"""Slack's Web API with a bot's token: new stories are posts, what follows them up goes into their thread.

The post that opened the thread is brought up to date, so that whoever reads only the channel sees the latest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from monitor.deliver.channels import AFTER_LOGIN_FAILED, Receipt
from monitor.deliver.channels.http import Poster
from monitor.deliver.render import Rendered
from monitor.errors import DeliveryError
from monitor.model import Message

API = "https://slack.com/api"
REPLY_LIMIT = 65_536  # bytes: Slack sends the whole post back
BROADCAST_AFTER = 86400.0  # seconds after which a thread is off the screen, and its replies are shown in the channel

# Slack's words for what went wrong: https://docs.slack.dev/reference/methods/chat.postMessage
LATER = frozenset(
    "internal_error fatal_error request_timeout service_unavailable ratelimited rate_limited accesslimited".split()
)
NO_LOGIN = frozenset(
    "invalid_auth not_authed account_inactive token_revoked token_expired missing_scope no_permission "
    "org_login_required two_factor_setup_required".split()
)
NO_THREAD = frozenset("thread_not_found message_not_found cannot_reply_to_message thread_locked".split())


class Bot:
    """Posts as a bot into one channel of a workspace."""

    def __init__(self, api: str, token: str, channel: str, *, allow_private: Sequence[str]) -> None:
        self._channel = channel
        self._login = {"authorization": f"Bearer {token}", "content-type": "application/json; charset=utf-8"}
        base = api.rstrip("/")
        self._new, self._edit = (
            Poster("Slack", f"{base}/{method}", allow_private=allow_private, secrets=[token], limit=REPLY_LIMIT)
            for method in ("chat.postMessage", "chat.update")
        )

    async def post(self, body: dict[str, Any], message: Message, rendered: Rendered, deadline: float) -> Receipt:
        """Posts the message below its thread's first one, if there is one and Slack still has it."""
        first = message.first
        if first is None or not first.handle:
            return await self._open(body, deadline)
        channel, _, ts = first.handle.partition(":")
        broadcast = message.created - first.created > BROADCAST_AFTER
        below = {"channel": channel, "thread_ts": ts, "reply_broadcast": broadcast}
        try:
            await self._call(self._new, body | below, deadline)
        except NoThread:
            return await self._open(body, deadline)
        opening = {"channel": channel, "ts": ts, "text": body["text"], "blocks": list(rendered.opening)}
        return Receipt(f"Slack put it into the story's thread{await self._bring_up(opening, deadline)}")

    async def _open(self, body: dict[str, Any], deadline: float) -> Receipt:
        reply = await self._call(self._new, body | {"channel": self._channel}, deadline)
        return Receipt("Slack posted it", handle=f"{reply.get('channel')}:{reply.get('ts')}")

    async def _bring_up(self, opening: dict[str, Any], deadline: float) -> str:
        """Brings the thread's first post up to date. The message itself is sent by then: a failure is only told."""
        try:
            await self._call(self._edit, opening, deadline)
        except DeliveryError as error:
            return f"; the thread's first post was not brought up to date: {error}"
        return ""

    async def _call(self, poster: Poster, body: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Slack's answer to a call; DeliveryError, or NoThread, if it is not `ok`."""
        reply = await poster.post(json.dumps(body).encode(), self._login, deadline=deadline)
        try:
            said = json.loads(reply.text)
        except ValueError:
            said = None
        if not isinstance(said, dict) or "ok" not in said:
            raise DeliveryError(f"{poster.name} answered 200, but not as Slack's API does")
        if said["ok"] is not True:
            raise refusal(poster.name, poster.said(str(said.get("error") or "without a reason")))
        return said

    async def close(self) -> None:
        await self._new.close()
        await self._edit.close()


class NoThread(DeliveryError):
    """The thread that the message was to follow up is gone."""


def refusal(name: str, word: str) -> DeliveryError:
    """What Slack's word for a failure means."""
    sentence = f"{name} refused it: {word}"
    if word in NO_THREAD:
        return NoThread(sentence, permanent=True)
    if word in NO_LOGIN:
        return DeliveryError(sentence, retry_after=AFTER_LOGIN_FAILED, unreached=True)
    return DeliveryError(sentence, permanent=word not in LATER)
