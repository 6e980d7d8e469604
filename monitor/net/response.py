"""The request and response of the fetcher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from monitor.config.models import Auth


@dataclass(frozen=True, slots=True)
class Request:
    """A request for one URL. `etag` and `last_modified` come from the last successful response; `headers` and `auth`
    are only sent to the origin of the URL."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    auth: Auth | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """A response. `url` is the URL after redirects; `body` is None for status 304; `max_age` is in seconds."""

    status: int
    url: str
    body: bytes | None
    content_type: str
    etag: str | None
    last_modified: str | None
    max_age: float | None
