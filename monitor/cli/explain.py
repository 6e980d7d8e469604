"""`monitor explain UPDATE-OR-ALERT`: show how every rule evaluated an update, from matched terms to deliveries."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.complete_values import complete_alerts, complete_rules
from monitor.cli.options import config_option, json_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, show_json, terminal_safe
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.alerts.feedback import Feedback
    from monitor.assess import Policy
    from monitor.config.models import Config
    from monitor.ruleset.explain import RuleExplanation
    from monitor.store.reports.deliveries import DeliveryRow
    from monitor.store.reports.explain import MatchRow, UpdateExplanation

RULE_NEWER_TEXT = (
    "the current version matches, but the rule was added or edited after this update; "
    "`since:` lets a new rule look back"
)
RULE_GONE_TEXT = "this rule no longer exists"
RULE_DISABLED_TEXT = "disabled by `enabled: false`"
NO_CHANNEL_TEXT = "not sent: neither the rule nor [alerts] in the config names a channel"
MAX_MISSED_TERMS = 8
MAX_FOLDED_NAMES = 12


@dataclass(frozen=True, slots=True)
class AlertFollowUp:
    """The deliveries of an update's alerts by alert id, and the answers to them and to others of their stories.

    Whether a delivery still waits is shown for the moment `as_of`.
    """

    deliveries: dict[str, list[DeliveryRow]]
    answers: list[Feedback]
    as_of: float

    def answer_to(self, alert_id: str | None) -> Feedback | None:
        return next((answer for answer in self.answers if answer.alert_id == alert_id), None)


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """How one rule in its current version evaluates the update, and what was decided when the update arrived."""

    rule: str
    explanation: RuleExplanation | None
    matches: tuple[MatchRow, ...]
    is_disabled: bool = False

    @property
    def verdict(self) -> str:
        """One line: the decisions, or why the rule did not fire."""
        if self.matches:
            return "; ".join(f"{row.reason}: {row.detail}" if row.detail else str(row.reason) for row in self.matches)
        if self.explanation is None:
            return RULE_DISABLED_TEXT if self.is_disabled else RULE_GONE_TEXT
        matches_now = self.explanation.step == "holds"
        return f"did not fire: {RULE_NEWER_TEXT if matches_now else self.explanation.why}"

    @property
    def matches_now(self) -> bool:
        """Whether a decision was made, or the query of the current version matches, news or not."""
        return bool(self.matches) or (self.explanation is not None and self.explanation.step in ("holds", "novelty"))


@click.command("explain")
@click.argument("target", metavar="UPDATE-OR-ALERT", shell_complete=complete_alerts)
@click.option("--rule", metavar="NAME", help="Only this rule.", shell_complete=complete_rules)
@click.option("--all", "show_all", is_flag=True, help="Also why every other rule did not fire.")
@config_option
@json_option
def command(target: str, rule: str | None, show_all: bool, path: Path, as_json: bool) -> None:
    """Show how the rules evaluated an update. Takes its number or the id of one of its alerts."""
    config = load_config(path)
    from monitor.policy import load_policy

    policy = load_policy(config)
    with open_existing_store(config) as store, store.read() as conn:
        record = _load_record(conn, target)
        outcomes = _select_rule(_rule_outcomes(record, config, policy), rule)
        follow_up = _load_follow_up(conn, record)
    if as_json:
        show_json(_record_json(record, outcomes, follow_up))
    else:
        _show_record(record, outcomes, follow_up, show_all=show_all or rule is not None)


def _load_record(conn: Connection, target: str) -> UpdateExplanation:
    from monitor.store.reports.alerts import find_alert
    from monitor.store.reports.explain import explain_update

    number: int | None
    if target.isascii() and target.isdigit():
        number = int(target[:18])
    else:
        row = find_alert(conn, target)
        if row is None:
            raise MonitorError(
                f"unknown alert {terminal_safe(target)}; `monitor alerts` lists alerts and their updates"
            )
        if row.update_id is None:
            raise MonitorError(f"alert {terminal_safe(target)} is from no update: {terminal_safe(row.alert.reason)}")
        number = row.update_id
    record = None if number is None else explain_update(conn, number)
    if record is None:
        raise MonitorError(f"update {target} is not stored; `monitor alerts` lists the update of each alert")
    return record


def _rule_outcomes(record: UpdateExplanation, config: Config, policy: Policy) -> list[RuleOutcome]:
    """Return the outcome of every rule: rules with a decision first, then the others, disabled ones last."""
    from monitor.backtest.run import findings_visible_to
    from monitor.ruleset.explain import explain_rule
    from monitor.text.split import compile_pattern, split_claims

    update = record.update
    ignore_lists = [source.ignore for source in config.sources if source.name == update.source]
    claims = split_claims(
        update.title,
        update.text,
        tuple(compile_pattern(expression) for ignore_list in ignore_lists for expression in ignore_list),
    )
    tags = policy.source_tags.get(update.source, ())
    rules = {rule.name: rule for rule in policy.rules.rules}
    matches_by_rule: dict[str, list[MatchRow]] = {}
    for row in record.matches:
        matches_by_rule.setdefault(row.match.rule, []).append(row)

    def explain(name: str) -> RuleExplanation | None:
        if name not in rules:
            return None
        findings = findings_visible_to(rules[name], record.findings, policy.source_tags)
        return explain_rule(rules[name], update, findings, claims, tags)

    disabled = policy.rules.disabled
    return [
        RuleOutcome(name, explain(name), tuple(matches_by_rule.get(name, ())), name in disabled)
        for name in dict.fromkeys([*matches_by_rule, *rules, *disabled])
    ]


def _select_rule(outcomes: list[RuleOutcome], rule: str | None) -> list[RuleOutcome]:
    """Return the outcome of `rule`, or all for None. Raise MonitorError if there is no such rule."""
    from monitor.config_file.problems import closest_hint

    selected = [outcome for outcome in outcomes if rule in (None, outcome.rule)]
    if not selected and rule is not None:
        hint = closest_hint(rule, [outcome.rule for outcome in outcomes])
        raise MonitorError(f'unknown rule "{terminal_safe(rule)}"{hint}')
    return selected


def _load_follow_up(conn: Connection, record: UpdateExplanation) -> AlertFollowUp:
    from monitor.store import feedback
    from monitor.store.reports.deliveries import load_delivery_page

    alert_ids = list(dict.fromkeys(row.alert_id for row in record.matches if row.alert_id))
    deliveries_by_alert = {
        alert_id: list(reversed(load_delivery_page(conn, alert_id=alert_id))) for alert_id in alert_ids
    }
    stories = {record.story, *(finding.story for finding in record.findings)}
    return AlertFollowUp(deliveries_by_alert, feedback.feedback_in_stories(conn, stories), time.time())


def _record_json(record: UpdateExplanation, outcomes: list[RuleOutcome], follow_up: AlertFollowUp) -> dict[str, Any]:
    from monitor.backtest.replay import finding_data
    from monitor.listings import feedback_json

    update = record.update
    return {
        "update": record.number,
        "source": update.source,
        "entry": update.entry,
        "at": iso_utc(update.at),
        "title": update.title,
        "url": update.url,
        "story": record.story,
        "findings": [finding_data(finding) for finding in record.findings],
        "rules": [_rule_json(record, outcome, follow_up) for outcome in outcomes],
        "answers": [{"alert": answer.alert_id, **feedback_json(answer)} for answer in follow_up.answers],
    }


def _rule_json(record: UpdateExplanation, outcome: RuleOutcome, follow_up: AlertFollowUp) -> dict[str, Any]:
    explanation = outcome.explanation
    return {
        "rule": outcome.rule,
        "verdict": outcome.verdict,
        "step": explanation.step if explanation else None,
        "why": explanation.why if explanation else RULE_GONE_TEXT,
        "place": explanation.place if explanation else "",
        "terms": [{"term": hit.term, "words": list(hit.words)} for hit in explanation.terms] if explanation else [],
        "branches": list(explanation.branches) if explanation else [],
        "decisions": [_decision_json(record, row, follow_up) for row in outcome.matches],
    }


def _decision_json(record: UpdateExplanation, row: MatchRow, follow_up: AlertFollowUp) -> dict[str, Any]:
    from monitor.listings import feedback_json, wait_text

    answer = follow_up.answer_to(row.alert_id)
    return {
        "reason": str(row.reason),
        "detail": row.detail,
        "at": iso_utc(row.at),
        "opens": iso_utc(row.throttled_until),
        "findings": [record.findings[index].claim.text for index in row.match.finding_indexes],
        "because": [{"term": hit.term, "words": hit.words} for hit in row.match.hits],
        "alert": row.alert_id,
        "deliveries": [
            {
                "id": delivery.id,
                "channel": delivery.channel,
                "state": delivery.state,
                "waits": delivery.batch_reason,
                "why": wait_text(delivery, follow_up.as_of),
                "error": delivery.error,
                "detail": delivery.detail,
            }
            for delivery in follow_up.deliveries.get(row.alert_id or "", ())
        ],
        "answer": answer and feedback_json(answer),
    }


def _show_record(
    record: UpdateExplanation, outcomes: list[RuleOutcome], follow_up: AlertFollowUp, *, show_all: bool
) -> None:
    from monitor.backtest.replay import finding_data
    from monitor.cli.render_findings import show_finding
    from monitor.cli.styles import print_beside_label

    update = record.update
    header = f"update {record.number}  {iso_utc(update.at)}  {terminal_safe(update.source)}"
    click.echo(click.style(header, bold=True))
    click.echo(terminal_safe(f"{update.title}  {update.url}"))
    for finding in record.findings:
        if finding.claim.noise:
            text = f"{terminal_safe(finding.claim.text)} (never news: {finding.claim.noise})"
            print_beside_label(("· noise", "dim"), (text, "dim"))
        else:
            show_finding(finding_data(finding))
    folded = [] if show_all else [outcome for outcome in outcomes if not outcome.matches_now]
    folded = folded if len(folded) > 1 else []
    for outcome in outcomes:
        if outcome not in folded:
            _show_rule(outcome, follow_up)
    if folded:
        click.echo(f"\n{_folded_text(folded)}")
    other_answers = [answer for answer in follow_up.answers if answer.alert_id not in follow_up.deliveries]
    for answer in other_answers:
        click.echo(f"\nin the same story: alert {answer.alert_id} {_answer_text(answer)}")


def _folded_text(outcomes: list[RuleOutcome]) -> str:
    """Return one line for the rules that did not fire."""
    names = [terminal_safe(outcome.rule) for outcome in outcomes]
    more = f" and {len(names) - MAX_FOLDED_NAMES} more" if len(names) > MAX_FOLDED_NAMES else ""
    count = f"{len(names)} rules did not match"
    return f"{click.style(count, bold=True)}: {', '.join(names[:MAX_FOLDED_NAMES])}{more} (`--all` says why)"


def _show_rule(outcome: RuleOutcome, follow_up: AlertFollowUp) -> None:
    click.echo("")
    click.echo(f"{click.style(outcome.rule, bold=True)}  {terminal_safe(outcome.verdict)}")
    if explanation := outcome.explanation:
        for line in _term_lines(explanation):
            click.echo(f"  {line}")
        matches_now = explanation.step == "holds"
        if outcome.matches and not matches_now:
            click.echo(f"  the current version would not fire: {terminal_safe(explanation.why)}")
        elif explanation.place:
            click.echo(f"  {'fires' if matches_now else 'nearest'}: {terminal_safe(explanation.place)}")
    for row in outcome.matches:
        if row.alert_id:
            _show_follow_up(row.alert_id, follow_up)


def _show_follow_up(alert_id: str, follow_up: AlertFollowUp) -> None:
    """Print the deliveries of an alert and the answer to it."""
    from monitor.listings import status_text

    deliveries, answer = follow_up.deliveries.get(alert_id, []), follow_up.answer_to(alert_id)
    click.echo(f"  alert {alert_id}{'' if deliveries else f'  {NO_CHANNEL_TEXT}'}")
    for delivery in deliveries:
        status = terminal_safe(status_text(delivery, follow_up.as_of))
        click.echo(f"    {delivery.channel}: {delivery.state} {status}".rstrip())
    if answer:
        click.echo(f"    {_answer_text(answer)}")


def _answer_text(answer: Feedback) -> str:
    """Return `answered ack by Ola, 2026-12-14T08:00:00Z: seen at once`."""
    by_whom, note_text = (f" by {answer.by}" if answer.by else ""), (f": {answer.note}" if answer.note else "")
    return terminal_safe(f"answered {answer.kind}{by_whom}, {iso_utc(answer.at)}{note_text}")


def _term_lines(explanation: RuleExplanation) -> list[str]:
    """Return a line for each term that matched, and one for all that did not; none if no term matched."""
    hit_lines = [
        f"`{terminal_safe(term.term)}` matched {', '.join(f'“{terminal_safe(words)}”' for words in term.words)}"
        for term in explanation.terms
        if term.words
    ]
    hit_lines += [terminal_safe(branch) for branch in explanation.branches]
    missed_terms = [
        f"`{terminal_safe(term.term)}`" for term in explanation.terms if not term.words and not term.is_spare
    ]
    if not hit_lines or not missed_terms:
        return hit_lines
    hidden_count = len(missed_terms) - MAX_MISSED_TERMS
    more_text = f" and {hidden_count} more" if hidden_count > 0 else ""
    return [*hit_lines, f"not matched: {', '.join(missed_terms[:MAX_MISSED_TERMS])}{more_text}"]
