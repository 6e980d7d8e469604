"""Slack's Web API with a bot token: a new story is a post, follow-ups are replies in its thread.

The post that opened the thread is updated, so that people who read only the channel see the latest state.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import SecretStr

from monitor.deliver.channels import LOGIN_RETRY_S, Receipt
from monitor.deliver.channels.http import HttpPoster
from monitor.deliver.render import RenderedMessage
from monitor.errors import DeliveryError
from monitor.model import Message
from monitor.net.network import Network
from monitor.units import DAY

SLACK_API_URL = "https://slack.com/api"
MAX_SLACK_REPLY_BYTES = 65_536  # Slack returns the whole post
BROADCAST_AFTER_S = DAY  # a thread this old is off the screen, so its replies are also shown in the channel

# Slack's error codes: https://docs.slack.dev/reference/methods/chat.postMessage
RETRYABLE_SLACK_ERRORS = frozenset(
    "internal_error fatal_error request_timeout service_unavailable ratelimited rate_limited accesslimited".split()
)
SLACK_LOGIN_ERRORS = frozenset(
    "invalid_auth not_authed account_inactive token_revoked token_expired missing_scope no_permission "
    "org_login_required two_factor_setup_required".split()
)
THREAD_GONE_ERRORS = frozenset("thread_not_found message_not_found cannot_reply_to_message thread_locked".split())


class SlackBot:
    """Posts as a bot to one channel of a workspace."""

    def __init__(self, api: str, token: str, channel: str, network: Network, proxy: SecretStr | None = None) -> None:
        self._channel = channel
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json; charset=utf-8"}
        base = api.rstrip("/")
        self._message_poster, self._update_poster = (
            HttpPoster(
                "Slack",
                f"{base}/{method}",
                network,
                proxy=proxy,
                secrets=[token],
                max_reply_bytes=MAX_SLACK_REPLY_BYTES,
            )
            for method in ("chat.postMessage", "chat.update")
        )

    async def post(
        self, body: dict[str, Any], message: Message, rendered: RenderedMessage, deadline: float
    ) -> Receipt:
        """Post the message in the thread of its story, or as a new post if there is no thread or Slack deleted it."""
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
        return Receipt(f"Slack accepted the reply{await self._update_opener(opener_update, deadline)}")

    async def _post_opener(self, body: dict[str, Any], deadline: float) -> Receipt:
        reply = await self._call(self._message_poster, body | {"channel": self._channel}, deadline)
        return Receipt("Slack accepted the post", thread_ref=f"{reply.get('channel')}:{reply.get('ts')}")

    async def _update_opener(self, opener_update: dict[str, Any], deadline: float) -> str:
        """Update the thread's first post. Return "" or the failure: the message itself was sent before."""
        try:
            await self._call(self._update_poster, opener_update, deadline)
        except DeliveryError as error:
            return f"; the first post of the thread was not updated: {error}"
        return ""

    async def _call(self, poster: HttpPoster, body: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Return Slack's reply to a call. Raises DeliveryError, or ThreadGone, if it is not `ok`."""
        reply = await poster.post(json.dumps(body).encode(), self._headers, deadline=deadline)
        try:
            result = json.loads(reply.text)
        except ValueError:
            result = None
        if not isinstance(result, dict) or "ok" not in result:
            raise DeliveryError(f"{poster.name} answered 200: expected a reply of the Slack API, found another reply")
        if result["ok"] is not True:
            raise slack_error(poster.name, poster.redact_reply(str(result.get("error") or "no reason given")))
        return result

    async def close(self) -> None:
        await self._message_poster.close()
        await self._update_poster.close()


class ThreadGone(DeliveryError):
    """The thread for a follow-up no longer exists."""


def slack_error(name: str, code: str) -> DeliveryError:
    """Return the error for a Slack error code: permanent, to be retried, or a failed login."""
    sentence = f"{name} rejected the message: {code}"
    if code in THREAD_GONE_ERRORS:
        return ThreadGone(sentence, permanent=True)
    if code in SLACK_LOGIN_ERRORS:
        return DeliveryError(sentence, retry_after=LOGIN_RETRY_S, channel_down=True)
    return DeliveryError(sentence, permanent=code not in RETRYABLE_SLACK_ERRORS)
