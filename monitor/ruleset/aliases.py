"""Reads aliases.yaml: `same:` (words that mean the same) and `lists:` (words of one kind), both written `@name`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from monitor.ruleset.faults import Fault, did_you_mean
from monitor.ruleset.lint import MOST_TERMS
from monitor.ruleset.parse import Aliases
from monitor.ruleset.query import Node, Or
from monitor.ruleset.terms import entry
from monitor.ruleset.yamltree import Listing, Table, Text, Tree

NAME = re.compile(r"[\w-]+")
DEEPEST = 20


@dataclass(slots=True)
class AliasReader:
    """Compiles each alias once. `sizes` are terms with all that is nested; a nested name is resolved when met."""

    entries: dict[str, list[Text]] = field(default_factory=dict)
    nodes: dict[str, Node | None] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    same: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def read(self, root: Tree | None) -> None:
        """The whole file."""
        if root is None:
            return
        if not isinstance(root, Table):
            self.faults.append(Fault("expected the keys `same:` and `lists:`", root.offset))
            return
        for key, place in root.keys.items():
            if key not in ("same", "lists"):
                self.faults.append(Fault(f"unknown key `{key}`: expected `same` or `lists`", place.offset))
            else:
                self.section(key, root.values[key])
        for name in self.entries:
            self.node(name, ())

    def section(self, kind: str, section: Tree) -> None:
        """`same:` or `lists:`: names with their entries."""
        if isinstance(section, Text) and not section.value:
            return
        if not isinstance(section, Table):
            self.faults.append(Fault(f"`{kind}` expects names, each with a list of words", section.offset))
            return
        for name, place in section.keys.items():
            if not NAME.fullmatch(name):
                self.faults.append(Fault(f"`{name}` is no name: expected letters, digits, - and _", place.offset))
            elif name in self.entries:
                self.faults.append(Fault(f"`{name}` stands under both `same` and `lists`", place.offset))
            else:
                self.entries[name] = self.texts(name, section.values[name])
                if kind == "same":
                    self.same[name] = self.plain(name)

    def texts(self, name: str, listed: Tree) -> list[Text]:
        """The entries of one alias."""
        entries = listed.entries if isinstance(listed, Listing) else [listed]
        found = [text for text in entries if isinstance(text, Text) and text.value.strip()]
        if len(found) < len(entries) or not found:
            self.faults.append(Fault(f"`{name}` expects a list of words and phrases", listed.offset))
        return found

    def plain(self, name: str) -> tuple[str, ...]:
        """The words of one meaning; they are compared too, so they are words and not references."""
        for text in self.entries[name]:
            if text.value.startswith(("@", "/")):
                self.faults.append(Fault(f"`same` holds words and phrases, found `{text.value}`", text.offset))
        return tuple(text.value for text in self.entries[name])

    def node(self, name: str, trail: tuple[str, ...]) -> Node | None:
        """The alias as a query; None if something is wrong with it."""
        if name not in self.nodes:
            self.nodes[name] = None
            built = [self.term(text, (*trail, name)) for text in self.entries[name]]
            nodes = tuple(node for node in built if node)
            size = self.sizes[name] = sum(self.sizes.get(text.value[1:], 1) for text in self.entries[name])
            if size > MOST_TERMS:
                sentence = f"`@{name}` stands for more than {MOST_TERMS:,} terms"
                self.faults.append(Fault(sentence, self.entries[name][0].offset))
            elif nodes and len(nodes) == len(built):
                self.nodes[name] = nodes[0] if len(nodes) == 1 else Or(nodes)
        return self.nodes[name]

    def term(self, text: Text, trail: tuple[str, ...]) -> Node | None:
        """One entry. `trail` are the aliases that are being read."""
        try:
            if not text.value.startswith("@"):
                return entry(text.value.strip())
            return self.nested(text.value[1:], trail)
        except Fault as fault:
            self.faults.append(Fault(fault.message, text.offset))
            return None

    def nested(self, name: str, trail: tuple[str, ...]) -> Node | None:
        """`@name` inside a list. Raises Fault."""
        if name in trail:
            circle = " → ".join(f"@{step}" for step in (*trail[trail.index(name) :], name))
            raise Fault(f"aliases go round in a circle: {circle}")
        if len(trail) >= DEEPEST:
            raise Fault(f"aliases are nested deeper than {DEEPEST} levels")
        if name not in self.entries:
            hint = did_you_mean(name, self.entries, "@")
            raise Fault(f"unknown alias `@{name}`" + (f"; {hint}" if hint else ""))
        return self.node(name, trail)


def read_aliases(root: Tree | None) -> tuple[Aliases, dict[str, tuple[str, ...]], list[Fault]]:
    """The aliases for queries, the words that mean the same, and every fault."""
    reader = AliasReader()
    reader.read(root)
    return reader.nodes, reader.same, reader.faults
