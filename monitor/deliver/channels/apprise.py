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

from monitor.config import ChannelConfig
from monitor.deliver.channels import AFTER_LOGIN_FAILED, Receipt
from monitor.deliver.channels.http import BUSY, LATER, NO_LOGIN, POST_DEADLINE
from monitor.deliver.render import Rendered
from monitor.deliver.safe import masked, shorten, tame
from monitor.errors import DeliveryError
from monitor.model import Message

SHORTEST_SECRET = 4  # characters: the parts of an address that Apprise could repeat
LEFT_FREE = 16  # characters of a service's room, for what it puts between title and text
# What services take for "tell everybody"; a feed may say it, and nobody is called.
_CALLS = re.compile(r"@(?=everyone\b|here\b|channel\b|all\b|room\b)|(?<=<)(?=[@!#])", re.IGNORECASE)


def apprise_address(value: SecretStr) -> SecretStr:
    """An address that Apprise can use. ValueError otherwise, and when Apprise is not installed."""
    if find_spec("apprise") is None:
        raise ValueError("expected Apprise to be installed: pip install 'claimwatch[apprise]'")
    if _service(value.get_secret_value()) is None:
        raise ValueError('expected an address that Apprise knows, such as "ntfys://ntfy.example.org/topic"')
    return value


class AppriseSettings(ChannelConfig):
    """A channel that Apprise reaches."""

    url: Annotated[SecretStr, AfterValidator(apprise_address)] = Field(
        description="the service and where to post there, as Apprise writes it; it is mostly a password, too"
    )


class Apprise:
    """Sends the subject and e-mail's plain text, cut to what the service takes."""

    Settings: ClassVar[type[ChannelConfig]] = AppriseSettings
    deadline = POST_DEADLINE

    def __init__(self, settings: AppriseSettings, *, allow_private: Sequence[str]) -> None:
        # Services are named by the operator, as mail servers are: `allow_private` does not bind them.
        url = settings.url.get_secret_value()
        self._service = _service(url)
        self._name = str(self._service.service_name)
        self._secrets = [url, *(part for part in re.split(r"[/:@?&=]+", url) if len(part) >= SHORTEST_SECRET)]
        self._known = {urlsplit(url).scheme, urlsplit(url).hostname or ""}

    async def send(self, message: Message, rendered: Rendered) -> Receipt:
        title, body = fitted(rendered, self._service.title_maxlen, self._service.body_maxlen)
        try:
            # The thread that sends ends by Apprise's own limits; nobody waits for it.
            async with asyncio.timeout(self.deadline):
                refused = await asyncio.to_thread(self._notify, title, body)
        except TimeoutError:
            sentence = f"{self._name} did not answer within {self.deadline:g} s"
            raise DeliveryError(sentence, unanswered=True) from None
        if refused is not None:
            raise self._failure(refused)
        return Receipt(f"{self._name} took it")

    def _notify(self, title: str, body: str) -> str | None:
        """None if it was sent, else why not."""
        from apprise import Apprise as Sender

        sender = Sender()
        sender.add(self._service)
        result = sender.notify(body=body, title=title, body_format="text", log_level=logging.WARNING)
        return None if result else "; ".join(entry.message for entry in result.logs())

    def _failure(self, why: str) -> DeliveryError:
        found = re.search(r"error=(\d{3})\b", why)
        status = int(found[1]) if found else 0
        secrets = [secret for secret in self._secrets if secret not in self._known]
        said = shorten(masked(tame(why), secrets), 160) or "without a reason"
        sentence = f"{self._name} did not take it: {said}"
        if status in NO_LOGIN:
            return DeliveryError(sentence, retry_after=AFTER_LOGIN_FAILED, unreached=True)
        final = 400 <= status < 500 and status not in LATER
        return DeliveryError(sentence, permanent=final, unreached=status == 0 or status in BUSY)

    async def close(self) -> None:
        """Nothing is kept open."""


def fitted(rendered: Rendered, title_room: int, body_room: int) -> tuple[str, str]:
    """Title and text as the service has room for them; a service without titles gets both as its text."""
    title, text = calm(rendered.subject), calm(rendered.text)
    if title_room <= 0:
        title, text = "", f"{title}\n\n{text}"
    room = max(1, body_room - LEFT_FREE)
    return shorten(title, title_room) if title else "", text if len(text) <= room else text[: room - 1] + "…"


def calm(text: str) -> str:
    """The same to read, and it calls nobody."""
    return _CALLS.sub(lambda found: f"{found[0]}\u200b", text)


def _service(url: str) -> Any:
    """Apprise's own object for an address; None if it does not know it."""
    from apprise import Apprise as Sender
    from apprise import AppriseAsset

    asset = AppriseAsset(app_id="Claimwatch", app_desc="what is new in the feeds you follow", app_url="")
    return Sender.instantiate(url, asset=asset, suppress_exceptions=True)
