"""Parses YAML into a small tree in which every scalar is text and every node has its offset.

It is built from the parser's events, so that "on", "no" and "1:30" are not converted, nothing recurses, and features
that rule files do not allow (tags, anchors, duplicate keys, deep nesting) are rejected with their position.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from monitor.ruleset.query.faults import SyntaxFault

MAX_YAML_DEPTH = 12
MAX_YAML_BYTES = 1_000_000
MAX_YAML_NODES = 50_000
MAX_FAULTS_PER_FILE = 50
PLAIN_MESSAGES = {"mapping values are not allowed in this context": "unexpected `: `"}
MISSING_COLON = "could not find expected ':'"
UNEXPECTED_CHARACTER = "found character that cannot start any token"
UNCLOSED_TEXT = "while scanning a quoted scalar"
KEY_WITHOUT_SPACE = re.compile(r"\s*(?:- )?([A-Za-z]+):\S")
KEY = re.compile(r"\s*(?:- )?[\w-]+:(?:\s|$)")


@dataclass(frozen=True, slots=True)
class YamlText:
    """A scalar: its value and its offsets in the file. `style` is its quote or block sign, None if plain."""

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
    """A mapping; `keys` has the scalar of each key, with its offset."""

    offset: int
    keys: dict[str, YamlText] = field(default_factory=dict)
    values: dict[str, YamlNode] = field(default_factory=dict)


YamlNode: TypeAlias = YamlText | YamlList | YamlTable


def parse_yaml(source: str) -> tuple[YamlNode | None, list[SyntaxFault]]:
    """Return the tree of one YAML document (None if it is empty or invalid) and every fault."""
    if len(source) > MAX_YAML_BYTES:
        return None, [SyntaxFault(f"the file is longer than {MAX_YAML_BYTES:,} characters")]
    builder = YamlTreeBuilder(source)
    try:
        for event in yaml.parse(source, Loader=yaml.CSafeLoader):
            builder.add_event(event)
    except SyntaxFault as fault:
        return None, [*builder.faults, fault]
    except yaml.YAMLError as error:
        return None, [*builder.faults, fault_from_yaml_error(source, error)]
    return builder.root, builder.faults


class YamlTreeBuilder:
    """Builds the tree, event by event."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.faults: list[SyntaxFault] = []
        self.root: YamlNode | None = None
        self.document_count = 0
        self.node_count = 0
        self.open_collections: list[YamlList | YamlTable] = []
        self.pending_keys: list[YamlText | None] = []  # for each open collection the key without a value yet

    def add_event(self, event: yaml.Event) -> None:
        """Add one event. Raises SyntaxFault if the rest of the file cannot be read."""
        assert event.start_mark and event.end_mark
        offset = event.start_mark.index
        if len(self.faults) >= MAX_FAULTS_PER_FILE:
            raise SyntaxFault("too many problems: the rest of the file was not read", offset)
        match event:
            case yaml.DocumentStartEvent():
                self.document_count += 1
                if self.document_count > 1:
                    message = "expected one YAML document: for several rules write `rules:` with a list"
                    raise SyntaxFault(message, offset)
            case yaml.AliasEvent():
                message = f"YAML alias `*{event.anchor}` is not allowed: put text that starts with * in quotes"
                raise SyntaxFault(message, offset)
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
        """Report anchors and tags."""
        if event.anchor:
            self.faults.append(SyntaxFault(f"YAML anchor `&{event.anchor}` is not allowed", offset))
        if event.tag:
            self.faults.append(SyntaxFault(f"YAML tag `{event.tag}` is not allowed", offset))

    def open_collection(self, node: YamlList | YamlTable) -> None:
        if len(self.open_collections) >= MAX_YAML_DEPTH:
            raise SyntaxFault(f"nested deeper than {MAX_YAML_DEPTH} levels", node.offset)
        self.add_node(node)
        self.open_collections.append(node)
        self.pending_keys.append(None)

    def add_node(self, node: YamlNode) -> None:
        """Add a node to the innermost open collection."""
        self.node_count += 1
        if self.node_count > MAX_YAML_NODES:
            raise SyntaxFault(f"the file has more than {MAX_YAML_NODES:,} entries: split it", node.offset)
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
        """Add a key of a table, which must be text and unique."""
        if not isinstance(node, YamlText):
            raise SyntaxFault("expected a key, found a list or table", node.offset)
        if node.value in table.keys:
            first_line = self.source.count("\n", 0, table.keys[node.value].offset) + 1
            self.faults.append(
                SyntaxFault(f"duplicate key `{node.value}`; first defined on line {first_line}", node.offset)
            )
        table.keys.setdefault(node.value, node)
        self.pending_keys[-1] = node


def fault_from_yaml_error(source: str, error: yaml.YAMLError) -> SyntaxFault:
    """Convert a YAML error to a fault with a hint at the likely cause."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return SyntaxFault(f"invalid YAML: {str(error).splitlines()[0]}")
    problem = str(getattr(error, "problem", "") or "unknown error")
    if problem == MISSING_COLON:
        return missing_colon_fault(source, mark.line)
    context_mark = getattr(error, "context_mark", None)
    if getattr(error, "context", None) == UNCLOSED_TEXT and context_mark:
        return unclosed_text_fault(source, context_mark.index, context_mark.line)
    if problem == UNEXPECTED_CHARACTER and not source[mark.index : mark.index + 1].isspace():
        problem = f"a value cannot begin with `{source[mark.index : mark.index + 1]}`"
    message = f"invalid YAML: {PLAIN_MESSAGES.get(problem, problem)}{likely_cause(source, mark.line, problem)}"
    return SyntaxFault(message, mark.index)


def unclosed_text_fault(source: str, offset: int, line: int) -> SyntaxFault:
    """Report where text in quotes begins, as its end is missing."""
    hint = likely_cause(source, line, "") if "match:" in source.splitlines()[line] else ""
    return SyntaxFault(
        f"invalid YAML: unclosed quote: expected another {source[offset]} after this one{hint}", offset
    )


def missing_colon_fault(source: str, line: int) -> SyntaxFault:
    """Report the line that should be a key and its value: the first of those before the parser stopped."""
    lines = source.splitlines(keepends=True)[: max(1, line)]
    while len(lines) > 1 and (not lines[-1].strip() or continues_faulty_line(lines)):
        lines.pop()
    offset = sum(map(len, lines[:-1]))
    if match := KEY_WITHOUT_SPACE.match(lines[-1]):
        return SyntaxFault(f"missing space after `{match[1]}:`", offset + match.end() - 1)
    stripped = lines[-1].strip()
    shortened = stripped if len(stripped) <= 40 else f"{stripped[:39]}…"
    return SyntaxFault(f"expected `key: value`, found `{shortened}`; indent a line that continues a value", offset)


def continues_faulty_line(lines: list[str]) -> bool:
    """Return whether the line before the last one is no key either, and not indented more, as a value would be."""
    *_, previous, last = lines
    return (
        bool(previous.strip())
        and not previous.lstrip().startswith("#")
        and not KEY.match(previous)
        and indentation(previous) <= indentation(last)
    )


def indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def likely_cause(source: str, line: int, problem: str) -> str:
    """Return a hint for common mistakes with queries in YAML."""
    nearby = source.splitlines()[max(0, line - 1) : line + 1]
    if any("\t" in near for near in nearby):
        return "; indent with spaces, not tabs"
    if any("match:" in near for near in (nearby[-1:] if KEY.match(nearby[-1]) else nearby)):
        return "; write the query on the lines after `match: >-`, indented"
    if problem.startswith("a value cannot begin"):
        return ": put it in quotes"
    if problem == "did not find expected key":
        return "; indent the keys of a rule equally"
    if problem == "did not find expected ',' or '}'":
        return "; write `{key: value, key: value}`, with text that has `: ` or `, ` in quotes"
    if problem == "did not find expected ',' or ']'":
        return "; write `[one, two]`; text after the end of a quote is not allowed"
    if problem == "did not find expected '-' indicator":
        return "; start each list entry with `- `, indented equally"
    return '; put text with `: ` or starting with @ * > " & or [ in quotes; start a list entry with `- `'
