"""The address of a proxy, as written in the config or the environment. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

SCHEMES = ("http", "https", "socks5", "socks5h")

_EXPECTED = "expected a proxy such as http://proxy.example.org:3128 or socks5h://127.0.0.1:9050"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy. `username` and `password` are None without a login; neither appears in `label`, which is for
    messages."""

    scheme: str
    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The address without the login."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def is_socks(self) -> bool:
        return self.scheme.startswith("socks")

    @property
    def resolves_names(self) -> bool:
        """Whether only the proxy may look names up: with `socks5h`, as for Tor."""
        return self.scheme == "socks5h"

    def __str__(self) -> str:
        return f"the proxy {self.url}"


def parse_proxy(text: str) -> Proxy:
    """Parse the address of a proxy. Raises ValueError, whose text contains no login."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError:
        raise ValueError(_EXPECTED) from None
    scheme = {"socks": "socks5h"}.get(parts.scheme, parts.scheme)
    default_port = {"http": 80, "https": 443}.get(scheme, 1080)
    if scheme not in SCHEMES or not parts.hostname or parts.path.strip("/") or not text.isprintable():
        raise ValueError(_EXPECTED)
    username = unquote(parts.username) if parts.username is not None else None
    password = unquote(parts.password or "") if username is not None else None
    return Proxy(scheme, parts.hostname, port or default_port, username, password)
