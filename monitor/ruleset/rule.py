"""What a rule file says, after reading: frozen, compiled, ready to be matched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from monitor.model import Novelty, Severity
from monitor.ruleset.page import Page
from monitor.ruleset.query import Node, Query
from monitor.ruleset.shortlist import Shortlist


class Within(StrEnum):
    """Where all terms must meet."""

    CLAIM = "claim"
    PASSAGE = "passage"  # the claim with its heading and the claim before it
    UPDATE = "update"  # the title and all claims


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `count` alerts of one story in `seconds`; `text` is how it was written."""

    count: int
    seconds: float
    text: str = ""

    def __str__(self) -> str:
        return self.text or f"{self.count} per {self.seconds:g}s"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number followed through prose: said of what `of` meets; it alerts on crossing `above` or `below`."""

    name: str
    of: Query
    above: float | None = None
    below: float | None = None


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One of a rule's own tests: does `text`, said after `before`, fire, and as what novelty?"""

    text: str
    fires: bool
    before: str | None = None
    novelty: Novelty | None = None
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `sources` None means all; `notify` () means the config's; `since` is seconds to look back once.

    `id` stays the same when a rule is renamed. `path`, `line` say where it was written.
    """

    name: str
    title: str
    query: Query
    on: frozenset[Novelty] = frozenset((Novelty.NEW, Novelty.CHANGED))
    within: Within = Within.CLAIM
    sources: tuple[str, ...] | None = None
    severity: Severity = Severity.MEDIUM
    notify: tuple[str, ...] = ()
    throttle: Throttle | None = None
    corroboration: int = 1
    unconfirmed: Severity | None = None
    figures: tuple[Figure, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    enabled: bool = True
    id: str = ""
    owner: str = ""
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    since: float | None = None
    template: str | None = None
    path: Path = Path()
    line: int = 1

    def documents(self, page: Page) -> Iterable[frozenset[int]]:
        """The segments of each document of a page that the rule is asked for."""
        return documents(self.within, Novelty.WITHDRAWN in self.on, page)


def documents(within: Within, withdrawn: bool, page: Page) -> Iterable[frozenset[int]]:
    """The segments of each document; whether `withdrawn` ones are part of the whole update must be said."""
    if within is Within.UPDATE:
        return (page.whole(withdrawn=withdrawn),)
    return page.alone() if within is Within.CLAIM else page.passages()


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """What `@name` stands for in queries, by its name without the @. Each reading of the files is one of its own."""

    nodes: Mapping[str, Node | None] = field(default_factory=dict)


NO_ALIASES = Vocabulary()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The enabled rules, the words that mean the same (for comparison too), and a digest of the files' bytes.

    `off` are the names of the rules that say `enabled: false`.
    """

    rules: tuple[Rule, ...]
    same: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""
    off: tuple[str, ...] = ()
    aliases: Vocabulary = NO_ALIASES
    indexes: Mapping[tuple[Within, bool], tuple[Sequence[int], Shortlist]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        alike: dict[tuple[Within, bool], list[int]] = defaultdict(list)
        for at, rule in enumerate(self.rules):
            alike[rule.within, rule.within is Within.UPDATE and Novelty.WITHDRAWN in rule.on].append(at)
        indexes = {key: (group, Shortlist([self.rules[at].query for at in group])) for key, group in alike.items()}
        object.__setattr__(self, "indexes", indexes)

    def could_hold(self, page: Page) -> list[tuple[Rule, Sequence[frozenset[int]]]]:
        """The rules that could hold for a page, in order, each with the documents for which it could.

        How long that takes hardly depends on how many rules there are.
        """
        found: dict[int, Sequence[frozenset[int]]] = {}
        for (within, withdrawn), (group, shortlist) in self.indexes.items():
            told = [own for own in documents(within, withdrawn, page) if not page.findings.keys().isdisjoint(own)]
            found |= {group[at]: where for at, where in shortlist.candidates(page, told).items()}
        return [(self.rules[at], found[at]) for at in sorted(found)]
