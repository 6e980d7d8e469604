"""Posting to the services behind HTTP notifiers: one deadline, no redirects, guarded addresses, a bounded reply.

Which reply means sent, which means later and which means never is decided here once for all of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from monitor.deliver.channels import AFTER_LOGIN_FAILED
from monitor.deliver.safe import masked, shorten, tame
from monitor.errors import DeliveryError
from monitor.sources.guard import BlockedAddress, guarded_client
from monitor.sources.headers import retry_after

POST_DEADLINE = 30.0  # seconds
REPLY_LIMIT = 4096  # bytes
SHORTEST_SECRET = 6  # characters: shorter parts of an address are words such as "hook"
LATER = frozenset({408, 425, 429})  # refusals that another try can turn
NO_LOGIN = frozenset({401, 407})  # the key or password is wrong; it is for no message in particular
BUSY = frozenset({429, 503})  # the service, not the message, is why


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered: the beginning of its text, and the seconds it asked us to wait."""

    status: int
    text: str
    retry_after: float | None


class Poster:
    """One service's address. `name` is what it is called in errors, which never hold the address itself; `limit` is
    how many bytes of a reply are read."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        allow_private: Sequence[str],
        secrets: Sequence[str] = (),
        limit: int = REPLY_LIMIT,
    ) -> None:
        self.name = f"{name} ({urlsplit(url).hostname})"
        self._url = url
        self._secrets = (*secrets, *_secret_parts(url))
        self._limit = limit
        self._client = guarded_client(tuple(allow_private))

    async def post(self, body: bytes, headers: Mapping[str, str], *, deadline: float) -> Reply:
        """The reply if it is a 2xx; DeliveryError for everything else."""
        try:
            async with asyncio.timeout(deadline):
                reply = await self._exchange(body, headers)
        except TimeoutError:
            raise DeliveryError(f"{self.name} did not answer within {deadline:g} s", unanswered=True) from None
        except BlockedAddress as error:
            raise DeliveryError(self._redact(f"{self.name}: {error}"), permanent=True) from None
        except (httpx.HTTPError, OSError) as error:
            dialled = not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
            sentence = self._redact(f"{self.name} was not reached: {_cause(error)}")
            raise DeliveryError(sentence, unreached=not dialled, unanswered=dialled) from None
        self._judge(reply)
        return reply

    async def _exchange(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        # A compressed reply could unpack to any size; it is only read for a word or two.
        sent = {"content-type": "application/json", "accept-encoding": "identity", **headers}
        request = self._client.build_request("POST", self._url, content=body, headers=sent)
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            text = await _beginning(response, self._limit)
        finally:
            await response.aclose()
        wait = retry_after(response.headers.get("retry-after"), time.time())
        return Reply(response.status_code, text, wait)

    def _judge(self, reply: Reply) -> None:
        if 200 <= reply.status < 300:
            return
        sentence = f"{self.name} answered {reply.status} {_phrase(reply.status)}".rstrip()
        if 300 <= reply.status < 400:
            raise DeliveryError(f"{sentence}: redirects are not followed", permanent=True)
        if said := self.said(reply.text):
            sentence = f"{sentence}: {said}"
        if reply.status in NO_LOGIN:
            raise DeliveryError(sentence, retry_after=AFTER_LOGIN_FAILED, unreached=True)
        later = reply.status in LATER or reply.status >= 500
        raise DeliveryError(
            sentence, permanent=not later, retry_after=reply.retry_after, unreached=reply.status in BUSY
        )

    def said(self, text: str) -> str:
        """What the service says, as one short line without what it may repeat of its address or key."""
        return shorten(self._redact(tame(text)), 120)

    def _redact(self, text: str) -> str:
        return masked(text, self._secrets)

    async def close(self) -> None:
        await self._client.aclose()


async def _beginning(response: httpx.Response, limit: int) -> str:
    read = b""
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= limit:
            break
    return read[:limit].decode("utf-8", "replace")


def _secret_parts(url: str) -> list[str]:
    """What a reply might echo of an address that is itself a password."""
    parts = urlsplit(url)
    pieces = [url, parts.path, parts.query, parts.netloc if "@" in parts.netloc else "", *parts.path.split("/")]
    return [piece for piece in pieces if len(piece) >= SHORTEST_SECRET]


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in {known.value for known in HTTPStatus} else ""


def _cause(error: Exception) -> str:
    return tame(str(error)) or type(error).__name__
