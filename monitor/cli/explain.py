"""`monitor explain UPDATE-OR-ALERT`: what every rule made of an update, and why not, up to the delivery."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_of, config_option, json_option, store_of
from monitor.cli.output import iso, plain, show_json
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.alerts.answers import Answer
    from monitor.assess import Listening
    from monitor.config import Config
    from monitor.ruleset.explain import Account
    from monitor.store.reports import DeliveryRow, Explained, MatchRow

NEWER = (
    "it holds as it is now, but did not when this came: it was written or edited since; "
    "`since:` in a new rule lets it look back"
)
GONE = "no rule of this name runs now"
OFF = "does not run: it says `enabled: false`"
NOBODY = "told to nobody: neither the rule nor [alerts] in the config names a channel"


@dataclass(frozen=True, slots=True)
class After:
    """What became of the alerts as of `now`: to whom each was owed, by their ids, and what people answered to them
    and to others of their stories."""

    owed: dict[str, list[DeliveryRow]]
    answers: list[Answer]
    now: float

    def answer(self, alert: str | None) -> Answer | None:
        """The answer to one alert."""
        return next((one for one in self.answers if one.alert == alert), None)


@dataclass(frozen=True, slots=True)
class Told:
    """What one rule made of the update: as the rule is now, and what was decided when the update came."""

    rule: str
    account: Account | None
    matches: tuple[MatchRow, ...]
    off: bool = False

    @property
    def verdict(self) -> str:
        """One line: what became of it, or why nothing did."""
        if self.matches:
            return "; ".join(f"{row.reason}: {row.detail}" if row.detail else str(row.reason) for row in self.matches)
        if self.account is None:
            return OFF if self.off else GONE
        return f"did not fire: {NEWER if self.account.step == 'holds' else self.account.why}"


@click.command("explain")
@click.argument("what", metavar="UPDATE-OR-ALERT")
@click.option("--rule", metavar="NAME", help="What this rule made of it, and no other.")
@config_option
@json_option
def command(what: str, rule: str | None, path: Path, as_json: bool) -> None:
    """Say what every rule made of an update (its number, or the id of an alert), and what became of it."""
    config = config_of(path)
    from monitor.engine import load_listening

    listening = load_listening(config)
    with store_of(config) as store, store.read() as conn:
        found = _found(conn, what)
        told = _of_rule(_told(found, config, listening), rule)
        after = _after(conn, found)
    if as_json:
        show_json(_as_json(found, told, after))
    else:
        _show(found, told, after)


def _found(conn: Connection, what: str) -> Explained:
    from monitor.store import reports

    number: int | None
    if what.isascii() and what.isdigit():
        number = int(what[:18])
    else:
        row = reports.alert(conn, what)
        if row is None:
            raise MonitorError(f"there is no alert {plain(what)}; `monitor alerts` lists them with their updates")
        number = row.update
    found = None if number is None else reports.explain(conn, number)
    if found is None:
        raise MonitorError(f"update {what} is not stored; `monitor alerts --json` names the update of each alert")
    return found


def _told(found: Explained, config: Config, listening: Listening) -> list[Told]:
    """Every rule: those that held first, then the others by name, then those that are not enabled."""
    from monitor.backtest import as_heard
    from monitor.ruleset.explain import account
    from monitor.text.pattern import pattern
    from monitor.text.split import split

    update = found.update
    ignored = [source.ignore for source in config.sources if source.name == update.source]
    claims = split(update.title, update.text, tuple(pattern(one) for ignore in ignored for one in ignore))
    tags = listening.tags.get(update.source, ())
    rules = {rule.name: rule for rule in listening.rules.rules}
    held: dict[str, list[MatchRow]] = {}
    for row in found.matches:
        held.setdefault(row.match.rule, []).append(row)
    return [
        Told(
            name,
            account(rules[name], update, as_heard(rules[name], found.findings, listening.tags), claims, tags)
            if name in rules
            else None,
            tuple(held.get(name, ())),
            name in listening.rules.off,
        )
        for name in dict.fromkeys([*held, *rules, *listening.rules.off])
    ]


def _of_rule(told: list[Told], rule: str | None) -> list[Told]:
    """What one rule made of it, if one was asked for. MonitorError if there is no such rule."""
    from monitor.config.problems import closest

    chosen = [one for one in told if rule in (None, one.rule)]
    if not chosen and rule is not None:
        raise MonitorError(f'there is no rule "{plain(rule)}"{closest(rule, [one.rule for one in told])}')
    return chosen


def _after(conn: Connection, found: Explained) -> After:
    from monitor.store import answers, reports

    ids = list(dict.fromkeys(row.alert for row in found.matches if row.alert))
    owed = {id: list(reversed(reports.deliveries(conn, alert=id))) for id in ids}
    stories = {found.story, *(finding.story for finding in found.findings)}
    return After(owed, answers.in_stories(conn, stories), time.time())


def _as_json(found: Explained, told: list[Told], after: After) -> dict[str, Any]:
    from monitor.listed import answer_json
    from monitor.replay import finding_data

    update = found.update
    return {
        "update": found.number,
        "source": update.source,
        "entry": update.entry,
        "at": iso(update.at),
        "title": update.title,
        "url": update.url,
        "story": found.story,
        "findings": [finding_data(finding) for finding in found.findings],
        "rules": [_rule_json(found, one, after) for one in told],
        "answers": [{"alert": one.alert, **answer_json(one)} for one in after.answers],
    }


def _rule_json(found: Explained, told: Told, after: After) -> dict[str, Any]:
    account = told.account
    return {
        "rule": told.rule,
        "verdict": told.verdict,
        "step": account.step if account else None,
        "why": account.why if account else GONE,
        "place": account.place if account else "",
        "terms": [{"term": met.term, "words": list(met.words)} for met in account.terms] if account else [],
        "decisions": [_decision_json(found, row, after) for row in told.matches],
    }


def _decision_json(found: Explained, row: MatchRow, after: After) -> dict[str, Any]:
    from monitor.listed import answer_json, why

    answer = after.answer(row.alert)
    return {
        "reason": str(row.reason),
        "detail": row.detail,
        "at": iso(row.at),
        "opens": iso(row.opens),
        "findings": [found.findings[at].claim.text for at in row.match.findings],
        "because": [{"term": met.term, "words": met.words} for met in row.match.because],
        "alert": row.alert,
        "deliveries": [
            {
                "id": one.id,
                "channel": one.channel,
                "state": one.state,
                "waits": one.waits,
                "why": why(one, after.now),
                "error": one.error,
                "detail": one.detail,
            }
            for one in after.owed.get(row.alert or "", ())
        ],
        "answer": answer and answer_json(answer),
    }


def _show(found: Explained, told: list[Told], after: After) -> None:
    from monitor.cli.findings import show_finding
    from monitor.cli.screen import show_beside
    from monitor.replay import finding_data

    update = found.update
    click.echo(click.style(f"update {found.number}  {iso(update.at)}  {plain(update.source)}", bold=True))
    click.echo(plain(f"{update.title}  {update.url}"))
    for finding in found.findings:
        if finding.claim.quiet:
            show_beside(
                ("· quiet", "dim"), (f"{plain(finding.claim.text)} (never news: {finding.claim.quiet})", "dim")
            )
        else:
            show_finding(finding_data(finding))
    for one in told:
        _show_rule(one, after)
    others = [answer for answer in after.answers if answer.alert not in after.owed]
    for answer in others:
        click.echo(f"\nin the same story: alert {answer.alert} {_answered(answer)}")


def _show_rule(told: Told, after: After) -> None:
    click.echo("")
    click.echo(f"{click.style(told.rule, bold=True)}  {plain(told.verdict)}")
    if told.account:
        for line in _terms(told.account):
            click.echo(f"  {line}")
        if told.matches and told.account.step != "holds":
            click.echo(f"  as the rule is now it would not fire: {plain(told.account.why)}")
        elif told.account.place:
            click.echo(f"  {'fires' if told.account.step == 'holds' else 'nearest'}: {plain(told.account.place)}")
    for row in told.matches:
        if row.alert:
            _show_after(row.alert, after)


def _show_after(alert: str, after: After) -> None:
    """To whom an alert was told, and what was answered."""
    from monitor.listed import happened

    owed, answer = after.owed.get(alert, []), after.answer(alert)
    click.echo(f"  alert {alert}{'' if owed else f'  {NOBODY}'}")
    for one in owed:
        click.echo(f"    {one.channel}: {one.state} {plain(happened(one, after.now))}".rstrip())
    if answer:
        click.echo(f"    {_answered(answer)}")


def _answered(answer: Answer) -> str:
    """`answered ack by Ola, 2026-12-14T08:00:00Z: seen at once`."""
    by, note = (f" by {answer.by}" if answer.by else ""), (f": {answer.note}" if answer.note else "")
    return plain(f"answered {answer.said}{by}, {iso(answer.at)}{note}")


def _terms(account: Account) -> list[str]:
    """A line for each term that met words, and one for all that did not; none if not a single one did."""
    met = [
        f"`{plain(one.term)}` met {', '.join(f'“{plain(words)}”' for words in one.words)}"
        for one in account.terms
        if one.words
    ]
    missed = [f"`{plain(one.term)}`" for one in account.terms if not one.words]
    more = f" and {len(missed) - 8} more" if len(missed) > 8 else ""
    return [*met, f"met nothing: {', '.join(missed[:8])}{more}"] if met and missed else met
