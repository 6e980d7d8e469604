"""All other services through Apprise: Teams, Discord, Telegram, ntfy, Matrix, Pushover and about a hundred more.

Apprise is an optional extra. It blocks while it sends, so it runs in a thread. The errors quote what little it
reports about the cause of a failure.
"""

from __future__ import annotations

import asyncio
import logging
import re
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from monitor.config.models import ChannelConfig
from monitor.deliver.channels import LOGIN_RETRY_S, Receipt
from monitor.deliver.channels.http import BUSY_STATUSES, LOGIN_STATUSES, POST_DEADLINE_S, RETRYABLE_STATUSES
from monitor.deliver.render import RenderedMessage
from monitor.deliver.sanitize import redact, sanitize, shorten
from monitor.errors import DeliveryError
from monitor.model import Message
from monitor.net.network import Network

MIN_ADDRESS_PART_CHARS = 4  # parts of the URL from this length on are redacted in what Apprise reports
RESERVED_CHARS = 16  # of the limit of a service, for what it puts between title and text
# What services read as a mention of everyone; feed text must not notify anyone.
_MENTIONS = re.compile(r"@(?=everyone\b|here\b|channel\b|all\b|room\b)|(?<=<)(?=[@!#])", re.IGNORECASE)


def validate_apprise_address(value: SecretStr) -> SecretStr:
    """Return the URL if Apprise supports it. Raises ValueError otherwise, and if Apprise is not installed."""
    if find_spec("apprise") is None:
        raise ValueError("expected Apprise to be installed: pip install 'claimwatch[apprise]'")
    if _load_service(value.get_secret_value()) is None:
        raise ValueError('expected a URL that Apprise supports, such as "ntfys://ntfy.example.org/topic"')
    return value


class AppriseSettings(ChannelConfig):
    """The table of an Apprise channel."""

    url: Annotated[SecretStr, AfterValidator(validate_apprise_address)] = Field(
        description="the Apprise URL of the service and destination; it usually contains a secret"
    )


class Apprise:
    """Sends the subject and plain text of the mail, cut to the limits of the service."""

    Settings: ClassVar[type[ChannelConfig]] = AppriseSettings
    deadline = POST_DEADLINE_S

    def __init__(self, settings: AppriseSettings, network: Network) -> None:
        # The operator names the service, as with mail servers, so `allow_private` does not apply.
        url = settings.url.get_secret_value()
        self._service = _load_service(url)
        self._name = str(self._service.service_name)
        self._secrets = [url, *(part for part in re.split(r"[/:@?&=]+", url) if len(part) >= MIN_ADDRESS_PART_CHARS)]
        self._public_parts = {urlsplit(url).scheme, urlsplit(url).hostname or ""}

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        title, body = fit_to_service(rendered, self._service.title_maxlen, self._service.body_maxlen)
        try:
            # The sending thread ends by Apprise's own timeouts; nothing waits for it.
            async with asyncio.timeout(self.deadline):
                failure = await asyncio.to_thread(self._notify, title, body)
        except TimeoutError:
            sentence = f"{self._name} did not respond within {self.deadline:g} s"
            raise DeliveryError(sentence, outcome_unknown=True) from None
        if failure is not None:
            raise self._delivery_error(failure)
        return Receipt(f"{self._name} accepted the message")

    def _notify(self, title: str, body: str) -> str | None:
        """Return None if the message was sent, else the reason that Apprise logged."""
        from apprise import Apprise as Sender

        sender = Sender()
        sender.add(self._service)
        result = sender.notify(body=body, title=title, body_format="text", log_level=logging.WARNING)
        return None if result else "; ".join(record.message for record in result.logs())

    def _delivery_error(self, reason: str) -> DeliveryError:
        match = re.search(r"error=(\d{3})\b", reason)
        status = int(match[1]) if match else 0
        secrets = [secret for secret in self._secrets if secret not in self._public_parts]
        redacted = shorten(redact(sanitize(reason), secrets), 160) or "no reason given"
        sentence = f"{self._name} rejected the message: {redacted}"
        if status in LOGIN_STATUSES:
            return DeliveryError(sentence, retry_after=LOGIN_RETRY_S, channel_down=True)
        is_permanent = 400 <= status < 500 and status not in RETRYABLE_STATUSES
        return DeliveryError(sentence, permanent=is_permanent, channel_down=status == 0 or status in BUSY_STATUSES)

    async def close(self) -> None:
        """Do nothing: no connection stays open."""


def fit_to_service(rendered: RenderedMessage, max_title_chars: int, max_body_chars: int) -> tuple[str, str]:
    """Return title and text within the limits of a service; without titles, the text begins with the subject."""
    title, text = defuse_mentions(rendered.subject), defuse_mentions(rendered.text)
    if max_title_chars <= 0:
        title, text = "", f"{title}\n\n{text}"
    max_text_chars = max(1, max_body_chars - RESERVED_CHARS)
    if len(text) > max_text_chars:
        text = text[: max_text_chars - 1] + "…"
    return shorten(title, max_title_chars) if title else "", text


def defuse_mentions(text: str) -> str:
    """Return text that reads the same but mentions nobody."""
    return _MENTIONS.sub(lambda mention: f"{mention[0]}\u200b", text)


def _load_service(url: str) -> Any:
    """Return Apprise's object for a URL, or None if it does not support the URL."""
    from apprise import Apprise as Sender
    from apprise import AppriseAsset

    asset = AppriseAsset(app_id="Claimwatch", app_desc="what is new in the feeds you follow", app_url="")
    return Sender.instantiate(url, asset=asset, suppress_exceptions=True)
