"""Rules after reading: frozen, with compiled queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from monitor.model import Novelty, Severity
from monitor.ruleset.document import MatchDocument
from monitor.ruleset.prefilter import Prefilter
from monitor.ruleset.query.nodes import Node, Query


class Within(StrEnum):
    """Where all terms must occur."""

    CLAIM = "claim"
    PASSAGE = "passage"  # the claim with its heading and the claim before it
    UPDATE = "update"  # the title and all claims


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `count` alerts of one story in `seconds`; `text` is the value as written."""

    count: int
    seconds: float
    text: str = ""

    def __str__(self) -> str:
        return self.text or f"{self.count} per {self.seconds:g}s"


@dataclass(frozen=True, slots=True)
class MatchCount:
    """A rule fires once `number` of its matches fall into `seconds`; `text` is the value as written.

    `by` is what each is counted for alone: "" (all together), `source`, `entry`, or a list such as `@vendors`, whose
    entries `entry_by_term` has by the terms of the query.
    """

    number: int
    seconds: float
    text: str = ""
    by: str = ""
    entry_by_term: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class FollowedFigure:
    """A number followed through prose: stated for words that `query` matches; crossing a limit alerts."""

    name: str
    query: Query
    above: float | None = None
    below: float | None = None


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One of a rule's tests: whether `text`, as an edit of `before`, must fire, and its novelty.

    `title` is the title of the entry in both versions.
    """

    text: str
    fires: bool
    before: str | None = None
    novelty: Novelty | None = None
    title: str = ""
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `sources` None means all; `notify` () means the config's; `since` and `absent` are in
    seconds.

    `id` identifies a renamed rule. `path` and `line` are its position in the files.
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
    count: MatchCount | None = None
    absent: float | None = None
    corroboration: int = 1
    unconfirmed: Severity | None = None
    figures: tuple[FollowedFigure, ...] = ()
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

    def windows(self, document: MatchDocument) -> Iterable[frozenset[int]]:
        """The segments of each window in which the rule is evaluated."""
        return window_segments(self.within, Novelty.WITHDRAWN in self.on, document)


def window_segments(within: Within, include_withdrawn: bool, document: MatchDocument) -> Iterable[frozenset[int]]:
    """The segments of each window; `include_withdrawn` applies to whole updates only."""
    if within is Within.UPDATE:
        return (document.update_window(include_withdrawn=include_withdrawn),)
    return document.claim_windows() if within is Within.CLAIM else document.passage_windows()


@dataclass(frozen=True, slots=True, eq=False)
class QueryAliases:
    """The queries that `@name` stands for, by name without the @. Compared by identity: each load has its own."""

    nodes: Mapping[str, Node | None] = field(default_factory=dict)


NO_ALIASES = QueryAliases()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The enabled rules, the synonyms (also for comparison), and a digest of the files' bytes.

    `disabled` has the names of rules with `enabled: false`.
    """

    rules: tuple[Rule, ...]
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""
    disabled: tuple[str, ...] = ()
    aliases: QueryAliases = NO_ALIASES
    prefilters: Mapping[tuple[Within, bool], tuple[Sequence[int], Prefilter]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        groups: dict[tuple[Within, bool], list[int]] = defaultdict(list)
        for number, rule in enumerate(self.rules):
            groups[rule.within, rule.within is Within.UPDATE and Novelty.WITHDRAWN in rule.on].append(number)
        prefilters = {
            key: (group, Prefilter([self.rules[number].query for number in group])) for key, group in groups.items()
        }
        object.__setattr__(self, "prefilters", prefilters)

    def candidate_rules(self, document: MatchDocument) -> list[tuple[Rule, Sequence[frozenset[int]]]]:
        """Return the rules that could match a document, in order, each with the windows in which it could.

        The time hardly depends on the number of rules.
        """
        windows_by_rule: dict[int, Sequence[frozenset[int]]] = {}
        for (within, include_withdrawn), (group, prefilter) in self.prefilters.items():
            windows_with_findings = [
                segments
                for segments in window_segments(within, include_withdrawn, document)
                if not document.finding_by_segment.keys().isdisjoint(segments)
            ]
            windows_by_rule |= {
                group[number]: windows
                for number, windows in prefilter.candidates(document, windows_with_findings).items()
            }
        return [(self.rules[number], windows_by_rule[number]) for number in sorted(windows_by_rule)]
