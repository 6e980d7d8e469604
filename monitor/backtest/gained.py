"""Compares the alerts of two versions of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from monitor.backtest.run import HypotheticalAlert
from monitor.model import AlertFinding

AlertedClaim: TypeAlias = tuple[str, str, str, str]


def gained_alerts(
    current: Sequence[HypotheticalAlert], previous: Sequence[HypotheticalAlert], rule_ids: Mapping[str, str]
) -> list[HypotheticalAlert]:
    """Return the alerts of `current`, without the claims that `previous` contains too. `rule_ids`: by rule name."""
    known_claims = {key for alert in previous for key in alerted_claims(alert, rule_ids)}
    remaining = ((alert, findings_not_in(alert, known_claims, rule_ids)) for alert in current)
    return [
        HypotheticalAlert(alert.update_number, replace(alert.alert, findings=findings))
        for alert, findings in remaining
        if findings or (not alert.alert.findings and known_claims.isdisjoint(alerted_absence(alert, rule_ids)))
    ]


def findings_not_in(
    alert: HypotheticalAlert, known_claims: set[AlertedClaim], rule_ids: Mapping[str, str]
) -> tuple[AlertFinding, ...]:
    keyed_findings = zip(alert.alert.findings, alerted_claims(alert, rule_ids), strict=bool(alert.alert.findings))
    return tuple(finding for finding, key in keyed_findings if key not in known_claims)


def alerted_absence(alert: HypotheticalAlert, rule_ids: Mapping[str, str]) -> list[AlertedClaim]:
    """Return what identifies an alert about an absence, either is enough: the rule id with the update of the last
    match (0: none, or not known), or with the id of the alert, which depends on the time of that match.
    """
    rule = rule_ids.get(alert.alert.rule, alert.alert.rule)
    return [(rule, "", "", str(alert.update_number)), (rule, "", "", alert.alert.id)]


def alerted_claims(alert: HypotheticalAlert, rule_ids: Mapping[str, str]) -> list[AlertedClaim]:
    """Return the identity of each finding of an alert: rule id, source, entry and claim. An absence has none."""
    rule = rule_ids.get(alert.alert.rule, alert.alert.rule)
    if not alert.alert.findings:
        return alerted_absence(alert, rule_ids)
    return [(rule, finding.source, finding.entry, finding.claim) for finding in alert.alert.findings]
