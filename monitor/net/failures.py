"""Network failures as FetchErrors: a code, and a sentence that says what happened and where.

No sentence repeats what the server sent, or more of an address than scheme, host and path.
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
    400: ("bad_request", "calls the request malformed"),
    401: ("unauthorised", "asks for a name and password or a token"),
    402: ("payment_required", "asks for payment"),
    403: ("forbidden", "forbids the request"),
    404: ("not_found", "has nothing at this address"),
    406: ("not_acceptable", "has nothing of the kind that was asked for"),
    408: ("request_timeout", "gave up waiting for the request"),
    410: ("gone", "says that this address is gone for good"),
    429: ("rate_limited", "asks for fewer requests"),
    451: ("legal_block", "may not show this for legal reasons"),
}


def redacted_url(url: httpx.URL | str) -> str:
    """As much of an address as may be told: scheme, host and path. What holds secrets stays out."""
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
    """The error for a status that brings no body. `stripped`: the source's own headers were left behind."""
    if status in _STATUS_ERRORS:
        code, phrase = _STATUS_ERRORS[status]
    elif status >= 500:
        code, phrase = "server_error", "has an error of its own"
    else:
        code, phrase = f"http_{status}", "gave an answer that is no use"
    sentence = f"{redacted_url(url)} {phrase} (HTTP {status})"
    if headers_stripped and status in (401, 403):
        sentence += "; it was reached by a redirect, where the source's own headers are not sent"
    wait = retry_after_seconds(headers.get("retry-after"), now)
    return FetchError(code, sentence, status=status, retry_after=wait)


@contextmanager
def translate_httpx_errors(url: httpx.URL, *, is_reading_body: bool = False) -> Iterator[None]:
    """Turns httpx's errors into ours. `reading`: the status came already, the body was under way."""
    try:
        yield
    except BlockedAddress as error:
        raise FetchError("blocked_address", str(error)) from None
    except UnknownName as error:
        raise FetchError("dns", str(error)) from None
    except httpx.LocalProtocolError:
        raise FetchError("bad_header", f"a header of the source cannot be sent to {redacted_url(url)}") from None
    except httpx.TransportError as error:
        code, phrase = (
            ("truncated", "broke off in the middle of its answer") if is_reading_body else _transport_cause(error)
        )
        raise FetchError(code, f"{redacted_url(url)} {phrase}") from None


def _transport_cause(error: httpx.TransportError) -> tuple[str, str]:
    """What stopped the request before any answer came."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ssl.SSLCertVerificationError):
            return "tls", f"has a certificate that cannot be trusted: {inner.verify_message}"
        if isinstance(inner, ssl.SSLError):
            return "tls", "does not speak TLS in a way that is understood"
        if isinstance(inner, ConnectionRefusedError):
            return "refused", "refuses the connection"
        inner = inner.__cause__ or inner.__context__
    if isinstance(error, httpx.ConnectTimeout):
        return "timeout", "does not take the connection"
    if isinstance(error, httpx.ConnectError):
        return "unreachable", "cannot be reached"
    if isinstance(error, httpx.RemoteProtocolError):
        return "bad_answer", "gave something that is not an HTTP answer, or none"
    return "disconnected", "closed the connection without an answer"
