"""Reads aliases.yaml: `same:` (synonyms), `lists:` (words of one kind) and `queries:`, written `@name` in queries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from monitor.ruleset.query.compile import AliasNodes, compile_query
from monitor.ruleset.query.faults import SyntaxFault, did_you_mean
from monitor.ruleset.query.foreign import wildcard_remedy
from monitor.ruleset.query.lint import MAX_QUERY_TERMS
from monitor.ruleset.query.nodes import Node, Or
from monitor.ruleset.query.parse_term import parse_alias_term
from monitor.ruleset.query.syntax import alias_references
from monitor.ruleset.source_text import SourceText
from monitor.ruleset.yaml_tree import YamlList, YamlNode, YamlTable, YamlText

ALIAS_NAME = re.compile(r"[\w-]+")
MAX_ALIAS_DEPTH = 20
SECTIONS = ("same", "lists", "queries")


@dataclass(slots=True)
class AliasReader:
    """Compiles each alias once. `term_counts` include nested aliases, which are compiled on first use.

    `source` is the text of the file, to find the positions of faults in queries that span lines.
    """

    source: SourceText | None = None
    terms_by_name: dict[str, list[YamlText]] = field(default_factory=dict)
    query_by_name: dict[str, YamlText] = field(default_factory=dict)
    section_by_name: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, Node | None] = field(default_factory=dict)
    term_counts: dict[str, int] = field(default_factory=dict)
    synonyms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: list[SyntaxFault] = field(default_factory=list)

    def read_file(self, root: YamlNode | None) -> None:
        if root is None:
            return
        if not isinstance(root, YamlTable):
            self.faults.append(SyntaxFault("expected the keys `same:`, `lists:` and `queries:`", root.offset))
            return
        for key, key_node in root.keys.items():
            if key not in SECTIONS:
                hint = did_you_mean(key, SECTIONS) or "expected `same`, `lists` or `queries`"
                message = f"unknown key `{key}`; {hint}"
                self.faults.append(SyntaxFault(message, key_node.offset))
            else:
                self.read_section(key, root.values[key])
        for name in self.names:
            self.compile_alias(name, ())

    @property
    def names(self) -> list[str]:
        return [*self.terms_by_name, *self.query_by_name]

    def read_section(self, kind: str, section: YamlNode) -> None:
        if isinstance(section, YamlText) and not section.value:
            return
        if not isinstance(section, YamlTable):
            content = "query" if kind == "queries" else "list of words"
            self.faults.append(SyntaxFault(f"`{kind}`: expected names, each with a {content}", section.offset))
            return
        for name, key_node in section.keys.items():
            self.section_by_name.setdefault(name, kind)
            if not ALIAS_NAME.fullmatch(name):
                message = f"invalid name `{name}`: expected letters, digits, - and _"
                self.faults.append(SyntaxFault(message, key_node.offset))
            elif name in self.names:
                first = self.section_by_name[name]
                self.faults.append(
                    SyntaxFault(f"`{name}` is defined in both `{first}` and `{kind}`", key_node.offset)
                )
            elif kind == "queries":
                self.read_query(name, section.values[name])
            else:
                self.terms_by_name[name] = self.read_terms(name, section.values[name])
                if kind == "same":
                    self.synonyms[name] = self.check_synonyms(name)

    def read_terms(self, name: str, value: YamlNode) -> list[YamlText]:
        """Return the entries of one alias, without invalid ones."""
        items = value.items if isinstance(value, YamlList) else [value]
        terms = [text for text in items if isinstance(text, YamlText) and text.value.strip()]
        if len(terms) < len(items) or not terms:
            self.faults.append(SyntaxFault(f"`{name}`: expected a list of words and phrases", value.offset))
        return [text for text in terms if self.is_entry(name, text, alone=len(items) == 1)]

    def is_entry(self, name: str, text: YamlText, alone: bool) -> bool:
        """Return False after reporting an entry that is written like a list or a query."""
        message = ""
        if alone and "," in text.value and text.value[:1] not in '/="@':
            message = f"`{name}`: expected one word or phrase, found `{text.value}`; write a list: `[{text.value}]`"
        elif operator := re.search(r"\S\s+(AND|OR|NEAR/\d+)\s+\S", text.value):
            message = f"`{name}`: `{operator[1]}` is a word in a list; put a query under `queries:`"
        elif remedy := wildcard_remedy(text.value):
            message = f"`{text.value}` is an operator of other tools: here, write {remedy}"
        if message:
            self.faults.append(SyntaxFault(message, text.offset))
        return not message

    def read_query(self, name: str, value: YamlNode) -> None:
        if isinstance(value, YamlText) and value.value.strip():
            self.query_by_name[name] = value
        else:
            self.faults.append(SyntaxFault(f"`{name}`: expected a query, such as `fed NEAR/5 rate*`", value.offset))

    def check_synonyms(self, name: str) -> tuple[str, ...]:
        """Return the synonyms of a name. Comparison uses them too, so references and regexes are rejected."""
        for text in self.terms_by_name[name]:
            if text.value.startswith(("@", "/", "=")):
                message = f"`same`: expected words and phrases, found `{text.value}`"
                self.faults.append(SyntaxFault(message, text.offset))
        return tuple(text.value for text in self.terms_by_name[name])

    def compile_alias(self, name: str, open_aliases: tuple[str, ...]) -> Node | None:
        """Return the alias as a query node; None if it is invalid."""
        if name in self.query_by_name:
            return self.compile_query_alias(name, open_aliases)
        if name not in self.nodes:
            self.nodes[name] = None
            compiled = [self.compile_term(text, (*open_aliases, name)) for text in self.terms_by_name[name]]
            nodes = tuple(node for node in compiled if node)
            term_count = self.term_counts[name] = sum(
                self.term_counts.get(text.value[1:], 1) for text in self.terms_by_name[name]
            )
            if term_count > MAX_QUERY_TERMS:
                message = f"`@{name}` expands to more than {MAX_QUERY_TERMS:,} terms"
                self.faults.append(SyntaxFault(message, self.terms_by_name[name][0].offset))
            elif nodes and len(nodes) == len(compiled):
                self.nodes[name] = nodes[0] if len(nodes) == 1 else Or(nodes)
        return self.nodes[name]

    def compile_query_alias(self, name: str, open_aliases: tuple[str, ...]) -> Node | None:
        """Return the query of this name as a node, after those that it refers to; None if it is invalid."""
        if name in self.nodes:
            return self.nodes[name]
        self.nodes[name] = None
        scalar = self.query_by_name[name]
        references = [(alias, offset) for alias, offset in alias_references(scalar.value) if alias in self.names]
        for alias, offset in references:
            try:
                self.check_reference(alias, (*open_aliases, name))
            except SyntaxFault as fault:
                self.report_in_query(SyntaxFault(fault.message, offset), scalar)
                return None
            self.compile_alias(alias, (*open_aliases, name))
        known_nodes = {alias: self.nodes.get(alias) for alias in self.names}
        query, faults = compile_query(scalar.value, known_nodes, is_part=True)
        for query_fault in faults:
            self.report_in_query(query_fault, scalar)
        self.nodes[name] = query.root if query else None
        return self.nodes[name]

    def report_in_query(self, fault: SyntaxFault, scalar: YamlText) -> None:
        """Report a fault whose offset counts in the query."""
        offset = self.source.file_offset(scalar, fault.offset) if self.source else scalar.offset + fault.offset
        self.faults.append(SyntaxFault(fault.message, offset, fault.warning))

    def compile_term(self, text: YamlText, open_aliases: tuple[str, ...]) -> Node | None:
        """Compile one entry; None after reporting its fault. `open_aliases` are being compiled, outermost first."""
        try:
            if not text.value.startswith("@"):
                return parse_alias_term(text.value.strip())
            return self.compile_reference(text.value[1:], open_aliases)
        except SyntaxFault as fault:
            self.faults.append(SyntaxFault(fault.message, text.offset))
            return None

    def compile_reference(self, name: str, open_aliases: tuple[str, ...]) -> Node | None:
        """Compile `@name` inside a list. Raises SyntaxFault."""
        if name in self.query_by_name:
            raise SyntaxFault(f"`@{name}` is a query: a list may contain only words, phrases and other lists")
        self.check_reference(name, open_aliases)
        if name not in self.terms_by_name:
            hint = did_you_mean(name, self.terms_by_name, "@")
            raise SyntaxFault(f"unknown alias `@{name}`" + (f"; {hint}" if hint else ""))
        return self.compile_alias(name, open_aliases)

    def check_reference(self, name: str, open_aliases: tuple[str, ...]) -> None:
        """Raise SyntaxFault if a reference closes a cycle or is nested too deeply."""
        if name in open_aliases:
            cycle = " → ".join(f"@{alias}" for alias in (*open_aliases[open_aliases.index(name) :], name))
            raise SyntaxFault(f"aliases refer to each other in a cycle: {cycle}")
        if len(open_aliases) >= MAX_ALIAS_DEPTH:
            raise SyntaxFault(f"aliases are nested deeper than {MAX_ALIAS_DEPTH} levels")


def read_aliases(
    root: YamlNode | None, source: SourceText | None = None
) -> tuple[AliasNodes, dict[str, tuple[str, ...]], list[SyntaxFault]]:
    """Return the aliases for queries, the synonyms for comparison, and every fault."""
    reader = AliasReader(source)
    reader.read_file(root)
    return reader.nodes, reader.synonyms, reader.faults
