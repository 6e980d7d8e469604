"""Builds rules from the YAML trees of their files: checks keys and values, compiles queries, checks names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from monitor.config.quiet_hours import span_minutes
from monitor.errors import Problem
from monitor.model import Moment, Severity
from monitor.ruleset.compile_cache import cached_query
from monitor.ruleset.count_keys import with_count_keys
from monitor.ruleset.query.faults import SyntaxFault, did_you_mean
from monitor.ruleset.query.lint import operand_error
from monitor.ruleset.query.nodes import Query
from monitor.ruleset.rule import ActiveHours, Expiry, FollowedFigure, QueryAliases, Rule, RuleTest, SequenceItem
from monitor.ruleset.rule_checks import InhibitedRule, inhibition_faults, rule_faults
from monitor.ruleset.rule_test_schema import RuleTestModel
from monitor.ruleset.schema import MAX_FAULTS_PER_RULE, NO_DEFAULT_KEYS, RuleModel, list_hint, read_rule_model
from monitor.ruleset.schema_base import kind_text
from monitor.ruleset.source_text import SourceText
from monitor.ruleset.spellings import SeverityLevels
from monitor.ruleset.yaml_tree import YamlList, YamlNode, YamlTable, YamlText


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The names that rules may use: channels, sources with tags as "tag:…", and templates (None: any)."""

    channels: Collection[str] | None = None
    sources: Collection[str] | None = None
    templates: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What reading depends on besides the files: the time zone of dates and hours, `now` to warn of expired rules
    (None: no warning), and whether the files are all rules, so that a rule may only inhibit one of them."""

    timezone: tzinfo = UTC
    now: Moment | None = None
    has_all_rules: bool = False


ANY_NAMES = KnownNames()
DEFAULT_SURROUNDINGS = Surroundings()


@dataclass(slots=True)
class RuleReader:
    """Collects rules and problems. `used_names` has the position where each name and id was first used."""

    aliases: QueryAliases
    known_names: KnownNames
    problems: list[Problem]
    rules: list[Rule] = field(default_factory=list)
    used_names: dict[tuple[str, str], str] = field(default_factory=dict)
    surroundings: Surroundings = DEFAULT_SURROUNDINGS
    inhibitions: list[InhibitedRule] = field(default_factory=list)

    def read_file(self, source: SourceText, tree: YamlNode) -> None:
        """Read one file: a rule, or `rules:` with a list of rules and optional `defaults:` for all of them."""
        if not (isinstance(tree, YamlTable) and "rules" in tree.values):
            self.read_rule(source, tree)
            return
        for key, key_node in tree.keys.items():
            if key not in ("rules", "defaults"):
                hint = did_you_mean(key, ("defaults",)) or "expected only `defaults:`"
                self.report(source, SyntaxFault(f"unknown key `{key}` beside `rules:`; {hint}", key_node.offset))
        defaults = self.read_defaults(source, tree.values.get("defaults"))
        rule_list = tree.values["rules"]
        if not isinstance(rule_list, YamlList):
            message = f"`rules`: expected a list of rules, found {kind_text(rule_list)}"
            self.report(source, SyntaxFault(message, rule_list.offset))
            return
        problems_before = len(self.problems)
        for item in rule_list.items:
            self.read_rule(source, with_defaults(item, defaults))
            if len(self.problems) - problems_before > MAX_FAULTS_PER_RULE:
                self.report(source, SyntaxFault("too many problems: the rest of the file was not read", item.offset))
                return

    def read_defaults(self, source: SourceText, node: YamlNode | None) -> YamlTable:
        """Return the defaults of a file, without keys that each rule must set itself."""
        if node is None:
            return YamlTable(0)
        if not isinstance(node, YamlTable):
            message = f"`defaults`: expected keys for all rules of this file, found {kind_text(node)}"
            self.report(source, SyntaxFault(message, node.offset))
            return YamlTable(0)
        for key in node.values.keys() & set(NO_DEFAULT_KEYS):
            message = f"`{key}` belongs to a single rule, not under `defaults:`"
            self.report(source, SyntaxFault(message, node.keys[key].offset))
        shared = [key for key in node.values if key not in NO_DEFAULT_KEYS]
        return YamlTable(
            node.offset, {key: node.keys[key] for key in shared}, {key: node.values[key] for key in shared}
        )

    def report(self, source: SourceText, fault: SyntaxFault, scalar: YamlText | None = None) -> None:
        """Add a problem; once, although a mistake under `defaults:` is found in every rule."""
        problem = source.to_problem(fault, scalar)
        if problem not in self.problems[-MAX_FAULTS_PER_RULE:]:
            self.problems.append(problem)

    def read_rule(self, source: SourceText, tree: YamlNode) -> None:
        """Read one rule; keep it if it is valid."""
        model, faults = read_rule_model(tree)
        for fault in faults:
            self.report(source, fault)
        if not isinstance(tree, YamlTable):
            return
        query = self.compile_query_node(source, tree.values.get("match"))
        figures = self.compile_figures(source, tree.values.get("figures"))
        self.check_names(source, tree)
        conditions = self.compile_severities(source, model, tree.values.get("severity"))
        if not model or not query or None in (*figures.values(), *conditions.values()):
            return
        figure_queries = {name: figure_query for name, figure_query in figures.items() if figure_query}
        severity_queries = tuple((severity, condition) for severity, condition in conditions.items() if condition)
        rule = build_rule(model, query, figure_queries, source, tree, self.surroundings.timezone)
        rule = with_count_keys(replace(rule, severity_conditions=severity_queries), model, self.aliases)
        faults = list(rule_faults(rule, tree, self.surroundings.now, self.aliases))
        for fault in faults:
            self.report(source, fault)
        if not all(fault.warning for fault in faults):
            return
        self.inhibitions += [
            InhibitedRule(rule.name, text, source) for text in scalar_nodes(tree.values.get("inhibits"))
        ]
        self.rules.append(rule)

    def compile_severities(
        self, source: SourceText, model: RuleModel | None, node: YamlNode | None
    ) -> dict[Severity, Query | None]:
        """Return the query of each severity with a condition, in the order written; None for an invalid one."""
        if not model or not isinstance(model.severity, SeverityLevels) or not isinstance(node, YamlTable):
            return {}
        node_by_severity = {key.strip().lower(): value for key, value in node.values.items()}
        return {
            severity: self.compile_query_node(source, node_by_severity[severity])
            for severity, _ in model.severity.conditions
        }

    def check_inhibitions(self) -> None:
        """Report what is wrong with the `inhibits` of all rules; call it after all files."""
        rule_names = {value for key, value in self.used_names if key == "name"}
        name_by_key = {rule.id: rule.name for rule in self.rules} | {name: name for name in rule_names}
        if self.surroundings.has_all_rules:
            for inhibition in self.inhibitions:
                self.check_exists(inhibition.source, "rule", inhibition.inhibited, name_by_key)
        waiting = {rule.name for rule in self.rules if rule.absent is not None}
        for inhibition, fault in inhibition_faults(self.inhibitions, name_by_key, waiting):
            self.report(inhibition.source, fault)

    def compile_query_node(self, source: SourceText, node: YamlNode | None) -> Query | None:
        """Compile a query; None after reporting its faults."""
        if not isinstance(node, YamlText) or not node.value.strip():
            return None  # already reported by the model
        query, faults = cached_query(node.value, self.aliases)
        for fault in faults[:MAX_FAULTS_PER_RULE]:
            self.report(source, fault, node)
        return query

    def compile_figures(self, source: SourceText, node: YamlNode | None) -> dict[str, Query | None]:
        """Return the query of each figure; None for an invalid one."""
        tables = node.values if isinstance(node, YamlTable) else {}
        return {
            name: self.compile_figure(source, table.values["of"])
            for name, table in tables.items()
            if isinstance(table, YamlTable) and "of" in table.values
        }

    def compile_figure(self, source: SourceText, node: YamlNode) -> Query | None:
        """Compile the query of a figure, which must be valid as an operand."""
        query = self.compile_query_node(source, node)
        if query and isinstance(node, YamlText) and (error := operand_error(query.root, "a figure")):
            self.report(source, SyntaxFault(error), node)
            return None
        return query

    def check_names(self, source: SourceText, tree: YamlTable) -> None:
        """Report duplicate names, and channels, sources and templates that do not exist."""
        self.check_unique(source, "name", tree.values.get("name"))
        self.check_unique(source, "id", tree.values.get("id"))
        for text in scalar_nodes(tree.values.get("notify")):
            self.check_exists(source, "channel", text, self.known_names.channels)
        for text in scalar_nodes(tree.values.get("sources")):
            knows_tags = self.known_names.sources is not None and any(
                name.startswith("tag:") for name in self.known_names.sources
            )
            if knows_tags or not text.value.startswith("tag:"):
                self.check_exists(source, "source", text, self.known_names.sources)
        for text in scalar_nodes(tree.values.get("template")):
            self.check_template(source, text)

    def check_unique(self, source: SourceText, key: str, node: YamlNode | None) -> None:
        if isinstance(node, YamlText) and node.value:
            line, _ = source.line_and_column(node.offset)
            position = f"{source.path.name}:{line}"
            first_use = self.used_names.setdefault((key, node.value), position)
            if first_use != position:
                message = f"duplicate {key} `{node.value}`; first used at {first_use}"
                self.report(source, SyntaxFault(message, node.offset))

    def check_exists(
        self, source: SourceText, kind_name: str, text: YamlText, known_names: Collection[str] | None
    ) -> None:
        if known_names is not None and text.value and text.value not in known_names:
            place = "the rules are" if kind_name == "rule" else "the config has"
            configured = f"{place} {', '.join(sorted(set(known_names))) or 'none'}"
            hint = did_you_mean(text.value, tuple(known_names)) or configured
            hint += list_hint(text.value)
            self.report(source, SyntaxFault(f"unknown {kind_name} `{text.value}`; {hint}", text.offset))

    def check_template(self, source: SourceText, text: YamlText) -> None:
        templates = self.known_names.templates
        if templates is not None and text.value and text.value not in templates:
            expected_file = f"expected a file such as `{text.value}.slack.j2` in the templates folder"
            hint = did_you_mean(text.value, tuple(templates)) or expected_file
            self.report(source, SyntaxFault(f"unknown template `{text.value}`; {hint}", text.offset))


def with_defaults(tree: YamlNode, defaults: YamlTable) -> YamlNode:
    """Return a rule with the keys of `defaults` that it does not set."""
    if not isinstance(tree, YamlTable) or not defaults.values:
        return tree
    return YamlTable(tree.offset, {**defaults.keys, **tree.keys}, {**defaults.values, **tree.values})


def scalar_nodes(tree: YamlNode | None) -> list[YamlText]:
    """Return the scalars of a list, or a single scalar as a list."""
    items = tree.items if isinstance(tree, YamlList) else [tree]
    return [item for item in items if isinstance(item, YamlText)]


def build_rule(
    model: RuleModel,
    query: Query,
    figure_queries: Mapping[str, Query],
    source: SourceText,
    tree: YamlTable,
    timezone: tzinfo,
) -> Rule:
    """Build the rule from its valid model and compiled queries."""
    return Rule(
        name=model.name,
        title=model.title or model.name,
        query=query,
        on=frozenset(model.on),
        within=model.within,
        sources=model.sources,
        severity=model.severity.default if isinstance(model.severity, SeverityLevels) else model.severity,
        notify=model.notify,
        throttle=model.throttle,
        corroboration=model.corroboration,
        unconfirmed=model.unconfirmed,
        absent=model.absent,
        figures=tuple(
            FollowedFigure(name, figure_queries[name], *figure.limits) for name, figure in model.figures.items()
        ),
        tests=build_rule_tests(model, source, tree),
        enabled=model.enabled,
        id=model.id or model.name,
        owner=model.owner,
        references=model.references,
        tags=model.tags,
        since=model.since,
        template=model.template,
        expires=expiry(model.expires, timezone) if model.expires else None,
        active=active_hours(model.active, timezone) if model.active else None,
        inhibits=model.inhibits,
        path=source.path,
        line=source.line_and_column(tree.offset)[0],
    )


def expiry(day: date, timezone: tzinfo) -> Expiry:
    return Expiry(day, datetime.combine(day, time(), timezone).timestamp())


def active_hours(spans: Sequence[str], timezone: tzinfo) -> ActiveHours:
    minutes = frozenset(minute for span in spans for minute in span_minutes(span))
    return ActiveHours(", ".join(spans), minutes, timezone)


def build_rule_tests(model: RuleModel, source: SourceText, tree: YamlTable) -> tuple[RuleTest, ...]:
    """Build the rule's tests with their positions."""
    return tuple(
        build_rule_test(test, node, source) for test, node in zip(model.tests, list_items(tree, "tests"), strict=True)
    )


def build_rule_test(test: RuleTestModel, node: YamlNode, source: SourceText) -> RuleTest:
    items = tuple(
        SequenceItem(**dict(item), **position_of(item_node, source))
        for item, item_node in zip(test.sequence, list_items(node, "sequence"), strict=True)
    )
    return RuleTest(**{**dict(test), "text": test.text or "", "sequence": items}, **position_of(node, source))


def list_items(tree: YamlNode, key: str) -> list[YamlNode]:
    """Return the items of the list at a key of a table; none if there is none."""
    node = tree.values.get(key) if isinstance(tree, YamlTable) else None
    return list(node.items) if isinstance(node, YamlList) else []


def position_of(node: YamlNode, source: SourceText) -> dict[str, Any]:
    return dict(zip(("line", "column"), source.line_and_column(node.offset), strict=True))
