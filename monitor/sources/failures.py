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
from monitor.sources.guard import BlockedAddress, UnknownName
from monitor.sources.headers import retry_after

_STATUS = {
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


def place(url: httpx.URL | str) -> str:
    """As much of an address as may be told: scheme, host and path. What holds secrets stays out."""
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        return "the address"
    host = f"[{found.host}]" if ":" in found.host else found.host
    port = f":{found.port}" if found.port else ""
    return f"{found.scheme}://{host}{port}{found.raw_path.decode('ascii').partition('?')[0]}"[:300]


def refusal(status: int, headers: Mapping[str, str], url: httpx.URL, now: Moment, *, stripped: bool) -> FetchError:
    """The error for a status that brings no body. `stripped`: the source's own headers were left behind."""
    if status in _STATUS:
        code, says = _STATUS[status]
    elif status >= 500:
        code, says = "server_error", "has an error of its own"
    else:
        code, says = f"http_{status}", "gave an answer that is no use"
    sentence = f"{place(url)} {says} (HTTP {status})"
    if stripped and status in (401, 403):
        sentence += "; it was reached by a redirect, where the source's own headers are not sent"
    wait = retry_after(headers.get("retry-after"), now)
    return FetchError(code, sentence, status=status, retry_after=wait)


@contextmanager
def told(url: httpx.URL, *, reading: bool = False) -> Iterator[None]:
    """Turns httpx's errors into ours. `reading`: the status came already, the body was under way."""
    try:
        yield
    except BlockedAddress as error:
        raise FetchError("blocked_address", str(error)) from None
    except UnknownName as error:
        raise FetchError("dns", str(error)) from None
    except httpx.LocalProtocolError:
        raise FetchError("bad_header", f"a header of the source cannot be sent to {place(url)}") from None
    except httpx.TransportError as error:
        code, says = ("truncated", "broke off in the middle of its answer") if reading else _cause(error)
        raise FetchError(code, f"{place(url)} {says}") from None


def _cause(error: httpx.TransportError) -> tuple[str, str]:
    """What stopped the request before any answer came."""
    beneath: BaseException | None = error
    while beneath is not None:
        if isinstance(beneath, ssl.SSLCertVerificationError):
            return "tls", f"has a certificate that cannot be trusted: {beneath.verify_message}"
        if isinstance(beneath, ssl.SSLError):
            return "tls", "does not speak TLS in a way that is understood"
        if isinstance(beneath, ConnectionRefusedError):
            return "refused", "refuses the connection"
        beneath = beneath.__cause__ or beneath.__context__
    if isinstance(error, httpx.ConnectTimeout):
        return "timeout", "does not take the connection"
    if isinstance(error, httpx.ConnectError):
        return "unreachable", "cannot be reached"
    if isinstance(error, httpx.RemoteProtocolError):
        return "bad_answer", "gave something that is not an HTTP answer, or none"
    return "disconnected", "closed the connection without an answer"
