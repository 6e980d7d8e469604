"""Comparison at its plainest, for running the tests of rules without a ledger."""

from collections.abc import Sequence

from monitor.assess import Listening, match
from monitor.model import Claim, Finding, Match, Novelty, Role, Update
from monitor.ruleset.match import hold
from monitor.ruleset.rule import Rule, RuleSet


def assess(before: str | None, text: str, rule: Rule) -> tuple[bool, Novelty]:
    """Does the rule fire? Equal words are repeated, other words after `before` are changed."""
    novelty = Novelty.NEW if before is None else Novelty.REPEATED if before == text else Novelty.CHANGED
    finding = Finding(Claim(text, Role.SENTENCE), novelty, 0.0, (), None, "story")
    return hold(rule, Update("s", "e", 0.0, "", "", text), [finding]) is not None, novelty


def matches(
    rules: RuleSet,
    update: Update,
    findings: Sequence[Finding],
    claims: Sequence[Claim] = (),
    tags: tuple[str, ...] = (),
) -> tuple[Match, ...]:
    """What the daemon finds. No rule may have `sources`: the ledger would be asked for what those said."""
    assert all(rule.sources is None for rule in rules.rules)
    listening = Listening(rules, tags={update.source: tags})
    held = match(update, claims, tuple(findings), None, listening, 0.0)  # type: ignore[arg-type]
    return tuple(one.match for one in held)
