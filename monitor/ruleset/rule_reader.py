"""Builds rules from the YAML trees of their files: checks keys and values, compiles queries, checks names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from monitor.errors import Problem
from monitor.ruleset.compile_cache import cached_query
from monitor.ruleset.count_keys import count_faults, with_count_keys
from monitor.ruleset.query.faults import SyntaxFault, did_you_mean
from monitor.ruleset.query.lint import operand_error
from monitor.ruleset.query.nodes import Query
from monitor.ruleset.rule import FollowedFigure, QueryAliases, Rule, RuleTest
from monitor.ruleset.schema import MAX_FAULTS_PER_RULE, RuleModel, kind_text, read_rule_model
from monitor.ruleset.source_text import SourceText
from monitor.ruleset.yaml_tree import YamlList, YamlNode, YamlTable, YamlText


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The names that rules may use: aliases, channels, sources and templates (None: any)."""

    aliases: QueryAliases
    channels: Collection[str] | None = None
    sources: Collection[str] | None = None
    templates: Collection[str] | None = None


@dataclass(slots=True)
class RuleReader:
    """Collects rules and problems. `used_names` has the position where each name and id was first used."""

    known_names: KnownNames
    problems: list[Problem]
    rules: list[Rule] = field(default_factory=list)
    used_names: dict[tuple[str, str], str] = field(default_factory=dict)

    def read_file(self, source: SourceText, tree: YamlNode) -> None:
        """Read one file: a rule, or `rules:` with a list of rules."""
        if not (isinstance(tree, YamlTable) and "rules" in tree.values):
            self.read_rule(source, tree)
            return
        for key, key_node in tree.keys.items():
            if key != "rules":
                self.report(source, SyntaxFault(f"unknown key `{key}` beside `rules:`", key_node.offset))
        rule_list = tree.values["rules"]
        if not isinstance(rule_list, YamlList):
            message = f"`rules`: expected a list of rules, found {kind_text(rule_list)}"
            self.report(source, SyntaxFault(message, rule_list.offset))
            return
        problems_before = len(self.problems)
        for item in rule_list.items:
            self.read_rule(source, item)
            if len(self.problems) - problems_before > MAX_FAULTS_PER_RULE:
                self.report(source, SyntaxFault("too many problems: the rest of the file was not read", item.offset))
                return

    def report(self, source: SourceText, fault: SyntaxFault, scalar: YamlText | None = None) -> None:
        self.problems.append(source.to_problem(fault, scalar))

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
        if model and model.unconfirmed and model.corroboration < 2:
            message = "`unconfirmed` has no effect without `corroboration: 2` or more"
            self.report(source, SyntaxFault(message, tree.keys["unconfirmed"].offset, warning=True))
        faults = count_faults(model, tree, query, self.known_names.aliases) if model else []
        for fault in faults:
            self.report(source, fault)
        if model and query and not faults and None not in figures.values():
            figure_queries = {name: figure_query for name, figure_query in figures.items() if figure_query}
            rule = build_rule(model, query, figure_queries, source, tree)
            self.rules.append(with_count_keys(rule, model, self.known_names.aliases))

    def compile_query_node(self, source: SourceText, node: YamlNode | None) -> Query | None:
        """Compile a query; None after reporting its faults."""
        if not isinstance(node, YamlText) or not node.value.strip():
            return None  # already reported by the model
        query, faults = cached_query(node.value, self.known_names.aliases)
        for fault in faults:
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
            configured = f"the config has {', '.join(sorted(set(known_names))) or 'none'}"
            hint = did_you_mean(text.value, tuple(known_names)) or configured
            self.report(source, SyntaxFault(f"unknown {kind_name} `{text.value}`; {hint}", text.offset))

    def check_template(self, source: SourceText, text: YamlText) -> None:
        templates = self.known_names.templates
        if templates is not None and text.value and text.value not in templates:
            expected_file = f"expected a file such as `{text.value}.slack.j2` in the templates folder"
            hint = did_you_mean(text.value, tuple(templates)) or expected_file
            self.report(source, SyntaxFault(f"unknown template `{text.value}`; {hint}", text.offset))


def scalar_nodes(tree: YamlNode | None) -> list[YamlText]:
    """Return the scalars of a list, or a single scalar as a list."""
    items = tree.items if isinstance(tree, YamlList) else [tree]
    return [item for item in items if isinstance(item, YamlText)]


def build_rule(
    model: RuleModel, query: Query, figure_queries: Mapping[str, Query], source: SourceText, tree: YamlTable
) -> Rule:
    """Build the rule from its valid model and compiled queries."""
    return Rule(
        name=model.name,
        title=model.title or model.name,
        query=query,
        on=frozenset(model.on),
        within=model.within,
        sources=model.sources,
        severity=model.severity,
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
        path=source.path,
        line=source.line_and_column(tree.offset)[0],
    )


def build_rule_tests(model: RuleModel, source: SourceText, tree: YamlTable) -> tuple[RuleTest, ...]:
    """Build the rule's tests with their positions."""
    tests_node = tree.values.get("tests")
    items = tests_node.items if isinstance(tests_node, YamlList) else []
    return tuple(
        RuleTest(test.text, test.fires, test.before, test.novelty, test.title, *source.line_and_column(item.offset))
        for test, item in zip(model.tests, items, strict=True)
    )
