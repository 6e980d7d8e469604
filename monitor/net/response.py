"""What the fetcher takes and returns: one request, one response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from monitor.config.models import Auth


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask for. `etag` and `last_modified` come from the last good answer; `headers` and `auth` are the
    source's own, and never leave its origin."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    auth: Auth | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `url` is where it came from in the end; `body` is None for 304; `max_age` is in seconds."""

    status: int
    url: str
    body: bytes | None
    content_type: str
    etag: str | None
    last_modified: str | None
    max_age: float | None
