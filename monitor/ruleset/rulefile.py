"""Builds the rules of one file after another from their YAML trees: shapes, queries, and names that must be known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from monitor.errors import Problem
from monitor.ruleset.faults import Fault, did_you_mean
from monitor.ruleset.keep import query_of
from monitor.ruleset.lint import not_a_place
from monitor.ruleset.query import Query
from monitor.ruleset.rule import Figure, Rule, RuleTest, Vocabulary
from monitor.ruleset.shape import MOST_FAULTS, RuleShape, kind, read_shape
from monitor.ruleset.sourcetext import SourceText
from monitor.ruleset.yamltree import Listing, Table, Text, Tree


@dataclass(frozen=True, slots=True)
class Known:
    """What rules may mention: aliases, channels, sources and templates (None: any)."""

    aliases: Vocabulary
    channels: Collection[str] | None = None
    sources: Collection[str] | None = None
    templates: Collection[str] | None = None


@dataclass(slots=True)
class RuleReader:
    """The rules and problems so far. `taken` says where each name and id was first used."""

    known: Known
    problems: list[Problem]
    rules: list[Rule] = field(default_factory=list)
    taken: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self, source: SourceText, tree: Tree) -> None:
        """One file: a rule, or `rules:` with a list of them."""
        if not (isinstance(tree, Table) and "rules" in tree.values):
            self.rule(source, tree)
            return
        for key, place in tree.keys.items():
            if key != "rules":
                self.blame(source, Fault(f"unknown key `{key}` beside `rules:`", place.offset))
        listed = tree.values["rules"]
        if not isinstance(listed, Listing):
            self.blame(source, Fault(f"`rules`: expected a list of rules, found {kind(listed)}", listed.offset))
            return
        before = len(self.problems)
        for entry in listed.entries:
            self.rule(source, entry)
            if len(self.problems) - before > MOST_FAULTS:
                self.blame(source, Fault("too many problems: the rest of this file was not read", entry.offset))
                return

    def blame(self, source: SourceText, fault: Fault, inside: Text | None = None) -> None:
        """Notes a problem."""
        self.problems.append(source.problem(fault, inside))

    def rule(self, source: SourceText, tree: Tree) -> None:
        """One rule; it is kept if nothing is wrong with it."""
        shape, faults = read_shape(tree)
        for fault in faults:
            self.blame(source, fault)
        if not isinstance(tree, Table):
            return
        query = self.query(source, tree.values.get("match"))
        figures = self.figures(source, tree.values.get("figures"))
        self.names(source, tree)
        if shape and shape.unconfirmed and shape.corroboration < 2:
            said = "`unconfirmed` says nothing without `corroboration: 2` or more"
            self.blame(source, Fault(said, tree.keys["unconfirmed"].offset, warning=True))
        if shape and query and None not in figures.values():
            followed = {name: found for name, found in figures.items() if found}
            self.rules.append(made(shape, query, followed, source, tree))

    def query(self, source: SourceText, written: Tree | None) -> Query | None:
        """A compiled query, or None."""
        if not isinstance(written, Text) or not written.value.strip():
            return None  # its shape has been blamed
        query, faults = query_of(written.value, self.known.aliases)
        for fault in faults:
            self.blame(source, fault, written)
        return query

    def figures(self, source: SourceText, written: Tree | None) -> dict[str, Query | None]:
        """What each figure is said of; None for one that is wrong."""
        tables = written.values if isinstance(written, Table) else {}
        return {
            name: self.counted(source, table.values["of"])
            for name, table in tables.items()
            if isinstance(table, Table) and "of" in table.values
        }

    def counted(self, source: SourceText, written: Tree) -> Query | None:
        """A query of words that numbers are said of."""
        query = self.query(source, written)
        if query and isinstance(written, Text) and (sentence := not_a_place(query.root, "a figure")):
            self.blame(source, Fault(sentence), written)
            return None
        return query

    def names(self, source: SourceText, tree: Table) -> None:
        """Names that must be unique, and names that must exist."""
        self.unique(source, "name", tree.values.get("name"))
        self.unique(source, "id", tree.values.get("id"))
        for text in texts(tree.values.get("notify")):
            self.exists(source, "channel", text, self.known.channels)
        for text in texts(tree.values.get("sources")):
            tags = self.known.sources is not None and any(name.startswith("tag:") for name in self.known.sources)
            if tags or not text.value.startswith("tag:"):
                self.exists(source, "source", text, self.known.sources)
        for text in texts(tree.values.get("template")):
            self.template(source, text)

    def unique(self, source: SourceText, key: str, text: Tree | None) -> None:
        """No other rule may have it."""
        if isinstance(text, Text) and text.value:
            line, _ = source.place(text.offset)
            first = self.taken.setdefault((key, text.value), f"{source.path.name}:{line}")
            if first != f"{source.path.name}:{line}":
                self.blame(source, Fault(f"another rule has the {key} `{text.value}` (at {first})", text.offset))

    def exists(self, source: SourceText, what: str, text: Text, known: Collection[str] | None) -> None:
        """The config must have it."""
        if known is not None and text.value and text.value not in known:
            hint = (
                did_you_mean(text.value, tuple(known)) or f"the config has {', '.join(sorted(set(known))) or 'none'}"
            )
            self.blame(source, Fault(f"unknown {what} `{text.value}`; {hint}", text.offset))

    def template(self, source: SourceText, text: Text) -> None:
        """The folder of templates must have a file for it."""
        known = self.known.templates
        if known is not None and text.value and text.value not in known:
            wanted = (
                f"the folder of templates has no `{text.value}.email.html.j2`, `{text.value}.slack.j2` or the like"
            )
            hint = did_you_mean(text.value, tuple(known)) or wanted
            self.blame(source, Fault(f"unknown template `{text.value}`; {hint}", text.offset))


def texts(tree: Tree | None) -> list[Text]:
    """The words of a list, or of one word where a list may stand."""
    entries = tree.entries if isinstance(tree, Listing) else [tree]
    return [entry for entry in entries if isinstance(entry, Text)]


def made(shape: RuleShape, query: Query, counted: Mapping[str, Query], source: SourceText, tree: Table) -> Rule:
    """The rule that a faultless shape says."""
    return Rule(
        name=shape.name,
        title=shape.title or shape.name,
        query=query,
        on=frozenset(shape.on),
        within=shape.within,
        sources=shape.sources,
        severity=shape.severity,
        notify=shape.notify,
        throttle=shape.throttle,
        corroboration=shape.corroboration,
        unconfirmed=shape.unconfirmed,
        figures=tuple(Figure(name, counted[name], *figure.limits) for name, figure in shape.figures.items()),
        tests=tests_of(shape, source, tree),
        enabled=shape.enabled,
        id=shape.id or shape.name,
        owner=shape.owner,
        references=shape.references,
        tags=shape.tags,
        since=shape.since,
        template=shape.template,
        path=source.path,
        line=source.place(tree.offset)[0],
    )


def tests_of(shape: RuleShape, source: SourceText, tree: Table) -> tuple[RuleTest, ...]:
    """The rule's own tests with their places."""
    written = tree.values.get("tests")
    entries = written.entries if isinstance(written, Listing) else []
    return tuple(
        RuleTest(test.text, test.fires, test.before, test.novelty, *source.place(entry.offset))
        for test, entry in zip(shape.tests, entries, strict=True)
    )
