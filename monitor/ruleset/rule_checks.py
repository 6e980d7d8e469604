"""Checks rules after reading: keys that contradict each other, and rules that inhibit each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.model import Moment, Novelty
from monitor.ruleset.count_keys import count_faults
from monitor.ruleset.query.faults import SyntaxFault
from monitor.ruleset.query.terms import matches_all_news
from monitor.ruleset.rule import NO_ALIASES, QueryAliases, Rule
from monitor.ruleset.source_text import SourceText
from monitor.ruleset.yaml_tree import YamlTable, YamlText

CANNOT_INHIBIT_ITSELF = "a rule cannot inhibit itself: to limit its own alerts, use `throttle`"


@dataclass(frozen=True, slots=True)
class InhibitedRule:
    """A rule that inhibits the rule of this name or id, and where that is written."""

    rule: str
    inhibited: YamlText
    source: SourceText


def inhibition_faults(
    inhibitions: Iterable[InhibitedRule], name_by_key: Mapping[str, str], waiting: Collection[str] = ()
) -> Iterator[tuple[InhibitedRule, SyntaxFault]]:
    """Yield the rules that inhibit themselves, each other in a cycle, or one of the rules with `absent` (`waiting`).

    `name_by_key`: by name and id.
    """
    inhibited_by_rule: dict[str, set[str]] = defaultdict(set)
    for inhibition in inhibitions:
        name = name_by_key.get(inhibition.inhibited.value)
        if name is None:
            continue
        if name in waiting:
            message = f"{name} has `absent`: an absence is in no story of another rule, so nothing can inhibit it"
            yield inhibition, SyntaxFault(message, inhibition.inhibited.offset)
        elif path := inhibition_path(name, inhibition.rule, inhibited_by_rule):
            cycle = " → ".join((inhibition.rule, *path))
            message = f"rules inhibit each other in a cycle: {cycle}" if len(path) > 1 else CANNOT_INHIBIT_ITSELF
            yield inhibition, SyntaxFault(message, inhibition.inhibited.offset)
        else:
            inhibited_by_rule[inhibition.rule].add(name)


def inhibition_path(start: str, end: str, inhibited_by_rule: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return the rules from `start` to `end`, each inhibited by the one before it; () if there is no such path."""
    paths: list[tuple[str, ...]] = [(start,)]
    visited = {start}
    while paths:
        path = paths.pop()
        if path[-1] == end:
            return path
        further = [name for name in sorted(inhibited_by_rule.get(path[-1], ())) if name not in visited]
        visited.update(further)
        paths += [(*path, name) for name in further]
    return ()


def rule_faults(
    rule: Rule, tree: YamlTable, now: Moment | None, aliases: QueryAliases = NO_ALIASES
) -> Iterator[SyntaxFault]:
    """Yield what is contradictory in a rule, and warnings of what is probably not meant."""
    yield from count_faults(rule, tree, aliases)
    if rule.unconfirmed and rule.corroboration < 2:
        message = "`unconfirmed` has no effect without `corroboration: 2` or more"
        yield SyntaxFault(message, tree.keys["unconfirmed"].offset, warning=True)
    elif rule.unconfirmed and rule.unconfirmed.rank > rule.highest_severity.rank:
        message = (
            f"`unconfirmed: {rule.unconfirmed}` is above `severity: {rule.highest_severity}` of confirmed alerts"
        )
        yield SyntaxFault(message, tree.values["unconfirmed"].offset)
    if Novelty.REPEATED in rule.on and rule.absent is None:
        message = "`repeated` alerts every time that a source says what is known already: expect many alerts"
        yield SyntaxFault(message, tree.values["on"].offset, warning=True)
    if rule.sources is None and rule.absent is None and matches_all_news(rule.query.root):
        message = "the query matches all news of every source: name some under `sources`"
        yield SyntaxFault(message, tree.keys["match"].offset, warning=True)
    if rule.expires and now is not None and rule.has_expired(now):
        message = f"the rule expired on {rule.expires.day}: it does not alert any more"
        yield SyntaxFault(message, tree.values["expires"].offset, warning=True)
