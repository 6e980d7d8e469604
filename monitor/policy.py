"""The wishes of channels as their tables in the config say them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from monitor.alerts.channel_notices import MONITOR_RULE
from monitor.alerts.preferences import ChannelPreferences
from monitor.assess import Policy
from monitor.config.models import Config
from monitor.config.quiet_hours import minutes_of_week
from monitor.cron import next_fire_time, parse_crontab
from monitor.deliver.render import rule_template_names
from monitor.errors import ConfigError, Problem
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules
from monitor.ruleset.rule import Rule
from monitor.text.analysis import Synonyms


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


def load_policy(config: Config) -> Policy:
    """The rules and what they lean on. Raises ConfigError with every problem of the rule files."""
    source_names = [source.name for source in config.sources]
    tag_selectors = [f"tag:{tag}" for source in config.sources for tag in source.tags]
    rules, problems = load_rules(
        config.monitor.rules,
        builtin_aliases=builtin_path("rules") / "aliases.yaml",
        channels=config.channels,
        sources=[*source_names, *tag_selectors],
        templates=rule_template_names(config.monitor.templates),
    )
    if errors := [problem for problem in problems if not problem.warning]:
        raise ConfigError(errors)
    return Policy(
        rules=rules,
        synonyms=Synonyms.from_mapping(rules.synonyms),
        preferences=channel_preferences(config),
        source_tags={source.name: source.tags for source in config.sources},
        channels_by_rule={MONITOR_RULE: config.alerts.notify}
        | {rule.name: rule.notify or config.alerts.notify for rule in rules.rules},
    )
