"""Follows redirects: which URL comes next, and what of a request may go there. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

import httpx

from monitor.errors import FetchError
from monitor.net.client import port_of
from monitor.net.failures import redacted_url

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_REPEATING_STATUSES = frozenset({307, 308})  # these repeat a POST; the others continue with a GET
_MAX_COOKIE_CHARS = 8192
Origin: TypeAlias = tuple[str, str, int]  # scheme, host and port


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a chain of redirects. `sends_credentials`: those of the source are sent. `cookies` were set
    earlier in the chain."""

    url: httpx.URL
    method: str = "GET"
    sends_credentials: bool = True
    cookies: httpx.Cookies | None = None

    def chain_cookies(self) -> str:
        """Return the cookies of the chain that belong to this URL, as in a Cookie header; "" for none."""
        if self.cookies is None:
            return ""
        request = httpx.Request("GET", self.url)
        self.cookies.set_cookie_header(request)
        header: str = request.headers.get("cookie", "")
        return header if len(header) <= _MAX_COOKIE_CHARS else ""


def next_hop(hop: Hop, response: httpx.Response) -> Hop:
    """Return the request that a redirect asks for. Raises FetchError."""
    subject = f"the redirect target of {redacted_url(hop.url)}"
    # Servers send non-ASCII bytes unescaped; they are percent-encoded as they are, in any charset.
    location = re.sub(r"[\x80-\xff]", lambda letter: f"%{ord(letter[0]):02X}", _raw_location(response))
    if not location:
        sentence = f"{redacted_url(hop.url)} redirects without a Location header"
        raise FetchError("bad_url", sentence, status=response.status_code)
    try:
        url = fetchable_url(hop.url.join(location), subject)
    except (httpx.InvalidURL, ValueError):
        raise FetchError("bad_url", f"{subject} is not a valid URL") from None
    is_same_site = hop.sends_credentials and origin_of(url) == origin_of(hop.url)
    method = hop.method if response.status_code in _REPEATING_STATUSES else "GET"
    if method != "GET" and not is_same_site:
        raise FetchError("bad_url", f"{redacted_url(hop.url)} redirects a {method} request to another site")
    cookies = _collected_cookies(hop, response)
    return replace(hop, url=url, method=method, sends_credentials=is_same_site, cookies=cookies)


@lru_cache(maxsize=8192)  # the same URLs are fetched at every poll
def source_url(text: str) -> httpx.URL:
    """Parse the URL of a request. Raises FetchError with code `bad_url`."""
    return fetchable_url(text)


def fetchable_url(text: str | httpx.URL, subject: str = "the address") -> httpx.URL:
    """Parse a URL that can be fetched, without its fragment. Raises FetchError `bad_url`, its sentence starting with
    `subject`."""
    try:
        url = httpx.URL(text)
        url = url.copy_with(fragment=None) if "#" in str(text) else url
    except (httpx.InvalidURL, ValueError):
        raise FetchError("bad_url", f"{subject} is not a valid URL") from None
    if url.scheme not in ("http", "https"):
        raise FetchError("bad_url", f"{subject} is not an http or https URL")
    if not url.host or not 0 < (url.port or 80) < 65536 or url.port == 0:
        raise FetchError("bad_url", f"{subject} has no host or an invalid port")
    if url.userinfo:
        raise FetchError("bad_url", f"{subject} contains a username or password; set them in `auth`")
    return url


def _raw_location(response: httpx.Response) -> str:
    return next((value for name, value in response.headers.raw if name.lower() == b"location"), b"").decode("latin-1")


def _collected_cookies(hop: Hop, response: httpx.Response) -> httpx.Cookies | None:
    if "set-cookie" not in response.headers:
        return hop.cookies
    cookies = httpx.Cookies(hop.cookies)
    cookies.extract_cookies(response)
    return cookies


def origin_of(url: httpx.URL) -> Origin:
    return url.scheme, url.host, port_of(url)
