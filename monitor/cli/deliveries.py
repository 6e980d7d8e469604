"""`monitor deliveries`: what is owed to the channels and what became of it; a dead one can be tried again, and what
waits for a digest or the end of quiet hours can be sent now."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import Worded, config_of, config_option, json_option, limit_option, never_ran, store_of
from monitor.cli.output import count, show_json, show_table

if TYPE_CHECKING:
    from monitor.store.reports import DeliveryRow


@click.command("deliveries", options_metavar="[OPTIONS] [retry ID | release]")
@click.argument("action", cls=Worded, required=False, type=click.Choice(["retry", "release"]))
@click.argument("delivery", cls=Worded, required=False, type=int)
@click.option("--channel", metavar="NAME", help="Only those of one channel; the one that `release` lets go.")
@config_option
@limit_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    action: str | None,
    delivery: int | None,
    channel: str | None,
    path: Path,
    limit: int,
    as_json: bool,
) -> None:
    """List the deliveries, newest first; let the dead delivery ID be tried again; or send what a channel gathers for
    a digest or the end of quiet hours now."""
    if action is None:
        _list(path, channel, limit, as_json)
    elif action == "release":
        if channel is None:
            raise click.UsageError("release needs --channel NAME; `monitor deliveries` shows what waits")
        ctx.exit(_release(path, channel))
    elif delivery is None:
        raise click.UsageError("retry needs the ID of a delivery; `monitor deliveries` lists them")
    else:
        ctx.exit(_retry(path, delivery))


def _list(path: Path, channel: str | None, limit: int, as_json: bool) -> None:
    rows, now = _rows(path, channel, limit), time.time()
    from monitor.listed import delivery_json, happened

    if as_json:
        show_json([delivery_json(row, now) for row in rows])
        return
    heads = ("id", "state", "channel", "tries", "alert", "news", "what happened")
    shown = [(r.id, r.state, r.channel, r.attempts, r.title, r.headline, happened(r, now)) for r in rows]
    show_table(heads, shown, "nothing was owed to anybody yet")


def _rows(path: Path, channel: str | None, limit: int) -> list[DeliveryRow]:
    config = config_of(path)
    if never_ran(config):
        return []
    from monitor.store.reports import deliveries

    with store_of(config) as store, store.read() as conn:
        return deliveries(conn, limit=limit, channel=channel)


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


def _release(path: Path, channel: str) -> int:
    """The exit code: 1 if nothing is gathered for the channel."""
    config = config_of(path)
    if channel not in config.channels:
        from monitor.config.problems import closest

        raise click.UsageError(f'there is no channel "{channel}"{closest(channel, list(config.channels))}')
    with store_of(config) as store:
        from monitor.store.gather import let_out

        with store.write() as conn:
            alerts = let_out(conn, channel, time.time())
    if alerts:
        click.echo(f"channel {channel}: {count(alerts, 'alert')} can be sent now; `monitor run` sends what is due")
    else:
        click.echo(f"channel {channel} gathers nothing", err=True)
    return 0 if alerts else 1
