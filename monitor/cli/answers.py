"""`monitor answers`: list the answers to alerts, also as labeled pairs for `monitor calibrate`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_option, is_store_missing, json_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, safe_json, show_json, show_table, terminal_safe
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.actions import RecordedFeedback
    from monitor.alerts.feedback import Feedback, FeedbackKind

by_option = click.option("--by", metavar="NAME", default="", help="Who answers.")
note_option = click.option("--note", metavar="TEXT", default="", help="A note stored with the answer.")


@click.command("answers")
@click.option("--pairs", is_flag=True, help="Print JSON lines for `monitor calibrate`.")
@config_option
@json_option
def command(path: Path, pairs: bool, as_json: bool) -> None:
    """List the answers to alerts, newest first."""
    from monitor.compare.pairs import pair_to_json

    answers = _load_answers(path)
    if pairs:
        for answer in reversed(answers):
            for pair in answer.pairs:
                click.echo(safe_json(pair_to_json(pair)))
    elif as_json:
        show_json([_answer_json(answer) for answer in answers])
    else:
        rows = [(iso_utc(answer.at), answer.alert_id, answer.kind, answer.by, answer.note) for answer in answers]
        show_table(("at", "alert", "answer", "by", "note"), rows, "there are no answers yet")


def _answer_json(answer: Feedback) -> dict[str, Any]:
    from monitor.compare.pairs import pair_to_json

    return {
        "alert": answer.alert_id,
        "said": str(answer.kind),
        "at": iso_utc(answer.at),
        "by": answer.by,
        "note": answer.note,
        "pairs": [pair_to_json(pair) for pair in answer.pairs],
    }


def _load_answers(path: Path) -> list[Feedback]:
    config = load_config(path)
    if is_store_missing(config):
        return []
    from monitor.store import feedback

    with open_existing_store(config) as store, store.read() as conn:
        return feedback.all_feedback(conn)


def submit_feedback(path: Path, alert: str, kind: FeedbackKind, by: str, note: str) -> RecordedFeedback:
    """Record an answer now. Raise MonitorError if the alert is unknown."""
    config = load_config(path)
    from monitor.actions import record_feedback
    from monitor.alerts.feedback import Feedback

    with open_existing_store(config) as store:
        answer = Feedback(alert, kind, time.time(), by, note)
        recorded = record_feedback(store, answer, config.monitor.memory)
    if recorded is None:
        raise MonitorError(f"unknown alert {terminal_safe(alert)}; `monitor alerts` lists their ids")
    return recorded
