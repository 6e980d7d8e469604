"""Find addresses in a config that can never be reached, for `monitor check`.

The daemon starts with them: such a source fails with a clear error, and the others are polled.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import SecretStr

from monitor.config.models import Config
from monitor.config_file.toml_positions import KeyPath

LOGIN_MESSAGE = 'a URL with a login is never requested: remove it, and set auth = { username = "…", password = "…" }'
PRIVATE_MESSAGE = "{} is not a public address: add its network to allow_private under [network]"


def unreachable_addresses(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """Yield the key path of each URL of a source or channel that is never requested, and why."""
    from monitor.net.addresses import may_dial, parse_ip_networks
    from monitor.net.guard import address_in_any_spelling

    allowed = parse_ip_networks(config.network.allow_private)
    for key_path, url in written_urls(config):
        parts = urlsplit(url)
        address = address_in_any_spelling(parts.hostname or "")
        if "@" in parts.netloc:
            yield key_path, LOGIN_MESSAGE
        elif address and not may_dial(address, allowed):
            yield key_path, PRIVATE_MESSAGE.format(parts.hostname)


def written_urls(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """Yield the key path and the URL of each source, and of each channel that is posted to."""
    for index, source in enumerate(config.sources):
        yield ("sources", index, "url"), source.url
    for name, channel in config.channels.items():
        url = getattr(channel, "url", None)
        if channel.type in ("slack", "webhook") and isinstance(url, SecretStr | str):
            yield ("channels", name, "url"), url.get_secret_value() if isinstance(url, SecretStr) else url
