"""The text of one rule in its file, to show it and to edit a copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from monitor.ruleset.source_text import SourceText
from monitor.ruleset.yaml_tree import YamlList, YamlNode, YamlTable, YamlText, parse_yaml


@dataclass(frozen=True, slots=True)
class RuleText:
    """The lines of a rule from `first_line` on, and those of the `defaults` of its file, "" without any.

    `is_whole_file` if the file has no other rule.
    """

    first_line: int
    text: str
    defaults: str = ""
    is_whole_file: bool = True

    @property
    def copy(self) -> str:
        """A rule file with this rule alone."""
        return self.text if self.is_whole_file else f"{self.defaults}rules:\n{self.text}"


def find_rule_text(text: str, name: str) -> RuleText | None:
    """Return the text of a rule in the text of a file; None if the file has no such rule or is invalid."""
    tree, _ = parse_yaml(text)
    if not isinstance(tree, YamlTable):
        return None
    rule_list = tree.values.get("rules")
    if not isinstance(rule_list, YamlList):
        return RuleText(1, text) if rule_name(tree) == name else None
    position = next((at for at, item in enumerate(rule_list.items) if rule_name(item) == name), None)
    if position is None:
        return None
    lines = Lines(text)
    starts = [lines.start_of_item(item.offset) for item in rule_list.items]
    if len(starts) == 1 or len(set(starts)) < len(starts) or not lines.is_item(starts[position]):
        return RuleText(1, text)  # rules that share lines cannot be separated
    end = starts[position + 1] if position + 1 < len(starts) else lines.end_of_key(tree, "rules")
    defaults = ""
    if "defaults" in tree.keys:
        first = lines.line_of(tree.keys["defaults"].offset)
        defaults = lines.between(first, lines.end_of_key(tree, "defaults"))
    return RuleText(starts[position], lines.between(starts[position], end), defaults, is_whole_file=False)


def rule_name(node: YamlNode) -> str | None:
    name = node.values.get("name") if isinstance(node, YamlTable) else None
    return name.value if isinstance(name, YamlText) else None


class Lines:
    """The lines of a file, by their numbers from 1."""

    def __init__(self, text: str) -> None:
        self.source = SourceText(Path(), text)
        self.lines = text.split("\n")

    def line_of(self, offset: int) -> int:
        return self.source.line_and_column(offset)[0]

    def start_of_item(self, offset: int) -> int:
        """Return the line of an item of a list, or the first of the comments above it."""
        line = self.line_of(offset)
        while line > 1 and self.lines[line - 2].lstrip().startswith("#"):
            line -= 1
        return line

    def is_item(self, line: int) -> bool:
        """Return whether an item begins on a line, or below comments from that line on."""
        below = (text.lstrip() for text in self.lines[line - 1 :])
        return next((text for text in below if not text.startswith("#")), "").startswith("-")

    def end_of_key(self, table: YamlTable, name: str) -> int:
        """Return the line of the key that follows in a table, or the number of lines plus one."""
        offsets = sorted(key.offset for key in table.keys.values())
        following = [offset for offset in offsets if offset > table.keys[name].offset]
        return self.line_of(following[0]) if following else len(self.lines) + 1

    def between(self, first: int, end: int) -> str:
        """Return the lines from `first` up to `end`, without empty ones at the end."""
        return "\n".join(self.lines[first - 1 : end - 1]).rstrip() + "\n"
