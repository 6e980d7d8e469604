"""`monitor answers`: what people answered to alerts, also as pairs for `monitor calibrate`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_of, config_option, json_option, never_ran, store_of
from monitor.cli.output import iso, plain, show_json, show_table
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.alerts.answers import Answer, Said
    from monitor.answering import Taken

by_option = click.option("--by", metavar="NAME", default="", help="Who says so.")
note_option = click.option("--note", metavar="TEXT", default="", help="Why; it is kept with the answer.")


@click.command("answers")
@click.option("--pairs", is_flag=True, help="As JSON lines for `monitor calibrate`.")
@config_option
@json_option
def command(path: Path, pairs: bool, as_json: bool) -> None:
    """List what people answered to alerts, newest first."""
    from monitor.alerts.answers import pair_json

    found = _found(path)
    if pairs:
        for one in reversed(found):
            for pair in one.pairs:
                click.echo(json.dumps(pair_json(pair), ensure_ascii=False))
    elif as_json:
        show_json([_as_json(one) for one in found])
    else:
        shown = [(iso(one.at), one.alert, one.said, one.by, one.note) for one in found]
        show_table(("at", "alert", "answer", "by", "note"), shown, "nobody has answered an alert yet")


def _as_json(answer: Answer) -> dict[str, Any]:
    from monitor.alerts.answers import pair_json

    return {
        "alert": answer.alert,
        "said": str(answer.said),
        "at": iso(answer.at),
        "by": answer.by,
        "note": answer.note,
        "pairs": [pair_json(pair) for pair in answer.pairs],
    }


def _found(path: Path) -> list[Answer]:
    config = config_of(path)
    if never_ran(config):
        return []
    from monitor.store import answers

    with store_of(config) as store, store.read() as conn:
        return answers.every(conn)


def take(path: Path, alert: str, said: Said, by: str, note: str) -> Taken:
    """Keeps an answer. MonitorError if there is no such alert."""
    config = config_of(path)
    from monitor.answering import take_answer

    with store_of(config) as store:
        taken = take_answer(store, alert, said, memory=config.monitor.memory, now=time.time(), by=by, note=note)
    if taken is None:
        raise MonitorError(f"there is no alert {plain(alert)}; `monitor alerts --json` gives their ids")
    return taken
