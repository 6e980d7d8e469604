"""How the network may be used: which addresses may be dialed, through which proxy, with which authorities."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import httpx

from monitor.config.models import NetworkConfig
from monitor.net.client import Route, port_of
from monitor.net.guard import Guard
from monitor.net.proxies import ProxyChooser


@dataclass(frozen=True, slots=True)
class Network:
    """The network of one config. `ca_files` are trusted for every server, besides the system's authorities."""

    guard: Guard
    proxies: ProxyChooser = field(default_factory=lambda: ProxyChooser(""))
    ca_files: tuple[Path, ...] = ()

    def route(
        self,
        url: httpx.URL,
        *,
        proxy: str | None = None,
        ca_file: Path | None = None,
        client_cert: Path | None = None,
    ) -> Route:
        """Return how a URL is reached. `proxy` overrides that of the network, "" means none. Raises FetchError if the
        environment names an invalid proxy."""
        chosen = self.proxies.choose(url.scheme, url.host, port_of(url), proxy)
        return Route(chosen, self.ca_files + ((ca_file,) if ca_file else ()), client_cert)


def open_network(settings: NetworkConfig) -> Network:
    """Return the network of a config; without a proxy there, those of the environment are used."""
    proxy = settings.proxy.get_secret_value() if settings.proxy is not None else None
    ca_files = (settings.ca_file,) if settings.ca_file else ()
    return Network(Guard(settings.allow_private), ProxyChooser(proxy), ca_files)
