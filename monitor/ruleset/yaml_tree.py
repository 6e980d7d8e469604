"""Reads YAML into a small tree in which everything is text and knows its place.

Built from the parser's events, so that "on", "no" and "1:30" stay what they are, nothing recurses, and what a rule
file has no use for (tags, anchors, duplicate keys, deep nesting) is refused with its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from monitor.ruleset.query.faults import SyntaxFault

MAX_YAML_DEPTH = 12
MAX_YAML_BYTES = 1_000_000  # characters of a file
MAX_YAML_NODES = 50_000
MAX_FAULTS_PER_FILE = 50  # that are told of one file's form
PLAIN_MESSAGES = {"mapping values are not allowed in this context": "a `: ` stands where no key can be"}
MISSING_COLON = "could not find expected ':'"
KEY_WITHOUT_SPACE = re.compile(r"\s*(?:- )?([A-Za-z]+):\S")


@dataclass(frozen=True, slots=True)
class YamlText:
    """A scalar: its value, its place, and where its source lies. `style` is None when it is plain."""

    value: str
    offset: int
    end: int = 0
    style: str | None = None


@dataclass(frozen=True, slots=True)
class YamlList:
    """A sequence."""

    offset: int
    items: list[YamlNode] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class YamlTable:
    """A mapping: each key with where the key stands."""

    offset: int
    keys: dict[str, YamlText] = field(default_factory=dict)
    values: dict[str, YamlNode] = field(default_factory=dict)


YamlNode: TypeAlias = YamlText | YamlList | YamlTable


def parse_yaml(source: str) -> tuple[YamlNode | None, list[SyntaxFault]]:
    """The tree of one YAML document (None if it is empty or cannot be read) and every fault of its form."""
    if len(source) > MAX_YAML_BYTES:
        return None, [SyntaxFault(f"this file is longer than {MAX_YAML_BYTES:,} characters")]
    builder = YamlTreeBuilder()
    try:
        for event in yaml.parse(source, Loader=yaml.CSafeLoader):
            builder.add_event(event)
    except SyntaxFault as fault:
        return None, [*builder.faults, fault]
    except yaml.YAMLError as error:
        return None, [*builder.faults, fault_from_yaml_error(source, error)]
    return builder.root, builder.faults


class YamlTreeBuilder:
    """Grows the tree, event by event."""

    def __init__(self) -> None:
        self.faults: list[SyntaxFault] = []
        self.root: YamlNode | None = None
        self.document_count = 0
        self.node_count = 0
        self.open_collections: list[YamlList | YamlTable] = []
        self.pending_keys: list[YamlText | None] = []  # for each open table the key that waits for its value

    def add_event(self, event: yaml.Event) -> None:
        """One event. Raises Fault where going on makes no sense."""
        assert event.start_mark and event.end_mark
        offset = event.start_mark.index
        if len(self.faults) >= MAX_FAULTS_PER_FILE:
            raise SyntaxFault("too many problems: the rest of this file was not read", offset)
        match event:
            case yaml.DocumentStartEvent():
                self.document_count += 1
                if self.document_count > 1:
                    raise SyntaxFault(
                        "expected one YAML document: for several rules write `rules:` with a list", offset
                    )
            case yaml.AliasEvent():
                raise SyntaxFault(
                    f"`*{event.anchor}` (a YAML alias) is not allowed: a text with * needs quotes", offset
                )
            case yaml.ScalarEvent():
                self.reject_anchors_and_tags(event, offset)
                self.add_node(YamlText(event.value, offset, event.end_mark.index, event.style))
            case yaml.SequenceStartEvent():
                self.reject_anchors_and_tags(event, offset)
                self.open_collection(YamlList(offset))
            case yaml.MappingStartEvent():
                self.reject_anchors_and_tags(event, offset)
                self.open_collection(YamlTable(offset))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.open_collections.pop()
                self.pending_keys.pop()
            case _:
                pass

    def reject_anchors_and_tags(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, offset: int) -> None:
        """Notes anchors and tags."""
        if event.anchor:
            self.faults.append(SyntaxFault(f"`&{event.anchor}` (a YAML anchor) is not allowed here", offset))
        if event.tag:
            self.faults.append(SyntaxFault(f"`{event.tag}` (a YAML tag) is not allowed here", offset))

    def open_collection(self, node: YamlList | YamlTable) -> None:
        """Opens a listing or table."""
        if len(self.open_collections) >= MAX_YAML_DEPTH:
            raise SyntaxFault(f"nested deeper than {MAX_YAML_DEPTH} levels", node.offset)
        self.add_node(node)
        self.open_collections.append(node)
        self.pending_keys.append(None)

    def add_node(self, node: YamlNode) -> None:
        """Puts a node where it belongs."""
        self.node_count += 1
        if self.node_count > MAX_YAML_NODES:
            raise SyntaxFault(f"this file has more than {MAX_YAML_NODES:,} entries: make several of it", node.offset)
        if not self.open_collections:
            self.root = node
            return
        parent = self.open_collections[-1]
        if isinstance(parent, YamlList):
            parent.items.append(node)
        elif self.pending_keys[-1] is None:
            self.add_key(parent, node)
        else:
            parent.values.setdefault(self.pending_keys[-1].value, node)
            self.pending_keys[-1] = None

    def add_key(self, table: YamlTable, node: YamlNode) -> None:
        """A key of a table, which must be text and stand there once."""
        if not isinstance(node, YamlText):
            raise SyntaxFault("expected a key, found a list or table", node.offset)
        if node.value in table.keys:
            self.faults.append(SyntaxFault(f"`{node.value}` stands here twice", node.offset))
        table.keys.setdefault(node.value, node)
        self.pending_keys[-1] = node


def fault_from_yaml_error(source: str, error: yaml.YAMLError) -> SyntaxFault:
    """What is wrong with a text that is no YAML, and the likely cause."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return SyntaxFault(f"this is no YAML: {str(error).splitlines()[0]}")
    problem = str(getattr(error, "problem", "") or "it cannot be read")
    if problem == MISSING_COLON:
        return missing_colon_fault(source, mark.line)
    return SyntaxFault(
        f"this is no YAML: {PLAIN_MESSAGES.get(problem, problem)}{likely_cause(source, mark.line, problem)}",
        mark.index,
    )


def missing_colon_fault(source: str, line: int) -> SyntaxFault:
    """The line that should be a key and its value: the last one before where the reader gave up."""
    lines = source.splitlines(keepends=True)[: max(1, line)]
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    offset = sum(map(len, lines[:-1]))
    if match := KEY_WITHOUT_SPACE.match(lines[-1]):
        return SyntaxFault(f"a space is missing after `{match[1]}:`", offset + match.end() - 1)
    stripped = lines[-1].strip()
    shortened = stripped if len(stripped) <= 40 else f"{stripped[:39]}…"
    return SyntaxFault(
        f"expected `key: value`, found `{shortened}`; a line that goes on with the one before is indented", offset
    )


def likely_cause(source: str, line: int, problem: str) -> str:
    """A hint for the slips that a query in YAML invites."""
    lines = source.splitlines()
    nearby = " ".join(lines[max(0, line - 1) : line + 1])
    if "\t" in nearby:
        return "; indent with spaces, not tabs"
    if "match:" in nearby:
        return "; write the query on the lines after `match: >-`, indented"
    if problem == "did not find expected key":
        return "; lines that belong together are indented alike"
    if problem == "did not find expected '-' indicator":
        return "; each entry of a list begins with `- `, indented alike"
    return (
        '; a text with `: `, or one that begins with @ * " & or [, needs quotes; an entry of a list begins with `- `'
    )
