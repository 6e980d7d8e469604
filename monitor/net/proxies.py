"""Chooses the proxy for a request: that of the source, of `[network]`, or of the environment."""

from __future__ import annotations

from contextlib import suppress
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from monitor.config.proxy import Proxy, parse_proxy
from monitor.errors import FetchError
from monitor.net.addresses import IpNetwork, is_in_networks, parse_ip_networks


class ProxyChooser:
    """Chooses a proxy by URL. `configured` is that of `[network]`, "" for none; with None the variables `HTTP_PROXY`,
    `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` of the environment decide, read once."""

    def __init__(self, configured: str | None = None) -> None:
        self._configured = configured
        self._environment = getproxies_environment() if configured is None else {}
        self._bypassed_networks = _networks(self._environment.get("no", ""))

    def choose(self, scheme: str, host: str, port: int, source_proxy: str | None = None) -> Proxy | None:
        """Return the proxy for a URL; None for none. `source_proxy` is the source's setting, "" for none. Raises
        FetchError if a variable of the environment is not the address of a proxy."""
        text = source_proxy if source_proxy is not None else self._configured
        if text is None:
            text = self._from_environment(scheme, host, port)
        try:
            return parse_proxy(text) if text else None
        except ValueError as error:
            raise FetchError("proxy", f"invalid proxy in the environment: {error}") from None

    def _from_environment(self, scheme: str, host: str, port: int) -> str:
        proxies = self._environment
        text = proxies.get(scheme) or proxies.get("all") or ""
        if not text or is_in_networks(host, self._bypassed_networks):
            return ""
        return "" if proxy_bypass_environment(f"{host}:{port}", proxies) else text


def _networks(no_proxy: str) -> tuple[IpNetwork, ...]:
    """The entries of `NO_PROXY` that are networks, such as `10.0.0.0/8`."""
    networks: list[IpNetwork] = []
    for entry in no_proxy.split(","):
        with suppress(ValueError):
            networks += parse_ip_networks([entry.strip()]) if "/" in entry else ()
    return tuple(networks)


def describe_environment() -> list[str]:
    """Return a sentence on each proxy of the environment, without its login."""
    environment = getproxies_environment()
    given = [
        (f"{scheme.upper()}_PROXY", text) for scheme in ("http", "https", "all") if (text := environment.get(scheme))
    ]
    sentences = [_describe_variable(name, text) for name, text in given]
    if sentences and environment.get("no"):
        sentences.append(f"NO_PROXY: no proxy for {environment['no']}")
    return sentences


def _describe_variable(name: str, text: str) -> str:
    try:
        return f"{name}: sources and channels use {parse_proxy(text)}"
    except ValueError as error:
        return f"{name}: not usable, {error}"
