"""Run the `tests` of a rule, against an empty ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from monitor.compare.classify import classify_claims
from monitor.compare.indexes import EarlierEntry
from monitor.compare.lookup import MAX_CANDIDATES
from monitor.compare.stories import StoryCandidate
from monitor.errors import Problem
from monitor.model import Finding, Moment, Novelty, PriorClaim, Role, Update
from monitor.ruleset.explain import explain_rule
from monitor.ruleset.match import match_rule
from monitor.ruleset.rule import Rule, RuleSet, RuleTest
from monitor.text.analysis import Synonyms
from monitor.text.split import split_claims

AssessTest = Callable[[RuleTest, Rule], tuple[bool, Novelty]]
ExplainTest = Callable[[RuleTest, Rule], str]
FIXED_NOW = 0.0


def run_rule_tests(
    rule: Rule, ruleset: RuleSet, assess_test: AssessTest, explain_test: ExplainTest = lambda test, rule: ""
) -> tuple[Problem, ...]:
    """Return a problem for each test that fails.

    `assess_test(test, rule)` returns whether the rule fires and the novelty; `explain_test` returns what made it fire
    or what was missing, as the end of a sentence.
    """
    problems = []
    for test in rule.tests:
        fires, novelty = assess_test(test, rule)
        if failure := failure_text(test, fires, novelty):
            cause = explain_test(test, rule) if fires is not test.fires else ""
            message = "; ".join(filter(None, (f"test of {rule.name}: {failure}", cause)))
            problems.append(Problem(rule.path, test.line, test.column, message))
    return tuple(problems)


def failure_text(test: RuleTest, fires: bool, novelty: Novelty) -> str:
    """Return why a test fails, or "" if it passes."""
    if test.fires and not fires:
        return f"expected to fire, but does not (the claim is {novelty}): “{test.text}”"
    if fires and not test.fires:
        return f"expected not to fire, but does: “{test.text}”"
    if test.novelty and novelty is not test.novelty:
        return f"expected {test.novelty}, found {novelty}: “{test.text}”"
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
    previous_text: str | None, text: str, synonyms: Synonyms, title: str = ""
) -> tuple[Finding, ...]:
    """Return the findings of an entry whose text changed from `previous_text` (None: a new entry) to `text`."""
    previous_claims = split_claims(title, previous_text) if previous_text is not None else None
    update = _update(text, title)
    claims = split_claims(title, text)
    return classify_claims(update, claims, previous_claims, {}, EmptyHistory(), synonyms, FIXED_NOW)[1]


def evaluate_rule(test: RuleTest, rule: Rule, synonyms: Synonyms) -> tuple[bool, Novelty]:
    """Return whether the rule fires for the entry of a test, and the novelty.

    The novelty is that of the finding that fired, else of the first finding of the text; `repeated` without findings.
    """
    findings = findings_between(test.before, test.text, synonyms, test.title)
    claims = split_claims(test.title, test.text)
    match = match_rule(replace(rule, sources=None), _update(test.text, test.title), findings, claims, ())
    fired = [findings[index] for index in match.finding_indexes] if match else []
    in_text = [finding for finding in findings if finding.claim.role is not Role.TITLE]
    first = next(iter(fired or in_text), None)
    return bool(fired), first.novelty if first else Novelty.REPEATED


def firing_reason(test: RuleTest, rule: Rule, synonyms: Synonyms) -> str:
    """Return which words made the rule fire, or what was missing, as the end of a sentence."""
    unscoped_rule = replace(rule, sources=None)
    update = _update(test.text, test.title)
    findings = findings_between(test.before, test.text, synonyms, test.title)
    claims = split_claims(test.title, test.text)
    if match := match_rule(unscoped_rule, update, findings, claims, ()):
        return f"matched {', '.join(dict.fromkeys(f'“{hit.words}”' for hit in match.hits))}"
    return explain_rule(unscoped_rule, update, findings, claims).why


def _update(text: str, title: str) -> Update:
    return Update("test", "test", FIXED_NOW, title, "", text)
