"""Runs the tests that a rule carries. How two texts compare is handed in, so that nothing here needs the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from monitor.compare.candidates import MAX_CANDIDATES
from monitor.compare.classify import classify_claims
from monitor.compare.stories import StoryCandidate
from monitor.errors import Problem
from monitor.model import Finding, Moment, Novelty, PriorClaim, Update
from monitor.ruleset.explain import explain_rule
from monitor.ruleset.match import match_rule
from monitor.ruleset.rule import Rule, RuleSet, RuleTest
from monitor.text.analysis import Synonyms
from monitor.text.split import split_claims

AssessText = Callable[[str | None, str, Rule], tuple[bool, Novelty]]
ExplainText = Callable[[str | None, str, Rule], str]


def run_rule_tests(
    rule: Rule, ruleset: RuleSet, assess_text: AssessText, explain_text: ExplainText = lambda before, text, rule: ""
) -> tuple[Problem, ...]:
    """The tests that fail. `assess(before, text, rule)` says whether the rule fires for the text and its novelty,
    `why` what made it fire or what was missing, as the end of a sentence."""
    problems = []
    for test in rule.tests:
        fires, novelty = assess_text(test.before, test.text, rule)
        if failure := failure_text(test, fires, novelty):
            cause = explain_text(test.before, test.text, rule) if fires is not test.fires else ""
            message = "; ".join(filter(None, (f"test of {rule.name}: {failure}", cause)))
            problems.append(Problem(rule.path, test.line, test.column, message))
    return tuple(problems)


def failure_text(test: RuleTest, fires: bool, novelty: Novelty) -> str:
    """What is wrong, or "" if the test passes."""
    if test.fires and not fires:
        return f"expected to fire, but does not (the claim is {novelty}): “{test.text}”"
    if fires and not test.fires:
        return f"expected not to fire, but does: “{test.text}”"
    if test.novelty and novelty is not test.novelty:
        return f"expected {test.novelty}, found {novelty}: “{test.text}”"
    return ""


FIXED_NOW = 0.0


class EmptyHistory:
    """A ledger in which nobody has said anything yet."""

    def candidates(
        self, terms: Sequence[Sequence[str]], *, limit: int = MAX_CANDIDATES, sources: frozenset[str] | None = None
    ) -> list[list[PriorClaim]]:
        return [[] for _ in terms]

    def exact_matches(
        self, texts: Sequence[str], *, sources: frozenset[str] | None = None
    ) -> dict[str, list[PriorClaim]]:
        return {}

    def own_claims(self, source: str, entry: str, texts: Sequence[str]) -> dict[str, PriorClaim]:
        return {}

    def candidate_stories(self, vector: Mapping[int, float], since: Moment) -> list[StoryCandidate]:
        return []

    def story(self, source: str, entry: str) -> str | None:
        return None


def findings_between(previous_text: str | None, text: str, synonyms: Synonyms) -> tuple[Finding, ...]:
    """What an entry brings that says `text` and said `before` (None: it is new)."""
    previous_claims = split_claims("", previous_text) if previous_text is not None else None
    return classify_claims(
        _update(text), split_claims("", text), previous_claims, {}, EmptyHistory(), synonyms, FIXED_NOW
    )[1]


def evaluate_rule(previous_text: str | None, text: str, rule: Rule, synonyms: Synonyms) -> tuple[bool, Novelty]:
    """Does the rule fire when an entry says `text`, which said `before` (None: it is new), and as what novelty?

    The novelty is that of what fired, else of the first claim; `repeated` when nothing moved at all.
    """
    findings = findings_between(previous_text, text, synonyms)
    match = match_rule(replace(rule, sources=None), _update(text), findings, split_claims("", text), ())
    fired = [findings[index] for index in match.finding_indexes] if match else []
    first = next(iter(fired or findings), None)
    return bool(fired), first.novelty if first else Novelty.REPEATED


def firing_reason(previous_text: str | None, text: str, rule: Rule, synonyms: Synonyms) -> str:
    """Which words of `text` made the rule fire, or what was missing, as the end of a sentence."""
    unscoped_rule, findings, claims = (
        replace(rule, sources=None),
        findings_between(previous_text, text, synonyms),
        split_claims("", text),
    )
    if match := match_rule(unscoped_rule, _update(text), findings, claims, ()):
        return f"met by {', '.join(dict.fromkeys(f'“{hit.words}”' for hit in match.hits))}"
    return explain_rule(unscoped_rule, _update(text), findings, claims).why


def _update(text: str) -> Update:
    return Update("test", "test", FIXED_NOW, "", "", text)
