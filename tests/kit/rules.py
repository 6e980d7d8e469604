"""Comparison at its plainest, for running the tests of rules without a ledger."""

from monitor.model import Claim, Finding, Novelty, Role, Update
from monitor.ruleset.match import hold
from monitor.ruleset.rule import Rule


def assess(before: str | None, text: str, rule: Rule) -> tuple[bool, Novelty]:
    """Does the rule fire? Equal words are repeated, other words after `before` are changed."""
    novelty = Novelty.NEW if before is None else Novelty.REPEATED if before == text else Novelty.CHANGED
    finding = Finding(Claim(text, Role.SENTENCE), novelty, 0.0, (), None, "story")
    return hold(rule, Update("s", "e", 0.0, "", "", text), [finding]) is not None, novelty
