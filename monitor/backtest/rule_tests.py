"""Run the `tests` of a rule, against an empty ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from monitor.compare.classify import classify_claims
from monitor.compare.indexes import EarlierEntry
from monitor.compare.lookup import MAX_CANDIDATES, LookupContext
from monitor.compare.stories import StoryCandidate
from monitor.errors import Problem
from monitor.model import Finding, Match, Moment, Novelty, PriorClaim, Role, Severity, Update
from monitor.ruleset.explain import explain_rule
from monitor.ruleset.match import match_rule
from monitor.ruleset.rule import Rule, RuleSet, RuleTest, SequenceItem
from monitor.ruleset.severity import severity_of
from monitor.text.analysis import Synonyms
from monitor.text.split import split_claims


class EvaluatedTest(NamedTuple):
    """Whether a rule fires for a test, the novelty of the claim, and the severity of the alert, if it fires."""

    fires: bool
    novelty: Novelty
    severity: Severity | None = None


AssessTest = Callable[[RuleTest, Rule], EvaluatedTest]
ExplainTest = Callable[[RuleTest, Rule], str]
SourceTags: TypeAlias = Mapping[str, tuple[str, ...]]
NO_TAGS: SourceTags = MappingProxyType({})
FIXED_NOW = 0.0


def run_rule_tests(
    rule: Rule, ruleset: RuleSet, assess_test: AssessTest, explain_test: ExplainTest = lambda test, rule: ""
) -> tuple[Problem, ...]:
    """Return a problem for each test that fails; tests with a sequence are run by `rule_sequences`.

    `explain_test(test, rule)` returns what made the rule fire or what was missing, as the end of a sentence.
    """
    problems = []
    for test in rule.tests:
        if test.sequence:
            continue
        outcome = assess_test(test, rule)
        if failure := failure_text(test, outcome):
            cause = explain_test(test, rule) if outcome.fires is not test.fires else ""
            message = "; ".join(filter(None, (f"test of {rule.name}: {failure}", cause)))
            problems.append(Problem(rule.path, test.line, test.column, message))
    return tuple(problems)


def rules_without_coverage(ruleset: RuleSet) -> dict[str, str]:
    """Return what the tests of a rule lack, by name: one that fires and one that does not."""
    lacks = {
        frozenset[bool](): "no tests",
        frozenset({True}): "no test that must not fire",
        frozenset({False}): "no test that must fire",
    }
    expectations = {
        rule.name: frozenset(fires for test in rule.tests for fires in test.expectations) for rule in ruleset.rules
    }
    return {name: lacks[stated] for name, stated in expectations.items() if stated in lacks}


def failure_text(test: RuleTest, outcome: EvaluatedTest) -> str:
    """Return why a test fails, or "" if it passes."""
    if test.fires and not outcome.fires:
        return f"expected to fire, but does not (the claim is {outcome.novelty}): “{test.text}”"
    if outcome.fires and not test.fires:
        return f"expected not to fire, but does: “{test.text}”"
    if test.novelty and outcome.novelty is not test.novelty:
        return f"expected {test.novelty}, found {outcome.novelty}: “{test.text}”"
    if test.severity and outcome.fires and outcome.severity is not test.severity:
        return f"expected severity {test.severity}, found {outcome.severity}: “{test.text}”"
    return ""


class EmptyHistory:
    """A ledger without claims."""

    def candidates(
        self, terms: Sequence[Sequence[str]], *, limit: int = MAX_CANDIDATES, sources: frozenset[str] | None = None
    ) -> list[list[PriorClaim]]:
        return [[] for _ in terms]

    def exact_matches(
        self, texts: Sequence[str], *, sources: frozenset[str] | None = None
    ) -> dict[str, list[PriorClaim]]:
        return {}

    def entries_saying(self, update: Update, texts: Collection[str], at_least: int) -> list[EarlierEntry]:
        return []

    def own_claims(self, source: str, entry: str, texts: Sequence[str]) -> dict[str, PriorClaim]:
        return {}

    def candidate_stories(self, vector: Mapping[int, float], since: Moment) -> list[StoryCandidate]:
        return []

    def story(self, source: str, entry: str) -> str | None:
        return None


def findings_between(
    previous_text: str | None, text: str, synonyms: Synonyms, title: str = "", previous_title: str | None = None
) -> tuple[Finding, ...]:
    """Return the findings of an entry whose text changed from `previous_text` (None: a new entry) to `text`.

    `previous_title` None means the same title.
    """
    previous_claims = None
    if previous_text is not None:
        previous_claims = split_claims(title if previous_title is None else previous_title, previous_text)
    update = Update("test", "test", FIXED_NOW, title, "", text)
    claims = split_claims(title, text)
    context = LookupContext(update, EmptyHistory(), synonyms, FIXED_NOW, is_revision=previous_claims is not None)
    return classify_claims(context, claims, previous_claims, {})[1]


def findings_of_test(test: RuleTest, synonyms: Synonyms) -> tuple[Finding, ...]:
    """Return the findings of a test's text. An earlier title without an earlier text had the same text."""
    previous_text = test.text if test.before is None and test.before_title is not None else test.before
    return findings_between(previous_text, test.text, synonyms, test.title, test.before_title)


def evaluate_rule(test: RuleTest, rule: Rule, synonyms: Synonyms, source_tags: SourceTags = NO_TAGS) -> EvaluatedTest:
    """Return what the rule does with the entry of a test. `source_tags` are those of the config.

    The novelty is that of the finding that fired, else of the first finding of the text; `repeated` without findings.
    """
    findings = findings_of_test(test, synonyms)
    claims = split_claims(test.title, test.text)
    tags = tags_of_test(test, source_tags)
    tested_rule, update = rule_for_test(test, rule), update_of_test(test)
    match = match_rule(tested_rule, update, findings, claims, tags)
    if tested_rule.why_inactive(update.at):
        match = None
    fired = [findings[index] for index in match.finding_indexes] if match else []
    in_text = [finding for finding in findings if finding.claim.role is not Role.TITLE]
    first = next(iter(fired or in_text), None)
    severity = severity_of(tested_rule, update, [finding.claim for finding in fired]) if fired else None
    return EvaluatedTest(bool(fired), first.novelty if first else Novelty.REPEATED, severity)


def firing_reason(test: RuleTest, rule: Rule, synonyms: Synonyms, source_tags: SourceTags = NO_TAGS) -> str:
    """Return which words made the rule fire, or what was missing, as the end of a sentence."""
    tested_rule, update = rule_for_test(test, rule), update_of_test(test)
    findings, tags = findings_of_test(test, synonyms), tags_of_test(test, source_tags)
    claims = split_claims(test.title, test.text)
    if inactive := tested_rule.why_inactive(update.at):
        return inactive
    if match := match_rule(tested_rule, update, findings, claims, tags):
        return matched_words(match)
    return explain_rule(tested_rule, update, findings, claims, tags).why


def matched_words(match: Match) -> str:
    return f"matched {', '.join(dict.fromkeys(f'“{hit.words}”' for hit in match.hits))}"


def rule_for_test(test: RuleTest, rule: Rule) -> Rule:
    """Return the rule with its sources if the test names one, else for all sources; see also `rule_at`."""
    return rule_at(test, rule if test.source else replace(rule, sources=None))


def rule_at(test: RuleTest, rule: Rule) -> Rule:
    """Return the rule with its hours and its expiry if the test says when it takes place."""
    return rule if test.at is not None else replace(rule, active=None, expires=None)


def update_of_test(test: RuleTest) -> Update:
    at = FIXED_NOW if test.at is None else test.at
    return Update(test.source or "test", "test", at, test.title, test.url, test.text, test.author)


def tags_of_test(test: RuleTest | SequenceItem, source_tags: SourceTags) -> tuple[str, ...]:
    """Return the tags of a test, then those that its source has in the config."""
    return (*test.tags, *source_tags.get(test.source, ()))
