"""Signed POST requests to any URL, as specified by Standard Webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import Field
from standardwebhooks.webhooks import Webhook as Signer

from monitor.config.models import ChannelConfig, ProxyAddress
from monitor.deliver.channels import Receipt
from monitor.deliver.channels.fields import SecretWebAddress, SigningSecrets
from monitor.deliver.channels.http import POST_DEADLINE_S, HttpPoster
from monitor.deliver.render import RenderedMessage
from monitor.model import Message
from monitor.net.network import Network


class WebhookSettings(ChannelConfig):
    """The table of a webhook channel."""

    url: SecretWebAddress = Field(description="the URL to post to")
    secret: SigningSecrets = Field(
        description="whsec_…, which signs every message; during rotation several, in a list or separated by spaces"
    )
    proxy: ProxyAddress | None = Field(default=None, description='overrides that of [network]; "" for none')
    updates: bool = Field(default=False, description="also post `alert.updated` when an alert that was sent changes")


class Webhook:
    """Posts alerts as JSON. Retries carry the same id and a new timestamp; every secret signs the message."""

    Settings: ClassVar[type[ChannelConfig]] = WebhookSettings
    deadline = POST_DEADLINE_S

    def __init__(self, settings: WebhookSettings, network: Network) -> None:
        secrets = [secret.get_secret_value() for secret in settings.secret]
        self._secrets = secrets
        self._poster = HttpPoster(
            "webhook", settings.url.get_secret_value(), network, proxy=settings.proxy, secrets=secrets
        )

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        now = datetime.now(UTC)
        headers = {
            "webhook-id": message.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signatures(self._secrets, message.id, now, rendered.body.decode("utf-8")),
        }
        reply = await self._poster.post(rendered.body, headers, deadline=self.deadline)
        return Receipt(f"{self._poster.name} answered {reply.status}")

    async def close(self) -> None:
        await self._poster.close()


def signatures(secrets: Sequence[str], message_id: str, at: datetime, body: str) -> str:
    """Return one signature for each secret, separated by spaces: a receiver needs only one of the secrets."""
    return " ".join(Signer(secret).sign(message_id, at, body) for secret in secrets)
