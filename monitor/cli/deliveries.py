"""`monitor deliveries`: what is owed to the channels and what became of it; a dead one can be tried again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_of, config_option, json_option, limit_option, never_ran, store_of
from monitor.cli.output import show_json, show_table

if TYPE_CHECKING:
    from monitor.store.reports import DeliveryRow


@click.command("deliveries", options_metavar="[OPTIONS] [retry ID]")
@click.argument("action", metavar="", required=False, type=click.Choice(["retry"]))
@click.argument("delivery", metavar="", required=False, type=int)
@config_option
@limit_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, action: str | None, delivery: int | None, path: Path, limit: int, as_json: bool
) -> None:
    """List the deliveries, newest first; or let the dead delivery ID be tried again."""
    if action is None:
        _list(path, limit, as_json)
    elif delivery is None:
        raise click.UsageError("retry needs the ID of a delivery; `monitor deliveries` lists them")
    else:
        ctx.exit(_retry(path, delivery))


def _list(path: Path, limit: int, as_json: bool) -> None:
    rows, now = _rows(path, limit), time.time()
    from monitor.listed import delivery_json, happened

    if as_json:
        show_json([delivery_json(row, now) for row in rows])
        return
    heads = ("id", "state", "channel", "tries", "alert", "news", "what happened")
    shown = [(r.id, r.state, r.channel, r.attempts, r.title, r.headline, happened(r, now)) for r in rows]
    show_table(heads, shown, "nothing was owed to anybody yet")


def _rows(path: Path, limit: int) -> list[DeliveryRow]:
    config = config_of(path)
    if never_ran(config):
        return []
    from monitor.store.reports import deliveries

    with store_of(config) as store, store.read() as conn:
        return deliveries(conn, limit=limit)


def _retry(path: Path, delivery: int) -> int:
    """The exit code: 1 if there is no such dead delivery."""
    with store_of(config_of(path)) as store:
        from monitor.store.outbox import requeue

        with store.write() as conn:
            again = requeue(conn, delivery, time.time())
    if again:
        click.echo(f"delivery {delivery} will be tried again")
    else:
        click.echo(
            f"delivery {delivery} is neither dead nor waits to be tried again, or there is none of that ID", err=True
        )
    return 0 if again else 1
