"""`monitor story ID`: who tells of a story, who only copies, how its figures moved, and what people were told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_of, config_option, json_option, store_of
from monitor.cli.output import count, iso, plain, show_json, show_table
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.alerts.account import Account
    from monitor.alerts.answers import Answer
    from monitor.model import Stood
    from monitor.store.reports import AlertRow


TOLD = 50  # alerts that are shown


@click.command("story")
@click.argument("story", metavar="ID")
@config_option
@json_option
def command(story: str, path: Path, as_json: bool) -> None:
    """Show the account of a story: its sources, its figures over time, and its alerts."""
    config = config_of(path)
    from monitor.listed import account_json
    from monitor.store import answers, reports
    from monitor.store.accounts import account

    with store_of(config) as store, store.read() as conn:
        found = account(conn, story)
        told = answers.with_answers(conn, reports.alerts(conn, limit=TOLD, story=story))
    if found is None:
        raise MonitorError(f"there is no story {plain(story)}; `monitor alerts` and `search` name theirs with --json")
    if as_json:
        show_json(account_json(found, told))
    else:
        _show(found, told)


def _show(found: Account, told: list[tuple[AlertRow, Answer | None]]) -> None:
    click.echo(click.style(plain(found.lead), bold=True))
    click.echo(f"{found.id}, told of from {iso(found.opened)} to {iso(found.last)}")
    click.echo(count(found.independent, "independent source"))
    shown = [
        (one.source, iso(one.first.at), one.claims, f"repeats {one.copies} word for word" if one.copies else "")
        for one in found.voices
    ]
    show_table(("source", "since", "claims", ""), shown, "no source tells of it any more")
    for course in found.figures:
        _show_course(course)
    _show_told(told)


def _show_told(told: list[tuple[AlertRow, Answer | None]]) -> None:
    from monitor.deliver.headline import news_of

    click.echo()
    rows = [
        (one.alert.id, iso(one.alert.at), news_of(one.alert), answer.said if answer else "") for one, answer in told
    ]
    show_table(("alert", "at", "news", "answer"), rows, "nobody was alerted of it")


def _show_course(course: Sequence[Stood]) -> None:
    click.echo()
    show_table(("figure", "at", "source"), [(stood.text, iso(stood.at), stood.source) for stood in course], "")
