"""The wishes of channels as their tables in the config say them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from monitor.alerts.wishes import ChannelPreferences, minutes_of_week
from monitor.config import Config
from monitor.errors import Problem
from monitor.ruleset.rule import Rule
from monitor.sources.cadence import next_fire_time, parse_crontab


def channel_preferences(config: Config) -> dict[str, ChannelPreferences]:
    """Each channel's wishes, in its own time zone or that of the monitor."""
    preferences = {}
    for name, channel in config.channels.items():
        timezone = channel.timezone or config.monitor.timezone
        preferences[name] = ChannelPreferences(
            min_severity=channel.severity,
            urgent_severity=channel.urgent,
            quiet_minutes=minutes_of_week(channel.quiet_hours),
            next_digest_slot=partial(next_fire_time, parse_crontab(channel.digest, timezone))
            if channel.digest
            else None,
            timezone=timezone,
        )
    return preferences


def undeliverable_rules(config: Config, rules: Iterable[Rule]) -> Iterator[Problem]:
    """A warning for each rule whose alerts are too light for every channel that it tells."""
    for rule in rules:
        channels = [config.channels[name] for name in rule.notify or config.alerts.notify if name in config.channels]
        if channels and all(rule.severity.rank < channel.severity.rank for channel in channels):
            thresholds = ", ".join(f"{channel.name} takes {channel.severity} and above" for channel in channels)
            message = f"nobody is told of what rule {rule.name} finds: it is {rule.severity}, and {thresholds}"
            yield Problem(rule.path, rule.line, 1, message, warning=True)
