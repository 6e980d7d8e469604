"""Slack: by an incoming webhook, or as a bot, which puts what follows a story up into the story's thread."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from pydantic import Field, model_validator

from monitor.config import ChannelConfig, SecretHeader, WebAddress
from monitor.deliver.channels import Receipt
from monitor.deliver.channels.http import POST_DEADLINE, Poster
from monitor.deliver.channels.slack_bot import API, Bot
from monitor.deliver.channels.values import SecretWebAddress
from monitor.deliver.escapes import slack_text
from monitor.deliver.render import Rendered
from monitor.deliver.slack_blocks import cut
from monitor.errors import DeliveryError
from monitor.model import Message

FALLBACK = 300  # characters of the text that notifications show
BURST = 4  # posts that may come at once after a pause


class SlackSettings(ChannelConfig):
    """A Slack channel: `url`, or `token` and `channel`."""

    url: SecretWebAddress | None = Field(
        default=None, description="the incoming webhook's address; whoever knows it can post"
    )
    token: SecretHeader | None = Field(default=None, description="instead of it, a bot's token: xoxb-…")
    channel: str | None = Field(default=None, min_length=1, description="where the bot posts: C0123456789 or #alerts")
    api: WebAddress = Field(default=API, description="where Slack's API is, if not at slack.com")

    @model_validator(mode="after")
    def _one_way(self) -> SlackSettings:
        hook = self.url is not None and self.token is None and self.channel is None
        bot = self.url is None and self.token is not None and self.channel is not None
        if not (hook or bot):
            raise ValueError('expected "url", or "token" and "channel"')
        return self


class _Way(Protocol):
    """How posts get to Slack."""

    async def post(self, body: dict[str, Any], message: Message, rendered: Rendered, deadline: float) -> Receipt: ...

    async def close(self) -> None: ...


class Slack:
    """Posts blocks, with the headline as the text that notifications show."""

    Settings: ClassVar[type[ChannelConfig]] = SlackSettings
    deadline = POST_DEADLINE
    space = 1.0  # seconds between posts, as Slack asks

    def __init__(self, settings: SlackSettings, *, allow_private: Sequence[str]) -> None:
        self._way: _Way
        if settings.token is not None and settings.channel is not None:
            token = settings.token.get_secret_value()
            self._way = Bot(settings.api, token, settings.channel, allow_private=allow_private)
        else:
            assert settings.url is not None
            self._way = Hook(settings.url.get_secret_value(), allow_private=allow_private)
        self._full = 0.0  # when the allowance of posts is whole again

    async def send(self, message: Message, rendered: Rendered) -> Receipt:
        body = {
            "text": cut(slack_text(rendered.subject), FALLBACK),
            "blocks": list(rendered.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        await self._turn()
        return await self._way.post(body, message, rendered, self.deadline)

    async def _turn(self) -> None:
        """Waits until a post is in order: a few at once, then one a second."""
        now = asyncio.get_running_loop().time()
        wait = self._full - (BURST - 1) * self.space - now
        self._full = max(self._full, now) + self.space
        if wait > 0:
            await asyncio.sleep(wait)

    async def close(self) -> None:
        await self._way.close()


class Hook:
    """An incoming webhook."""

    def __init__(self, url: str, *, allow_private: Sequence[str]) -> None:
        self._poster = Poster("Slack", url, allow_private=allow_private)

    async def post(self, body: dict[str, Any], message: Message, rendered: Rendered, deadline: float) -> Receipt:
        reply = await self._poster.post(json.dumps(body).encode(), {}, deadline=deadline)
        if reply.text.strip() != "ok":
            # Something else than Slack answers at this address: a proxy or a login page says 200, too.
            raise DeliveryError(f"{self._poster.name} answered 200, but not Slack's ok")
        return Receipt("Slack answered ok")

    async def close(self) -> None:
        await self._poster.close()
