"""Reads YAML into a small tree in which everything is text and knows its place.

Built from the parser's events, so that "on", "no" and "1:30" stay what they are, nothing recurses, and what a rule
file has no use for (tags, anchors, duplicate keys, deep nesting) is refused with its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from monitor.ruleset.faults import Fault

DEEPEST = 12
LONGEST = 1_000_000  # characters of a file
MOST_NODES = 50_000
MOST_FAULTS = 50  # that are told of one file's form
PLAINLY = {"mapping values are not allowed in this context": "a `: ` stands where no key can be"}
NO_COLON = "could not find expected ':'"
KEY_AND_VALUE = re.compile(r"\s*(?:- )?([A-Za-z]+):\S")


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar: its value, its place, and where its source lies. `style` is None when it is plain."""

    value: str
    offset: int
    end: int = 0
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A sequence."""

    offset: int
    entries: list[Tree] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping: each key with where the key stands."""

    offset: int
    keys: dict[str, Text] = field(default_factory=dict)
    values: dict[str, Tree] = field(default_factory=dict)


Tree: TypeAlias = Text | Listing | Table


def read_tree(source: str) -> tuple[Tree | None, list[Fault]]:
    """The tree of one YAML document (None if it is empty or cannot be read) and every fault of its form."""
    if len(source) > LONGEST:
        return None, [Fault(f"this file is longer than {LONGEST:,} characters")]
    builder = Builder()
    try:
        for event in yaml.parse(source, Loader=yaml.CSafeLoader):
            builder.take(event)
    except Fault as fault:
        return None, [*builder.faults, fault]
    except yaml.YAMLError as error:
        return None, [*builder.faults, unreadable(source, error)]
    return builder.root, builder.faults


class Builder:
    """Grows the tree, event by event."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.root: Tree | None = None
        self.documents = 0
        self.nodes = 0
        self.open: list[Listing | Table] = []
        self.pending: list[Text | None] = []  # for each open table the key that waits for its value

    def take(self, event: yaml.Event) -> None:
        """One event. Raises Fault where going on makes no sense."""
        assert event.start_mark and event.end_mark
        offset = event.start_mark.index
        if len(self.faults) >= MOST_FAULTS:
            raise Fault("too many problems: the rest of this file was not read", offset)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise Fault("expected one YAML document: for several rules write `rules:` with a list", offset)
            case yaml.AliasEvent():
                raise Fault(f"`*{event.anchor}` (a YAML alias) is not allowed: a text with * needs quotes", offset)
            case yaml.ScalarEvent():
                self.refuse(event, offset)
                self.put(Text(event.value, offset, event.end_mark.index, event.style))
            case yaml.SequenceStartEvent():
                self.refuse(event, offset)
                self.enter(Listing(offset))
            case yaml.MappingStartEvent():
                self.refuse(event, offset)
                self.enter(Table(offset))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.open.pop()
                self.pending.pop()
            case _:
                pass

    def refuse(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, offset: int) -> None:
        """Notes anchors and tags."""
        if event.anchor:
            self.faults.append(Fault(f"`&{event.anchor}` (a YAML anchor) is not allowed here", offset))
        if event.tag:
            self.faults.append(Fault(f"`{event.tag}` (a YAML tag) is not allowed here", offset))

    def enter(self, node: Listing | Table) -> None:
        """Opens a listing or table."""
        if len(self.open) >= DEEPEST:
            raise Fault(f"nested deeper than {DEEPEST} levels", node.offset)
        self.put(node)
        self.open.append(node)
        self.pending.append(None)

    def put(self, node: Tree) -> None:
        """Puts a node where it belongs."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise Fault(f"this file has more than {MOST_NODES:,} entries: make several of it", node.offset)
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if isinstance(parent, Listing):
            parent.entries.append(node)
        elif self.pending[-1] is None:
            self.key(parent, node)
        else:
            parent.values.setdefault(self.pending[-1].value, node)
            self.pending[-1] = None

    def key(self, table: Table, node: Tree) -> None:
        """A key of a table, which must be text and stand there once."""
        if not isinstance(node, Text):
            raise Fault("expected a key, found a list or table", node.offset)
        if node.value in table.keys:
            self.faults.append(Fault(f"`{node.value}` stands here twice", node.offset))
        table.keys.setdefault(node.value, node)
        self.pending[-1] = node


def unreadable(source: str, error: yaml.YAMLError) -> Fault:
    """What is wrong with a text that is no YAML, and the likely cause."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return Fault(f"this is no YAML: {str(error).splitlines()[0]}")
    problem = str(getattr(error, "problem", "") or "it cannot be read")
    if problem == NO_COLON:
        return without_colon(source, mark.line)
    return Fault(
        f"this is no YAML: {PLAINLY.get(problem, problem)}{likely_cause(source, mark.line, problem)}", mark.index
    )


def without_colon(source: str, line: int) -> Fault:
    """The line that should be a key and its value: the last one before where the reader gave up."""
    lines = source.splitlines(keepends=True)[: max(1, line)]
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    offset = sum(map(len, lines[:-1]))
    if found := KEY_AND_VALUE.match(lines[-1]):
        return Fault(f"a space is missing after `{found[1]}:`", offset + found.end() - 1)
    said = lines[-1].strip()
    text = said if len(said) <= 40 else f"{said[:39]}…"
    return Fault(
        f"expected `key: value`, found `{text}`; a line that goes on with the one before is indented", offset
    )


def likely_cause(source: str, line: int, problem: str) -> str:
    """A hint for the slips that a query in YAML invites."""
    lines = source.splitlines()
    around = " ".join(lines[max(0, line - 1) : line + 1])
    if "\t" in around:
        return "; indent with spaces, not tabs"
    if "match:" in around:
        return "; write the query on the lines after `match: >-`, indented"
    if problem == "did not find expected key":
        return "; lines that belong together are indented alike"
    if problem == "did not find expected '-' indicator":
        return "; each entry of a list begins with `- `, indented alike"
    return (
        '; a text with `: `, or one that begins with @ * " & or [, needs quotes; an entry of a list begins with `- `'
    )
