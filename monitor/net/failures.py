"""Turns network failures into FetchErrors: a code, and a sentence with the URL and the cause.

A sentence never contains text sent by the server, or more of a URL than scheme, host and path.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import aiohttp
import httpx
import python_socks
from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

from monitor.config.proxy import Proxy
from monitor.errors import FetchError, NoDescriptors, SourceError, lacks_descriptors
from monitor.model import Moment
from monitor.net.client import Route
from monitor.net.guard import BlockedAddress, UnknownName
from monitor.net.headers import retry_after_seconds

_ErrorTypes: TypeAlias = type[BaseException] | tuple[type[BaseException], ...]
NETWORK_ERRORS = (
    httpx.TransportError,
    aiohttp.ClientError,
    ProxyConnectionError,
    ProxyError,
    ProxyTimeoutError,
    OSError,
    EOFError,
)
_STATUS_ERRORS = {
    400: ("bad_request", "rejected the request as malformed"),
    401: ("unauthorised", "requires a username and password or a token"),
    402: ("payment_required", "requires payment"),
    403: ("forbidden", "denied access"),
    404: ("not_found", "was not found"),
    406: ("not_acceptable", "is not available in an accepted format"),
    408: ("request_timeout", "timed out waiting for the request"),
    410: ("gone", "was removed permanently"),
    429: ("rate_limited", "received too many requests"),
    451: ("legal_block", "is unavailable for legal reasons"),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request failed: a code, and a predicate whose subject is the URL, or `proxy` with `is_of_proxy`.
    `is_connected`: a connection was open, so the request may have arrived."""

    code: str
    phrase: str
    is_connected: bool = False
    is_of_proxy: bool = False


def redacted_url(url: httpx.URL | str) -> str:
    """Return scheme, host and path of a URL: the parts without secrets, for messages."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "the address"
    host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.scheme}://{host}{port}{parsed.raw_path.decode('ascii').partition('?')[0]}"[:300]


def status_error(
    status: int, headers: Mapping[str, str], url: httpx.URL, now: Moment, *, headers_stripped: bool
) -> FetchError:
    """The error for a failed request. `headers_stripped`: the source's headers were not sent, because of a
    redirect."""
    if status in _STATUS_ERRORS:
        code, phrase = _STATUS_ERRORS[status]
    elif status >= 500:
        code, phrase = "server_error", "returned a server error"
    else:
        code, phrase = f"http_{status}", "returned an unexpected status"
    sentence = f"{redacted_url(url)} {phrase} (HTTP {status})"
    if headers_stripped and status in (401, 403):
        sentence += "; the source's headers are not sent after a redirect to another site"
    wait = retry_after_seconds(headers.get("retry-after"), now)
    return FetchError(code, sentence, status=status, retry_after=wait)


def via_proxy(route: Route) -> str:
    """Return a remark that a proxy was used, to be appended to a sentence; "" without one."""
    return f" (through {route.proxy})" if route.proxy else ""


@contextmanager
def naming_proxy(proxy: Proxy | None) -> Iterator[None]:
    """Add the proxy that was used to the sentence of each SourceError that does not name it."""
    try:
        yield
    except SourceError as error:
        if proxy is not None and str(proxy) not in str(error):
            error.args = (f"{error} (through {proxy})",)
        raise


@contextmanager
def translate_network_errors(url: httpx.URL, route: Route, *, is_reading_body: bool = False) -> Iterator[None]:
    """Raise the errors of httpx and aiohttp as FetchErrors, or NoDescriptors."""
    try:
        yield
    except NETWORK_ERRORS as error:
        if lacks_descriptors(error):
            raise NoDescriptors from None
        failure = request_failure(error)
        if is_reading_body:
            failure = Failure("truncated", "closed the connection in the middle of the response", True)
        raise FetchError(failure.code, failure_sentence(failure, redacted_url(url), route)) from None


def failure_sentence(failure: Failure, subject: str, route: Route) -> str:
    """Return a sentence about a failed request to `subject`."""
    if failure.is_of_proxy:
        return f"{subject} cannot be reached: {route.proxy or 'the proxy'} {failure.phrase}"
    if failure.code in ("blocked_address", "dns"):
        return f"{failure.phrase}{via_proxy(route)}"
    return f"{subject} {failure.phrase}{via_proxy(route)}"


def request_failure(error: BaseException) -> Failure:
    """Return why a request failed before the headers of the response arrived.

    The errors of httpx-aiohttp are coarse, so the chain of causes decides.
    """
    if lacks_descriptors(error):
        return _NO_DESCRIPTORS
    causes = tuple(_causes(error))
    for types, failure in _FAILURES:
        if cause := next((cause for cause in causes if isinstance(cause, types)), None):
            return failure(cause)
    return Failure("disconnected", "closed the connection without a response", True)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _certificate_failure(error: BaseException) -> Failure:
    cause = getattr(error, "certificate_error", error)
    reason = getattr(cause, "verify_message", None) or "it cannot be verified"
    way_out = "" if "expired" in reason else "; set ca_file to trust the authority that issued it"
    return Failure("tls", f"has an untrusted certificate: {reason}{way_out}")


def _proxy_failure(phrase: str) -> Failure:
    return Failure("proxy", phrase, is_of_proxy=True)


def _proxy_status_failure(error: BaseException) -> Failure:
    status = error.status if isinstance(error, aiohttp.ClientHttpProxyError) else 0
    if status == 407:
        return _proxy_failure("requires a username and password (HTTP 407)")
    return _proxy_failure(f"refused to connect to it (HTTP {status})")


def _socks_failure(error: BaseException) -> Failure:
    is_login = any(word in str(error).lower() for word in ("auth", "407"))
    return _proxy_failure("requires another username and password" if is_login else "could not connect to it")


_NO_DESCRIPTORS = Failure("no_descriptors", f"cannot be reached: {NoDescriptors()}")
_BAD_ANSWER = Failure("bad_answer", "sent an invalid HTTP response or none", True)
# The first row of which the chain of causes has an instance decides.
_FAILURES: tuple[tuple[_ErrorTypes, Callable[[BaseException], Failure]], ...] = (
    (BlockedAddress, lambda error: Failure("blocked_address", str(error))),
    (UnknownName, lambda error: Failure("dns", str(error))),
    (aiohttp.ClientHttpProxyError, _proxy_status_failure),
    (
        (aiohttp.ClientProxyConnectionError, ProxyConnectionError, python_socks.ProxyConnectionError),
        lambda _: _proxy_failure("cannot be reached"),
    ),
    ((ProxyTimeoutError, python_socks.ProxyTimeoutError), lambda _: _proxy_failure("did not connect to it in time")),
    ((ProxyError, python_socks.ProxyError), _socks_failure),
    (EOFError, lambda _: _proxy_failure("closed the connection; it may require another username and password")),
    (ssl.SSLCertVerificationError, _certificate_failure),
    (ssl.SSLError, lambda _: Failure("tls", "failed the TLS handshake")),
    (ConnectionRefusedError, lambda _: Failure("refused", "refused the connection")),
    (aiohttp.ConnectionTimeoutError, lambda _: Failure("timeout", "did not accept the connection in time")),
    ((aiohttp.ClientConnectorError, httpx.ConnectError), lambda _: Failure("unreachable", "cannot be reached")),
    ((httpx.InvalidURL, aiohttp.InvalidURL), lambda _: Failure("bad_url", "is not a valid URL")),
    ((aiohttp.ClientResponseError, httpx.ProtocolError), lambda _: _BAD_ANSWER),
    (aiohttp.ServerTimeoutError, lambda _: Failure("timeout", "did not respond in time", True)),
    (TimeoutError, lambda _: Failure("timeout", "did not accept the connection in time")),
)
