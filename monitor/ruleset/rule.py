"""Rules after reading: frozen, with compiled queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path

from monitor.config.quiet_hours import WEEK_MINUTES, minute_of_week
from monitor.model import Moment, Novelty, Severity
from monitor.ruleset.document import MatchDocument
from monitor.ruleset.prefilter import Prefilter
from monitor.ruleset.query.context_nodes import depends_on_context
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
class ActiveHours:
    """The minutes of the week, from Monday, in which a rule may alert; `text` is the value as written."""

    text: str
    minutes: frozenset[int]
    timezone: tzinfo

    def cover(self, now: Moment) -> bool:
        return minute_of_week(datetime.fromtimestamp(now, self.timezone)) in self.minutes

    def first_covered(self, start: Moment) -> Moment:
        """Return the first moment from `start` on that they cover."""
        moment = start
        while not self.cover(moment):  # more than once if the clocks are put forward meanwhile
            local = datetime.fromtimestamp(moment, self.timezone).replace(second=0, microsecond=0)
            wait = min((minute - minute_of_week(local)) % WEEK_MINUTES for minute in self.minutes)
            moment = (local + timedelta(minutes=wait)).replace(fold=local.fold).timestamp()
        return moment


@dataclass(frozen=True, slots=True)
class Expiry:
    """The day from which a rule does not alert any more, and when it begins."""

    day: date
    at: Moment


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
    """A number followed through prose: stated for words that `query` matches; crossing a limit alerts.

    The limits are in the base unit of `dimension`.
    """

    name: str
    query: Query
    above: float | None = None
    below: float | None = None
    dimension: str = ""


@dataclass(frozen=True, slots=True)
class SequenceItem:
    """One item of a test's sequence: a text that arrives `at` seconds after the start; without text, time passes.

    `at` None is the time of the item before. Items with the same `entry` are versions of one entry; "" is an entry of
    its own. `fires` is None if the item is not tested on its own.
    """

    text: str | None = None
    at: float | None = None
    fires: bool | None = None
    title: str = ""
    url: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    source: str = ""
    entry: str = ""
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One of a rule's tests: whether `text`, as an edit of `before`, must fire, and its novelty.

    With a `sequence` instead of a text, `fires`, `novelty` and `severity` are about its last item; `fires` None
    leaves it to the items. `title` and `before_title` are the titles of the two versions. Without `source`, the
    rule's sources do not matter. `at` is when the text, or the first item of the sequence, is seen.
    """

    text: str = ""
    fires: bool | None = None
    before: str | None = None
    novelty: Novelty | None = None
    severity: Severity | None = None
    title: str = ""
    before_title: str | None = None
    url: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    source: str = ""
    at: Moment | None = None
    sequence: tuple[SequenceItem, ...] = ()
    line: int = 1
    column: int = 1

    @property
    def expectations(self) -> frozenset[bool]:
        """Whether the test says that something fires, and that something does not."""
        stated = (self.fires, *(item.fires for item in self.sequence))
        return frozenset(fires for fires in stated if fires is not None)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `sources` None means all; `notify` () means the config's; `since` and `absent` are in seconds.

    The first of `severity_conditions` that matches replaces its `severity`. The rules that it `inhibits`, by name or
    id, stay quiet on a story that it has alerted on. `id` identifies a renamed rule. `path` and `line` are its
    position in the files.
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
    severity_conditions: tuple[tuple[Severity, Query], ...] = ()
    expires: Expiry | None = None
    active: ActiveHours | None = None
    inhibits: tuple[str, ...] = ()
    path: Path = Path()
    line: int = 1

    @property
    def highest_severity(self) -> Severity:
        severities = [self.severity, *(severity for severity, _ in self.severity_conditions)]
        return max(severities, key=lambda severity: severity.rank)

    def has_expired(self, now: Moment) -> bool:
        return self.expires is not None and now >= self.expires.at

    def why_inactive(self, now: Moment) -> str:
        """Return why the rule does not alert at this time; "" if it may."""
        if self.expires and self.has_expired(now):
            return f"expired on {self.expires.day}"
        if self.active and not self.active.cover(now):
            return f"active only {self.active.text}"
        return ""

    def first_active(self, start: Moment) -> Moment | None:
        """Return the first moment from `start` on at which the rule may alert, None if it has expired by then."""
        moment = self.active.first_covered(start) if self.active else start
        return None if self.has_expired(moment) else moment

    @property
    def needs_context(self) -> bool:
        """Whether it looks beyond the claim that it fires on: at other claims of the update."""
        return self.within is not Within.CLAIM or depends_on_context(self.query.root)

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


def inhibitors_by_rule(rules: Sequence[Rule]) -> dict[str, tuple[Rule, ...]]:
    """Return the rules that inhibit each rule, by its name."""
    name_by_key = {rule.id: rule.name for rule in rules} | {rule.name: rule.name for rule in rules}
    inhibitors: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        for name in {name_by_key[key] for key in rule.inhibits if key in name_by_key}:
            inhibitors[name].append(rule)
    return {name: tuple(several) for name, several in inhibitors.items()}


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
    inhibitors: Mapping[str, tuple[Rule, ...]] = field(init=False, repr=False, compare=False)  # by inhibited rule
    prefilters: Mapping[tuple[Within, bool], tuple[Sequence[int], Prefilter]] = field(
        init=False, repr=False, compare=False
    )
    needs_corroboration: bool = field(init=False, repr=False, compare=False)  # whether any rule does

    def __post_init__(self) -> None:
        groups: dict[tuple[Within, bool], list[int]] = defaultdict(list)
        for number, rule in enumerate(self.rules):
            groups[rule.within, rule.within is Within.UPDATE and Novelty.WITHDRAWN in rule.on].append(number)
        prefilters = {
            key: (group, Prefilter([self.rules[number].query for number in group])) for key, group in groups.items()
        }
        object.__setattr__(self, "prefilters", prefilters)
        object.__setattr__(self, "inhibitors", inhibitors_by_rule(self.rules))
        object.__setattr__(self, "needs_corroboration", any(rule.corroboration > 1 for rule in self.rules))

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
