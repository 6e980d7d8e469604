"""The severity of an alert, by the conditions of its rule."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model import Claim, Finding, Novelty, Severity, Update
from monitor.ruleset.document import build_document
from monitor.ruleset.rule import Rule


def severity_of(rule: Rule, update: Update, claims: Sequence[Claim]) -> Severity:
    """Return the first severity whose query matches one of the claims that fire; else the rule's own.

    Terms with a scope see the title and the fields of the update, except the tags of its source.
    """
    if not rule.severity_conditions:
        return rule.severity
    findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "") for claim in claims]
    document = build_document(update, findings, (), ())
    windows = [document.window(frozenset((segment,))) for segment in range(len(claims))]
    for severity, query in rule.severity_conditions:
        if any(query.root.evaluate(window) is not None for window in windows):
            return severity
    return rule.severity
