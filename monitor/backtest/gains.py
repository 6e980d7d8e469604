"""What one back-test has and another lacks: the alerts that an edit of rules gains, or loses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from monitor.backtest.run import HypotheticalAlert
from monitor.model import AlertFinding

AlertedClaim: TypeAlias = tuple[str, str, str, str]  # rule id, source, entry and claim


def gained_alerts(
    current: Sequence[HypotheticalAlert], previous: Sequence[HypotheticalAlert], rule_ids: Mapping[str, str]
) -> list[HypotheticalAlert]:
    """Return the alerts of `current`, without the claims that `previous` contains too. `rule_ids`: by rule name."""
    known_claims = {key for alert in previous for key in alerted_claims(alert, rule_ids)}
    remaining = ((alert, findings_not_in(alert, known_claims, rule_ids)) for alert in current)
    return [
        HypotheticalAlert(alert.update_number, replace(alert.alert, findings=findings))
        for alert, findings in remaining
        if findings
    ]


def findings_not_in(
    alert: HypotheticalAlert, known_claims: set[AlertedClaim], rule_ids: Mapping[str, str]
) -> tuple[AlertFinding, ...]:
    keyed_findings = zip(alert.alert.findings, alerted_claims(alert, rule_ids), strict=True)
    return tuple(finding for finding, key in keyed_findings if key not in known_claims)


def alerted_claims(alert: HypotheticalAlert, rule_ids: Mapping[str, str]) -> list[AlertedClaim]:
    """Return the identity of each finding of an alert: rule id, source, entry and claim."""
    rule = rule_ids.get(alert.alert.rule, alert.alert.rule)
    return [(rule, finding.source, finding.entry, finding.claim) for finding in alert.alert.findings]
