"""The wishes of channels as their tables in the config say them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from monitor.alerts.wishes import Wish, minutes
from monitor.config import Config
from monitor.errors import Problem
from monitor.ruleset.rule import Rule
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


def unheard(config: Config, rules: Iterable[Rule]) -> Iterator[Problem]:
    """A warning for each rule whose alerts are too light for every channel that it tells."""
    for rule in rules:
        told = [config.channels[name] for name in rule.notify or config.alerts.notify if name in config.channels]
        if told and all(rule.severity.rank < channel.severity.rank for channel in told):
            names = ", ".join(f"{channel.name} takes {channel.severity} and above" for channel in told)
            said = f"nobody is told of what rule {rule.name} finds: it is {rule.severity}, and {names}"
            yield Problem(rule.path, rule.line, 1, said, warning=True)
