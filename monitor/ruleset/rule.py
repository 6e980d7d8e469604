"""What a rule file says, after reading: frozen, compiled, ready to be matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from monitor.model import Claim, Finding, Novelty, Severity, Update
from monitor.ruleset.page import Page, page_of
from monitor.ruleset.query import Query
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


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The enabled rules, the words that mean the same (for comparison too), and a digest of the files' bytes.

    `off` are the names of the rules that say `enabled: false`.
    """

    rules: tuple[Rule, ...]
    same: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""
    off: tuple[str, ...] = ()
    index: Shortlist = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", Shortlist([rule.query for rule in self.rules]))

    def shortlist(
        self,
        update: Update,
        findings: Sequence[Finding],
        claims: Sequence[Claim] = (),
        tags: Sequence[str] = (),
    ) -> tuple[Rule, ...]:
        """The rules that could hold for the update; how long it takes hardly depends on how many there are."""
        return self.could_hold(page_of(update, findings, claims, tags))

    def could_hold(self, page: Page) -> tuple[Rule, ...]:
        """The same for a page that was read before."""
        return tuple(self.rules[at] for at in self.index.candidates(page.words()))
