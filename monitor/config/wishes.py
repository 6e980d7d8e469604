"""The wishes of channels as their tables in the config say them."""

from __future__ import annotations

from functools import partial

from monitor.alerts.wishes import Wish, minutes
from monitor.config import Config
from monitor.sources.cadence import crontab, fire


def wishes_of(config: Config) -> dict[str, Wish]:
    """Each channel's wishes, in its own time zone or that of the monitor."""
    found = {}
    for name, channel in config.channels.items():
        zone = channel.timezone or config.monitor.timezone
        found[name] = Wish(
            severity=channel.severity,
            urgent=channel.urgent,
            quiet=minutes(channel.quiet_hours),
            digest=partial(fire, crontab(channel.digest, zone)) if channel.digest else None,
            timezone=zone,
        )
    return found
