"""Slack's Web API with a bot's token: new stories are posts, what follows them up goes into their thread.

The post that opened the thread is brought up to date, so that whoever reads only the channel sees the latest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from monitor.deliver.channels import LOGIN_RETRY_S, Receipt
from monitor.deliver.channels.http import HttpPoster
from monitor.deliver.render import RenderedMessage
from monitor.errors import DeliveryError
from monitor.model import Message

SLACK_API_URL = "https://slack.com/api"
MAX_SLACK_REPLY_BYTES = 65_536  # bytes: Slack sends the whole post back
BROADCAST_AFTER_S = (
    86400.0  # seconds after which a thread is off the screen, and its replies are shown in the channel
)

# Slack's words for what went wrong: https://docs.slack.dev/reference/methods/chat.postMessage
RETRYABLE_SLACK_ERRORS = frozenset(
    "internal_error fatal_error request_timeout service_unavailable ratelimited rate_limited accesslimited".split()
)
SLACK_LOGIN_ERRORS = frozenset(
    "invalid_auth not_authed account_inactive token_revoked token_expired missing_scope no_permission "
    "org_login_required two_factor_setup_required".split()
)
THREAD_GONE_ERRORS = frozenset("thread_not_found message_not_found cannot_reply_to_message thread_locked".split())


class SlackBot:
    """Posts as a bot into one channel of a workspace."""

    def __init__(self, api: str, token: str, channel: str, *, allow_private: Sequence[str]) -> None:
        self._channel = channel
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json; charset=utf-8"}
        base = api.rstrip("/")
        self._message_poster, self._update_poster = (
            HttpPoster(
                "Slack",
                f"{base}/{method}",
                allow_private=allow_private,
                secrets=[token],
                max_reply_bytes=MAX_SLACK_REPLY_BYTES,
            )
            for method in ("chat.postMessage", "chat.update")
        )

    async def post(
        self, body: dict[str, Any], message: Message, rendered: RenderedMessage, deadline: float
    ) -> Receipt:
        """Posts the message below its thread's first one, if there is one and Slack still has it."""
        opener = message.reply_to
        if opener is None or not opener.thread_ref:
            return await self._post_opener(body, deadline)
        channel, _, ts = opener.thread_ref.partition(":")
        broadcast = message.created - opener.created > BROADCAST_AFTER_S
        thread_fields = {"channel": channel, "thread_ts": ts, "reply_broadcast": broadcast}
        try:
            await self._call(self._message_poster, body | thread_fields, deadline)
        except ThreadGone:
            return await self._post_opener(body, deadline)
        opener_update = {"channel": channel, "ts": ts, "text": body["text"], "blocks": list(rendered.opening_blocks)}
        return Receipt(f"Slack put it into the story's thread{await self._update_opener(opener_update, deadline)}")

    async def _post_opener(self, body: dict[str, Any], deadline: float) -> Receipt:
        reply = await self._call(self._message_poster, body | {"channel": self._channel}, deadline)
        return Receipt("Slack posted it", thread_ref=f"{reply.get('channel')}:{reply.get('ts')}")

    async def _update_opener(self, opener_update: dict[str, Any], deadline: float) -> str:
        """Brings the thread's first post up to date. The message itself is sent by then: a failure is only told."""
        try:
            await self._call(self._update_poster, opener_update, deadline)
        except DeliveryError as error:
            return f"; the thread's first post was not brought up to date: {error}"
        return ""

    async def _call(self, poster: HttpPoster, body: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Slack's answer to a call; DeliveryError, or NoThread, if it is not `ok`."""
        reply = await poster.post(json.dumps(body).encode(), self._headers, deadline=deadline)
        try:
            result = json.loads(reply.text)
        except ValueError:
            result = None
        if not isinstance(result, dict) or "ok" not in result:
            raise DeliveryError(f"{poster.name} answered 200, but not as Slack's API does")
        if result["ok"] is not True:
            raise slack_error(poster.name, poster.redact_reply(str(result.get("error") or "without a reason")))
        return result

    async def close(self) -> None:
        await self._message_poster.close()
        await self._update_poster.close()


class ThreadGone(DeliveryError):
    """The thread that the message was to follow up is gone."""


def slack_error(name: str, code: str) -> DeliveryError:
    """What Slack's word for a failure means."""
    sentence = f"{name} refused it: {code}"
    if code in THREAD_GONE_ERRORS:
        return ThreadGone(sentence, permanent=True)
    if code in SLACK_LOGIN_ERRORS:
        return DeliveryError(sentence, retry_after=LOGIN_RETRY_S, channel_down=True)
    return DeliveryError(sentence, permanent=code not in RETRYABLE_SLACK_ERRORS)
