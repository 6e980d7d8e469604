"""Slack by an incoming webhook."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from monitor.config import ChannelConfig
from monitor.deliver.channels import Receipt
from monitor.deliver.channels.http import POST_DEADLINE, Poster
from monitor.deliver.channels.values import SecretWebAddress
from monitor.deliver.escapes import slack_text
from monitor.deliver.render import Rendered
from monitor.deliver.slack_blocks import cut
from monitor.errors import DeliveryError
from monitor.model import Message

FALLBACK = 300  # characters of the text that notifications show


class SlackSettings(ChannelConfig):
    """A Slack channel."""

    url: SecretWebAddress = Field(description="the incoming webhook's address; whoever knows it can post")


class Slack:
    """Posts blocks, with the headline as the text that notifications show."""

    Settings: ClassVar[type[ChannelConfig]] = SlackSettings
    deadline = POST_DEADLINE

    def __init__(self, settings: SlackSettings, *, allow_private: Sequence[str]) -> None:
        self._poster = Poster("Slack", settings.url.get_secret_value(), allow_private=allow_private)

    async def send(self, message: Message, rendered: Rendered) -> Receipt:
        body = {
            "text": cut(slack_text(rendered.subject), FALLBACK),
            "blocks": list(rendered.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        reply = await self._poster.post(json.dumps(body).encode(), {}, deadline=self.deadline)
        if reply.text.strip() != "ok":
            # Something else than Slack answers at this address: a proxy or a login page says 200, too.
            raise DeliveryError(f"{self._poster.name} answered 200, but not Slack's ok")
        return Receipt("Slack answered ok")

    async def close(self) -> None:
        await self._poster.close()
