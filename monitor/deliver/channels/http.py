"""POST requests of the HTTP notifiers: one deadline, no redirects, guarded addresses, a bounded reply.

The same rules decide for all of them which replies mean sent, which are retried, and which make a message dead.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from monitor import __version__
from monitor.deliver.channels import LOGIN_RETRY_S
from monitor.deliver.sanitize import redact, sanitize, shorten
from monitor.errors import DeliveryError, FetchError
from monitor.net.client import HttpClient, http_request
from monitor.net.failures import NETWORK_ERRORS, Failure, failure_sentence, request_failure, via_proxy
from monitor.net.headers import retry_after_seconds
from monitor.net.network import Network

POST_DEADLINE_S = 30.0
USER_AGENT = f"Claimwatch/{__version__}"
MAX_HTTP_REPLY_BYTES = 4096
MIN_SECRET_PART_CHARS = 6  # shorter parts of a URL are words such as "hook"
RETRYABLE_STATUSES = frozenset({408, 425, 429})  # the 4xx for which a retry can succeed
LOGIN_STATUSES = frozenset({401, 407})  # the key or password is wrong, which affects every message
BUSY_STATUSES = frozenset({429, 503})  # the cause is the service, not the message


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The reply of a service: the beginning of its text, and its Retry-After in seconds."""

    status: int
    text: str
    retry_after: float | None


class HttpPoster:
    """Posts to one URL. `name` names the service in errors, which never contain the URL itself."""

    def __init__(
        self,
        name: str,
        url: str,
        network: Network,
        *,
        proxy: SecretStr | None = None,
        secrets: Sequence[str] = (),
        max_reply_bytes: int = MAX_HTTP_REPLY_BYTES,
    ) -> None:
        self.name = f"{name} ({urlsplit(url).hostname})"
        self._url = httpx.URL(url)
        self._route = network.route(self._url, proxy=proxy.get_secret_value() if proxy is not None else None)
        self._secrets = (*secrets, *_secret_parts(url))
        self._max_reply_bytes = max_reply_bytes
        # A request on a kept connection that the service has just closed would fail, and it must not be repeated.
        self._client = HttpClient(network.guard, keep_alive=False)

    async def post(self, body: bytes, headers: Mapping[str, str], *, deadline: float) -> HttpReply:
        """Return the reply if it is a 2xx. Raises DeliveryError for everything else."""
        try:
            async with asyncio.timeout(deadline):
                reply = await self._exchange(body, headers)
        except TimeoutError:
            raise DeliveryError(f"{self.name} did not respond within {deadline:g} s", outcome_unknown=True) from None
        except NETWORK_ERRORS as error:
            raise self._delivery_error(request_failure(error)) from None
        except FetchError as error:
            raise DeliveryError(self._redact(f"{self.name}: {error}"), channel_down=True) from None
        self._raise_for_status(reply)
        return reply

    async def _exchange(self, body: bytes, headers: Mapping[str, str]) -> HttpReply:
        # A compressed reply could unpack to any size, and only its beginning is read.
        own_headers = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": USER_AGENT}
        all_headers = {**own_headers, **headers}
        response = await self._client.send(http_request("POST", self._url, all_headers, body), self._route)
        try:
            text = await _read_beginning(response, self._max_reply_bytes)
        finally:
            await response.aclose()
        wait = retry_after_seconds(response.headers.get("retry-after"), time.time())
        return HttpReply(response.status_code, text, wait)

    def _delivery_error(self, failure: Failure) -> DeliveryError:
        sentence = self._redact(failure_sentence(failure, self.name, self._route))
        if failure.code == "blocked_address":
            return DeliveryError(f"{self.name}: {sentence}", permanent=True)
        return DeliveryError(sentence, channel_down=not failure.is_connected, outcome_unknown=failure.is_connected)

    def _raise_for_status(self, reply: HttpReply) -> None:
        if 200 <= reply.status < 300:
            return
        sentence = f"{self.name} answered {reply.status} {_status_phrase(reply.status)}".rstrip()
        sentence += via_proxy(self._route)
        if 300 <= reply.status < 400:
            raise DeliveryError(f"{sentence}: redirects are not followed", permanent=True)
        if reason := self.redact_reply(reply.text):
            sentence = f"{sentence}: {reason}"
        if reply.status in LOGIN_STATUSES:
            raise DeliveryError(sentence, retry_after=LOGIN_RETRY_S, channel_down=True)
        is_retryable = reply.status in RETRYABLE_STATUSES or reply.status >= 500
        raise DeliveryError(
            sentence,
            permanent=not is_retryable,
            retry_after=reply.retry_after,
            channel_down=reply.status in BUSY_STATUSES,
        )

    def redact_reply(self, text: str) -> str:
        """Return the text of a reply as one short line, without the secrets and parts of the URL that it repeats."""
        return shorten(self._redact(sanitize(text)), 120)

    def _redact(self, text: str) -> str:
        return redact(text, self._secrets)

    async def close(self) -> None:
        await self._client.close()


async def _read_beginning(response: httpx.Response, max_bytes: int) -> str:
    content = b""
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) >= max_bytes:
            break
    return content[:max_bytes].decode("utf-8", "replace")


def _secret_parts(url: str) -> list[str]:
    """Return the parts of a URL that is itself a secret, as a reply might repeat them."""
    parts = urlsplit(url)
    candidates = [url, parts.path, parts.query, parts.netloc if "@" in parts.netloc else "", *parts.path.split("/")]
    return [part for part in candidates if len(part) >= MIN_SECRET_PART_CHARS]


def _status_phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in {member.value for member in HTTPStatus} else ""
