"""Turns network failures into FetchErrors: a code, and a sentence with the URL and the cause.

A sentence never contains text sent by the server, or more of a URL than scheme, host and path.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from monitor.errors import FetchError
from monitor.model import Moment
from monitor.net.guard import BlockedAddress, UnknownName
from monitor.net.headers import retry_after_seconds

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


@contextmanager
def translate_httpx_errors(url: httpx.URL, *, is_reading_body: bool = False) -> Iterator[None]:
    """Raise httpx's errors as FetchErrors."""
    try:
        yield
    except BlockedAddress as error:
        raise FetchError("blocked_address", str(error)) from None
    except UnknownName as error:
        raise FetchError("dns", str(error)) from None
    except httpx.LocalProtocolError:
        raise FetchError("bad_header", f"a header of the source cannot be sent to {redacted_url(url)}") from None
    except httpx.TransportError as error:
        truncated = "truncated", "closed the connection in the middle of the response"
        code, phrase = truncated if is_reading_body else _transport_cause(error)
        raise FetchError(code, f"{redacted_url(url)} {phrase}") from None


def _transport_cause(error: httpx.TransportError) -> tuple[str, str]:
    """The code and phrase for a request that failed before the headers of the response."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ssl.SSLCertVerificationError):
            return "tls", f"has an untrusted certificate: {inner.verify_message}"
        if isinstance(inner, ssl.SSLError):
            return "tls", "failed the TLS handshake"
        if isinstance(inner, ConnectionRefusedError):
            return "refused", "refused the connection"
        inner = inner.__cause__ or inner.__context__
    if isinstance(error, httpx.ConnectTimeout):
        return "timeout", "did not accept the connection in time"
    if isinstance(error, httpx.ConnectError):
        return "unreachable", "cannot be reached"
    if isinstance(error, httpx.RemoteProtocolError):
        return "bad_answer", "sent an invalid HTTP response or none"
    return "disconnected", "closed the connection without a response"
