"""Slack, through an incoming webhook or as a bot; a bot posts follow-ups in the thread of the story."""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar, Protocol

from pydantic import Field, SecretStr, model_validator

from monitor.config.models import ChannelConfig, ProxyAddress, SecretHeaderValue, WebAddress
from monitor.deliver.channels import Receipt
from monitor.deliver.channels.fields import SecretWebAddress
from monitor.deliver.channels.http import POST_DEADLINE_S, HttpPoster
from monitor.deliver.channels.slack_bot import SLACK_API_URL, SlackBot
from monitor.deliver.escaping import escape_slack_text
from monitor.deliver.render import RenderedMessage
from monitor.deliver.slack_blocks import truncate_for_slack
from monitor.errors import DeliveryError
from monitor.model import Message
from monitor.net.network import Network

MAX_FALLBACK_CHARS = 300  # of the text that notifications show
MAX_BURST_POSTS = 4  # posts sent at once after a pause


class SlackSettings(ChannelConfig):
    """The table of a Slack channel: `url`, or `token` and `channel`."""

    url: SecretWebAddress | None = Field(
        default=None, description="the URL of an incoming webhook; anyone who knows it can post"
    )
    token: SecretHeaderValue | None = Field(default=None, description="instead of `url`, a bot's token: xoxb-…")
    channel: str | None = Field(default=None, min_length=1, description="where the bot posts: C0123456789 or #alerts")
    api: WebAddress = Field(default=SLACK_API_URL, description="the URL of the Slack API")
    proxy: ProxyAddress | None = Field(default=None, description='overrides that of [network]; "" for none')

    @model_validator(mode="after")
    def _check_transport(self) -> SlackSettings:
        is_webhook = self.url is not None and self.token is None and self.channel is None
        is_bot = self.url is None and self.token is not None and self.channel is not None
        if not (is_webhook or is_bot):
            raise ValueError('expected "url", or "token" and "channel"')
        return self


class _SlackTransport(Protocol):
    """Sends posts to Slack: by a webhook or as a bot."""

    async def post(
        self, body: dict[str, Any], message: Message, rendered: RenderedMessage, deadline: float
    ) -> Receipt: ...

    async def close(self) -> None: ...


class Slack:
    """Posts blocks, with the subject as the text that notifications show."""

    Settings: ClassVar[type[ChannelConfig]] = SlackSettings
    deadline = POST_DEADLINE_S
    post_interval = 1.0  # seconds between posts, as Slack requires

    def __init__(self, settings: SlackSettings, network: Network) -> None:
        self._transport: _SlackTransport
        if settings.token is not None and settings.channel is not None:
            token = settings.token.get_secret_value()
            self._transport = SlackBot(settings.api, token, settings.channel, network, settings.proxy)
        else:
            assert settings.url is not None
            self._transport = SlackWebhook(settings.url.get_secret_value(), network, settings.proxy)
        self._allowance_full_at = 0.0  # when a full burst is allowed again

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        body = {
            "text": truncate_for_slack(escape_slack_text(rendered.subject), MAX_FALLBACK_CHARS),
            "blocks": list(rendered.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        await self._wait_for_allowance()
        return await self._transport.post(body, message, rendered, self.deadline)

    async def _wait_for_allowance(self) -> None:
        """Wait until Slack's rate limit allows a post: a few at once, then one a second."""
        now = asyncio.get_running_loop().time()
        wait = self._allowance_full_at - (MAX_BURST_POSTS - 1) * self.post_interval - now
        self._allowance_full_at = max(self._allowance_full_at, now) + self.post_interval
        if wait > 0:
            await asyncio.sleep(wait)

    async def close(self) -> None:
        await self._transport.close()


class SlackWebhook:
    """Posts through an incoming webhook."""

    def __init__(self, url: str, network: Network, proxy: SecretStr | None = None) -> None:
        self._poster = HttpPoster("Slack", url, network, proxy=proxy)

    async def post(
        self, body: dict[str, Any], message: Message, rendered: RenderedMessage, deadline: float
    ) -> Receipt:
        reply = await self._poster.post(json.dumps(body).encode(), {}, deadline=deadline)
        if reply.text.strip() != "ok":
            # Something other than Slack, such as a proxy or a login page, may answer 200 too.
            raise DeliveryError(f'{self._poster.name} answered 200: expected "ok" from Slack, found another reply')
        return Receipt("Slack accepted the message")

    async def close(self) -> None:
        await self._poster.close()
