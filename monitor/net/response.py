"""The request and response of the fetcher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from monitor.config.models import Auth
from monitor.config.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Request:
    """A request for one URL. `etag` and `last_modified` come from the last successful response.

    `headers`, `cookies`, `auth`, `client_cert` and `body` are only sent to the origin of the URL. `proxy` and
    `ca_file` also apply to other sites that the URL redirects to; `proxy` is "" for none, None for the default.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    cookies: Mapping[str, SecretStr] = field(default_factory=dict)
    auth: Auth | None = None
    client_cert: Path | None = None
    method: str = "GET"
    body: SecretStr | None = None
    proxy: SecretStr | None = None
    ca_file: Path | None = None

    def for_other_url(self, url: str) -> Request:
        """Return a request for another URL of the same source, without credentials."""
        return Request(url, proxy=self.proxy, ca_file=self.ca_file)

    @property
    def proxy_address(self) -> str | None:
        """The address of the proxy with its login; "" for none, None for the default."""
        return None if self.proxy is None else self.proxy.get_secret_value()

    @property
    def has_credentials(self) -> bool:
        return bool(self.headers or self.cookies or self.auth or self.client_cert)


@dataclass(frozen=True, slots=True)
class Response:
    """A response. `url` is the URL after redirects; `body` is None for status 304; `max_age` is in seconds.
    `proxy` is the one that was used."""

    status: int
    url: str
    body: bytes | None
    content_type: str
    etag: str | None
    last_modified: str | None
    max_age: float | None
    proxy: Proxy | None = None
