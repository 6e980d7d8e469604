"""Everything else, by Apprise: Teams, Discord, Telegram, ntfy, Matrix, Pushover and some hundred more.

Apprise is an extra and blocks while it sends, so it runs in a thread. It says little of why something failed; what
it says is told.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
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

MIN_ADDRESS_PART_CHARS = 4  # characters: the parts of an address that Apprise could repeat
RESERVED_CHARS = 16  # characters of a service's room, for what it puts between title and text
# What services take for "tell everybody"; a feed may say it, and nobody is called.
_MENTIONS = re.compile(r"@(?=everyone\b|here\b|channel\b|all\b|room\b)|(?<=<)(?=[@!#])", re.IGNORECASE)


def validate_apprise_address(value: SecretStr) -> SecretStr:
    """An address that Apprise can use. ValueError otherwise, and when Apprise is not installed."""
    if find_spec("apprise") is None:
        raise ValueError("expected Apprise to be installed: pip install 'claimwatch[apprise]'")
    if _load_service(value.get_secret_value()) is None:
        raise ValueError('expected an address that Apprise knows, such as "ntfys://ntfy.example.org/topic"')
    return value


class AppriseSettings(ChannelConfig):
    """A channel that Apprise reaches."""

    url: Annotated[SecretStr, AfterValidator(validate_apprise_address)] = Field(
        description="the service and where to post there, as Apprise writes it; it is mostly a password, too"
    )


class Apprise:
    """Sends the subject and e-mail's plain text, cut to what the service takes."""

    Settings: ClassVar[type[ChannelConfig]] = AppriseSettings
    deadline = POST_DEADLINE_S

    def __init__(self, settings: AppriseSettings, *, allow_private: Sequence[str]) -> None:
        # Services are named by the operator, as mail servers are: `allow_private` does not bind them.
        url = settings.url.get_secret_value()
        self._service = _load_service(url)
        self._name = str(self._service.service_name)
        self._secrets = [url, *(part for part in re.split(r"[/:@?&=]+", url) if len(part) >= MIN_ADDRESS_PART_CHARS)]
        self._public_parts = {urlsplit(url).scheme, urlsplit(url).hostname or ""}

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        title, body = fit_to_service(rendered, self._service.title_maxlen, self._service.body_maxlen)
        try:
            # The thread that sends ends by Apprise's own limits; nobody waits for it.
            async with asyncio.timeout(self.deadline):
                failure = await asyncio.to_thread(self._notify, title, body)
        except TimeoutError:
            sentence = f"{self._name} did not answer within {self.deadline:g} s"
            raise DeliveryError(sentence, outcome_unknown=True) from None
        if failure is not None:
            raise self._delivery_error(failure)
        return Receipt(f"{self._name} took it")

    def _notify(self, title: str, body: str) -> str | None:
        """None if it was sent, else why not."""
        from apprise import Apprise as Sender

        sender = Sender()
        sender.add(self._service)
        result = sender.notify(body=body, title=title, body_format="text", log_level=logging.WARNING)
        return None if result else "; ".join(record.message for record in result.logs())

    def _delivery_error(self, reason: str) -> DeliveryError:
        match = re.search(r"error=(\d{3})\b", reason)
        status = int(match[1]) if match else 0
        secrets = [secret for secret in self._secrets if secret not in self._public_parts]
        redacted = shorten(redact(sanitize(reason), secrets), 160) or "without a reason"
        sentence = f"{self._name} did not take it: {redacted}"
        if status in LOGIN_STATUSES:
            return DeliveryError(sentence, retry_after=LOGIN_RETRY_S, channel_down=True)
        is_permanent = 400 <= status < 500 and status not in RETRYABLE_STATUSES
        return DeliveryError(sentence, permanent=is_permanent, channel_down=status == 0 or status in BUSY_STATUSES)

    async def close(self) -> None:
        """Nothing is kept open."""


def fit_to_service(rendered: RenderedMessage, max_title_chars: int, max_body_chars: int) -> tuple[str, str]:
    """Title and text as the service has room for them; a service without titles gets both as its text."""
    title, text = defuse_mentions(rendered.subject), defuse_mentions(rendered.text)
    if max_title_chars <= 0:
        title, text = "", f"{title}\n\n{text}"
    max_text_chars = max(1, max_body_chars - RESERVED_CHARS)
    return shorten(title, max_title_chars) if title else "", text if len(text) <= max_text_chars else text[
        : max_text_chars - 1
    ] + "…"


def defuse_mentions(text: str) -> str:
    """The same to read, and it calls nobody."""
    return _MENTIONS.sub(lambda found: f"{found[0]}\u200b", text)


def _load_service(url: str) -> Any:
    """Apprise's own object for an address; None if it does not know it."""
    from apprise import Apprise as Sender
    from apprise import AppriseAsset

    asset = AppriseAsset(app_id="Claimwatch", app_desc="what is new in the feeds you follow", app_url="")
    return Sender.instantiate(url, asset=asset, suppress_exceptions=True)
