"""The keys `count`, `by` and `absent` of a rule: what they exclude, and the entries of the list counted by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from monitor.model import Novelty
from monitor.ruleset.query.faults import SyntaxFault, did_you_mean
from monitor.ruleset.query.lint import distinct_terms
from monitor.ruleset.query.nodes import Node, Or, Query
from monitor.ruleset.rule import QueryAliases, Rule
from monitor.ruleset.schema import RuleModel
from monitor.ruleset.yaml_tree import YamlTable

# The keys that do not go with `count` or `absent`, and why.
EXCLUDED_BY_COUNT = {
    "absent": "a rule either counts matches or waits for their absence: write two rules",
    "corroboration": "it would be unclear which of the matches needs several sources",
    "unconfirmed": "it would be unclear which of the matches needs several sources",
    "figures": "a figure alerts at once: follow it in a rule of its own",
    "inhibits": "its alerts are in stories of their own, in which no other rule alerts",
    "since": "earlier matches were not counted when they were seen; `monitor try` shows when it would have fired",
}
EXCLUDED_BY_ABSENCE = {
    "throttle": "it fires once, until something matches again",
    "corroboration": "an absence has no sources that report it",
    "unconfirmed": "an absence has no sources that report it",
    "figures": "an absence has no figures: follow them in a rule of its own",
    "severity": "conditions have no match to look at: write one severity",
    "inhibits": "an absence is in no story of another rule",
    "since": "it starts to wait when it is added",
}
ABSENT_ON = frozenset((Novelty.NEW, Novelty.CHANGED, Novelty.REPEATED))  # a daily "all well" is no absence


def count_faults(rule: Rule, tree: YamlTable, aliases: QueryAliases) -> Iterator[SyntaxFault]:
    """Yield the contradictions among the keys of a rule that counts or waits for an absence."""
    reasons: dict[str, tuple[str, str]] = {}
    if rule.absent is not None:
        reasons |= {key: ("absent", reason) for key, reason in EXCLUDED_BY_ABSENCE.items()}
    if rule.count is not None:
        reasons |= {key: ("count", reason) for key, reason in EXCLUDED_BY_COUNT.items()}
    for key, (kind, reason) in reasons.items():
        if key in tree.keys and not is_harmless(key, rule):
            yield SyntaxFault(f"`{key}` cannot be combined with `{kind}`: {reason}", tree.keys[key].offset)
    if "by" in tree.keys and rule.count is None:
        yield SyntaxFault("`by` has no meaning without `count`, as in `count: 5 per 1h`", tree.keys["by"].offset)
    elif rule.count is not None and rule.count.by.startswith("@"):
        yield from list_faults(rule, rule.count.by, tree.values["by"].offset, aliases)


def is_harmless(key: str, rule: Rule) -> bool:
    """Whether the value of an excluded key means what the rule does anyway."""
    return (key == "corroboration" and rule.corroboration < 2) or (key == "severity" and not rule.severity_conditions)


def list_faults(rule: Rule, name: str, position: int, aliases: QueryAliases) -> Iterator[SyntaxFault]:
    """Yield a fault if `by` has the name of a list that does not exist or that the query does not use."""
    if name[1:] not in aliases.nodes:
        hint = did_you_mean(name[1:], tuple(aliases.nodes), "@")
        yield SyntaxFault(f"`by`: unknown list `{name}`" + (f"; {hint}" if hint else ""), position)
    elif not uses_list(rule.query, aliases.nodes[name[1:]]):
        yield SyntaxFault(f"`by: {name}` counts by the words of a list that `match` does not use", position)


def uses_list(query: Query, node: Node | None) -> bool:
    """Return whether the query has a term of the list; True for an invalid list, which is reported elsewhere."""
    return node is None or bool({term.text for term in distinct_terms(query.root)} & entry_by_term(node).keys())


def with_count_keys(rule: Rule, model: RuleModel, aliases: QueryAliases) -> Rule:
    """Return the rule with what its `count` is counted by. A rule with `absent` takes repeated claims as a match."""
    if model.absent is not None and "on" not in model.model_fields_set:
        rule = replace(rule, on=ABSENT_ON)
    if model.count is None:
        return rule
    node = aliases.nodes.get(model.by[1:]) if model.by.startswith("@") else None
    return replace(rule, count=replace(model.count, by=model.by, entry_by_term=entry_by_term(node) if node else {}))


def entry_by_term(node: Node) -> Mapping[str, str]:
    """Return the entry of a list to which each of its terms belongs; a list inside it is one entry."""
    entries = node.nodes if isinstance(node, Or) else (node,)
    terms_by_entry = [[term.text for term in distinct_terms(entry)] for entry in entries]
    return {text: min(texts) for texts in terms_by_entry for text in texts}
