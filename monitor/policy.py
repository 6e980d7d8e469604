"""Build the `Policy` of assessment from the config and the rule files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TypeAlias

from monitor.alerts.channel_notices import MONITOR_RULE
from monitor.alerts.preferences import ChannelPreferences
from monitor.assess import Policy
from monitor.config.models import Config
from monitor.config.quiet_hours import minutes_of_week
from monitor.cron import next_fire_time, parse_crontab
from monitor.deliver.render import rule_template_names
from monitor.errors import ConfigError, NoDescriptors, Problem, lacks_descriptors
from monitor.resources import builtin_path
from monitor.ruleset.aliases import read_aliases
from monitor.ruleset.load import ALIASES_FILE, alias_file, load_rules, read_yaml_file, rule_files
from monitor.ruleset.query.compile import AliasNodes
from monitor.ruleset.rule import Rule, RuleSet
from monitor.ruleset.rule_reader import KnownNames, Surroundings
from monitor.text.analysis import Synonyms

FileStamps: TypeAlias = tuple[tuple[str, int, int, int], ...]  # name, inode, size and modification time of each file


def channel_preferences(config: Config) -> dict[str, ChannelPreferences]:
    """Return the preferences of each channel. Its own time zone takes precedence over `monitor.timezone`."""
    preferences = {}
    for name, channel in config.channels.items():
        timezone = channel.timezone or config.monitor.timezone
        digest_trigger = parse_crontab(channel.digest, timezone) if channel.digest else None
        preferences[name] = ChannelPreferences(
            min_severity=channel.severity,
            urgent_severity=channel.urgent,
            quiet_minutes=minutes_of_week(channel.quiet_hours),
            next_digest_slot=partial(next_fire_time, digest_trigger) if digest_trigger else None,
            timezone=timezone,
            updates=getattr(channel, "updates", False),
        )
    return preferences


def undeliverable_rules(config: Config, rules: Iterable[Rule]) -> Iterator[Problem]:
    """Yield a warning for each rule that none of its channels accepts, and one for all rules without a channel."""
    rules = list(rules)
    unsent = [] if config.alerts.notify or not config.channels else [rule for rule in rules if not rule.notify]
    if unsent:
        names = unsent[0].name + (f" and {len(unsent) - 1} more" if unsent[1:] else "")
        message = (
            f"alerts of {names} are not sent: name channels under `notify`, "
            "or for all rules under `[alerts]` in the config"
        )
        yield Problem(unsent[0].path, unsent[0].line, 1, message, warning=True)
    for rule in rules:
        channels = [config.channels[name] for name in rule.notify or config.alerts.notify if name in config.channels]
        if channels and all(rule.highest_severity.rank < channel.severity.rank for channel in channels):
            thresholds = ", ".join(f"{channel.name} accepts {channel.severity} and above" for channel in channels)
            message = (
                f"no channel accepts the alerts of rule {rule.name}: it is {rule.highest_severity}, and {thresholds}"
            )
            yield Problem(rule.path, rule.line, 1, message, warning=True)


def read_rules(config: Config) -> tuple[RuleSet, tuple[Problem, ...]]:
    """Return the rules on disk and their problems. If any problem is an error, do not use the rules."""
    return load_rules(
        config.monitor.rules,
        builtin_aliases=builtin_path("rules") / ALIASES_FILE,
        names=known_names(config),
        surroundings=Surroundings(config.monitor.timezone),
    )


def known_names(config: Config) -> KnownNames:
    """Return the names that rules may use with a config."""
    source_names = [source.name for source in config.sources]
    tag_selectors = [f"tag:{tag}" for source in config.sources for tag in source.tags]
    templates = rule_template_names(config.monitor.templates)
    return KnownNames(config.channels, [*source_names, *tag_selectors], templates)


def load_policy(config: Config) -> Policy:
    """Load the rules, with what assessment needs from the config. Raises ConfigError with every rule file problem."""
    rules, problems = read_rules(config)
    if errors := [problem for problem in problems if not problem.warning]:
        raise ConfigError(errors)
    return Policy(
        rules=rules,
        synonyms=Synonyms.from_mapping(rules.synonyms),
        preferences=channel_preferences(config),
        timezone=config.monitor.timezone,
        source_tags=config.source_tags,
        channels_by_rule={MONITOR_RULE: config.alerts.notify}
        | {rule.name: rule.notify or config.alerts.notify for rule in rules.rules},
    )


def stat_files(config: Config) -> FileStamps:
    """Return the stamps of the config and the rule files, without reading them; those that exist.

    Raises NoDescriptors.
    """
    stamps = []
    try:
        for path in (config.path, *rule_files(config.monitor.rules)):
            stat = path.stat()
            stamps.append((path.name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    except OSError as error:
        if lacks_descriptors(error):
            raise NoDescriptors from None
        # else gone, or being replaced by an editor: loading reports it
    return tuple(stamps)


def load_aliases(config: Config | None) -> AliasNodes:
    """Return the aliases of the rules folder, or the built-in ones. Raise ConfigError if they are invalid."""
    builtin = builtin_path("rules") / ALIASES_FILE
    file = alias_file(config.monitor.rules, builtin) if config else builtin
    problems: list[Problem] = []
    source, tree = read_yaml_file(file or builtin, problems, lambda _: None)
    nodes, _, faults = read_aliases(tree)
    if problems := [*problems, *(source.to_problem(fault) for fault in faults)]:
        raise ConfigError(problems)
    return nodes
