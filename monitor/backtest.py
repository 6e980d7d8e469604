"""Runs rules over updates that were assessed before: what they would have alerted, and how two versions differ.

Matching and deciding are the daemon's own; the findings are those that the store kept, so nothing is compared anew.
For a rule with `sources` that is an approximation: what only others are known to have said counts as new. Silences
are left out: they are about people's present, not about the rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from monitor.alerts.decide import Held, decide, said_now, told_by
from monitor.alerts.release import corroborated, opened
from monitor.alerts.silences import Silence
from monitor.model import Alert, AlertFinding, Decision, Finding, Moment, Novelty, Reason, Said, Update, Waiting
from monitor.ruleset.lint import leaves
from monitor.ruleset.match import hold, listens
from monitor.ruleset.page import Page, page_of
from monitor.ruleset.reading import SHIFT
from monitor.ruleset.rule import Rule, RuleSet, Within
from monitor.text.split import Pattern, split

Tags: TypeAlias = Mapping[str, tuple[str, ...]]
Key: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """An update as the store kept it; `baseline` if it came with its source's first poll, of which nobody is told."""

    number: int
    update: Update
    recorded: Moment
    findings: tuple[Finding, ...]
    ignore: tuple[Pattern, ...] = ()
    baseline: bool = False


@dataclass(frozen=True, slots=True)
class Would:
    """An alert that would have been sent, and the number of the update that caused it."""

    update: int
    alert: Alert


@dataclass(frozen=True, slots=True)
class Parted:
    """Some rules: the narrow ones look at single claims, so what else an update says is nothing to them."""

    rules: RuleSet
    narrow: RuleSet
    wide: tuple[Rule, ...]


@dataclass(slots=True)
class Remembered:
    """The past of a back-test, kept in memory: what was alerted, who said what, and what is held."""

    telling: set[tuple[str, str, str]] = field(default_factory=set)
    alerts: dict[tuple[str, str], list[Alert]] = field(default_factory=lambda: defaultdict(list))
    roots: dict[str, str] = field(default_factory=dict)
    sayings: dict[str, dict[tuple[str, str], Said]] = field(default_factory=lambda: defaultdict(dict))
    held: list[Waiting] = field(default_factory=list)
    opens: dict[int, Moment] = field(default_factory=dict)
    causes: dict[int, int] = field(default_factory=dict)
    last: int = 0

    def told(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Which of these claims the rule has alerted of already in this story."""
        return {text for text in texts if (rule, story, text) in self.telling}

    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """When the rule alerted of the story since a moment, oldest first."""
        return [alert.at for alert in self.alerts[rule, story] if alert.at >= since]

    def last_told(self, rule: str, story: str) -> Alert | None:
        """The rule's last alert of the story."""
        return next(reversed(self.alerts[rule, story]), None)

    def sayings_of(self, texts: Sequence[str]) -> list[Said]:
        """Who has said one of these claims, in these or other words."""
        roots = dict.fromkeys(map(self.root, texts))
        return [said for root in roots if root in self.sayings for said in self.sayings[root].values()]

    def waiting(self, texts: Sequence[str]) -> list[Waiting]:
        """The matches held for corroboration that one of these claims would confirm."""
        roots = {self.root(text) for text in texts}
        waiting = (held for held in self.held if held.reason is Reason.CORROBORATION)
        return [held for held in waiting if roots & {self.root(f.claim) for f in held.alert.findings}]

    def silences(self, now: Moment) -> Sequence[Silence]:
        """None."""
        return ()

    def root(self, text: str) -> str:
        """The claim that this one says in other words, or itself."""
        return self.roots.get(text, text)

    def hear(self, update: Update, findings: Sequence[Finding]) -> None:
        """Keeps who said what."""
        for finding, now in zip(findings, said_now(update, findings), strict=True):
            if finding.novelty is Novelty.REPEATED and finding.nearest:
                self.roots.setdefault(finding.claim.text, self.root(finding.nearest.text))
                self.note(finding.nearest)
            self.note(now)

    def note(self, said: Said) -> None:
        """Keeps the first time that a source said a claim in these words."""
        self.sayings[self.root(said.text)].setdefault((said.source, said.text), said)

    def alerted(self, alert: Alert) -> None:
        """Keeps what was told."""
        self.alerts[alert.rule, alert.story].append(alert)
        self.telling |= {(alert.rule, story, text) for story, text in told_by(alert)}

    def hold(self, decision: Decision, number: int) -> None:
        """Keeps a match that waits."""
        if decision.waiting:
            self.last += 1
            self.held.append(Waiting(self.last, decision.reason, decision.waiting))
            self.causes[self.last] = number
            if decision.opens is not None:
                self.opens[self.last] = decision.opens

    def due(self, now: Moment) -> list[Waiting]:
        """The throttled matches whose window has opened."""
        return [held for held in self.held if self.opens.get(held.id, now + 1) <= now]

    def let_go(self, ids: Iterable[int]) -> None:
        """Forgets held matches that were told of."""
        gone = set(ids)
        self.held = [held for held in self.held if held.id not in gone]


def novelties(versions: Sequence[Parted]) -> frozenset[Novelty]:
    """The novelties that matter to some versions of rules. Who needs several sources wants to know who repeats what,
    and what is repeated may be new to who listens to some sources only."""
    rules = [rule for version in versions for rule in version.rules.rules]
    if any(rule.corroboration > 1 or rule.sources is not None for rule in rules):
        return frozenset(Novelty)
    return frozenset(novelty for rule in rules for novelty in rule.on)


def parted(rules: RuleSet) -> Parted:
    """The rules by what they look at."""
    narrow = [rule for rule in rules.rules if rule.within is Within.CLAIM]
    wide = [rule for rule in rules.rules if rule.within is not Within.CLAIM]
    return Parted(rules, RuleSet(tuple(narrow)), tuple(wide))


def concerns(versions: Sequence[Parted], tags: Tags, update: Update, findings: tuple[Finding, ...]) -> bool:
    """Could an update matter to some versions of rules? `findings` may be outlines of those of `novelties`."""
    if any(rule.corroboration > 1 for version in versions for rule in version.rules.rules):
        return bool(findings)
    page = page_of(update, findings, (), tags.get(update.source, ()))
    return any(version.narrow.could_hold(page) or reaching(version, page) for version in versions)


def reaching(version: Parted, page: Page) -> list[Rule]:
    """The wide rules that could hold for a finding among the other claims: one of their terms must meet a finding."""
    return [rule for rule in version.wide if reaches(rule, page)]


def reaches(rule: Rule, page: Page) -> bool:
    """Does a term of the rule meet a finding?"""
    spans = (span for term in leaves(rule.query.root) for span in term.reading_spans(page.reading))
    return any(span[0] >> SHIFT in page.findings for span in spans)


def backtest(versions: Sequence[Parted], kept: Iterable[Kept], tags: Tags, end: Moment) -> list[list[Would]]:
    """What each of some versions of rules would have alerted over updates in the order they came, up to `end`.

    `tags` are the tags of every source. Updates that do not concern the rules may be left out of `kept`, and
    findings of no novelty that matters.
    """
    runs = [(version, Remembered(), list[Would]()) for version in versions]
    for one in kept:
        for version, past, would in runs:
            would += released(past, one.recorded)
            would += brought(version, one, past, tags)
    return [[*would, *released(past, end)] for _, past, would in runs]


def brought(version: Parted, one: Kept, past: Remembered, tags: Tags) -> Iterator[Would]:
    """The alerts of one update, and of what it confirms."""
    past.hear(one.update, one.findings)
    if one.baseline:
        return
    held = list(holding(version, one, tags))
    for decision in decide(one.update, held, past, baseline=False, now=one.recorded):
        past.hold(decision, one.number)
        if decision.alert:
            past.alerted(decision.alert)
            yield Would(one.number, decision.alert)
    named = {rule.name: rule for rule in version.rules.rules}
    for release in corroborated(one.update, one.findings, named, past, now=one.recorded):
        past.alerted(release.alert)
        past.let_go(release.matches)
        yield Would(past.causes[release.matches[0]], release.alert)


def holding(version: Parted, one: Kept, tags: Tags) -> Iterator[Held]:
    """The rules that hold for an update. It is split again only if a rule looks beyond single claims."""
    own = tags.get(one.update.source, ())
    brief = page_of(one.update, one.findings, (), own)
    beyond = reaching(version, brief)
    claims = split(one.update.title, one.update.text, one.ignore) if beyond else ()
    for rule in [*(rule for rule, _ in version.narrow.could_hold(brief)), *beyond]:
        heard = as_heard(rule, one.findings, tags)
        if found := hold(rule, one.update, heard, () if rule.within is Within.CLAIM else claims, own):
            yield Held(rule, heard, found)


def as_heard(rule: Rule, findings: tuple[Finding, ...], tags: Tags) -> tuple[Finding, ...]:
    """The findings for a rule with `sources`: what only others are known to have said is new there."""
    if rule.sources is None:
        return findings
    return tuple(alone(finding) if from_elsewhere(rule, finding, tags) else finding for finding in findings)


def from_elsewhere(rule: Rule, finding: Finding, tags: Tags) -> bool:
    """Is the earlier claim one that the rule does not listen to?"""
    said = finding.nearest
    return said is not None and not listens(rule, said.source, tags.get(said.source, ()))


def alone(finding: Finding) -> Finding:
    """The finding as if nobody had said anything like it."""
    return replace(finding, novelty=Novelty.NEW, similarity=0.0, changes=(), nearest=None)


def released(past: Remembered, now: Moment) -> Iterator[Would]:
    """What throttles let out by now, each when its window opened."""
    while waiting := past.due(now):
        opens = min(past.opens[held.id] for held in waiting)
        for release in opened(past.due(opens), now=opens):
            past.alerted(release.alert)
            past.let_go(release.matches)
            yield Would(past.causes[release.matches[0]], release.alert)


def gained(now: Sequence[Would], before: Sequence[Would], same: Mapping[str, str]) -> list[Would]:
    """The alerts of `now` with those claims of theirs that none of `before` tells of; `same` gives rules' ids."""
    told = {key for would in before for key in keys(would, same)}
    left = ((would, told_only(would, told, same)) for would in now)
    return [Would(would.update, replace(would.alert, findings=findings)) for would, findings in left if findings]


def told_only(would: Would, told: set[Key], same: Mapping[str, str]) -> tuple[AlertFinding, ...]:
    """The findings of an alert that are not told already."""
    found = zip(would.alert.findings, keys(would, same), strict=True)
    return tuple(finding for finding, key in found if key not in told)


def keys(would: Would, same: Mapping[str, str]) -> list[Key]:
    """What each finding of an alert is known by: its rule's id, its source, its entry, and its claim."""
    rule = same.get(would.alert.rule, would.alert.rule)
    return [(rule, finding.source, finding.entry, finding.claim) for finding in would.alert.findings]
