"""`monitor deliveries`: list deliveries, retry a dead one, or release what a channel holds for later."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.complete_values import complete_channels, complete_unsent_deliveries
from monitor.cli.groups import HintingGroup, IdType, pass_on_options
from monitor.cli.options import (
    config_option,
    is_store_missing,
    json_option,
    limit_option,
    load_config,
    open_existing_store,
    require_known_name,
)
from monitor.cli.output import pluralize, show_json, show_table

if TYPE_CHECKING:
    from monitor.store.reports.deliveries import DeliveryRow


@click.group("deliveries", cls=HintingGroup, invoke_without_command=True)
@click.option("--channel", metavar="NAME", help="Only deliveries of this channel.", shell_complete=complete_channels)
@config_option
@limit_option
@json_option
@click.pass_context
def command(ctx: click.Context, channel: str | None, path: Path, limit: int, as_json: bool) -> None:
    """List, retry or release deliveries.

    Without a subcommand, lists them, newest first.
    """
    if ctx.invoked_subcommand:
        pass_on_options(ctx, path=path, channel=channel)
    else:
        _list_deliveries(path, channel, limit, as_json)


@command.command("retry")
@click.argument(
    "delivery", metavar="ID", type=IdType("monitor deliveries"), shell_complete=complete_unsent_deliveries
)
@config_option
@click.pass_context
def retry_command(ctx: click.Context, delivery: int, path: Path) -> None:
    """Retry a dead delivery, or one that waits for its next try, at once."""
    ctx.exit(_retry_delivery(path, delivery))


@command.command("release")
@click.option("--channel", metavar="NAME", help="The channel to release.", shell_complete=complete_channels)
@config_option
@click.pass_context
def release_command(ctx: click.Context, channel: str | None, path: Path) -> None:
    """Send what a channel holds for a digest, quiet hours or a burst now."""
    if channel is None:
        raise click.UsageError("release needs --channel NAME; `monitor deliveries` lists what is held")
    ctx.exit(_release_channel(path, channel))


def _list_deliveries(path: Path, channel: str | None, limit: int, as_json: bool) -> None:
    rows, now = _load_deliveries(path, channel, limit), time.time()
    from monitor.listings import delivery_json, status_text

    if as_json:
        show_json([delivery_json(row, now) for row in rows])
        return
    headers = ("id", "state", "channel", "attempts", "alert", "headline", "status")
    table_rows = [(r.id, r.state, r.channel, r.attempts, r.title, r.headline, status_text(r, now)) for r in rows]
    show_table(headers, table_rows, "there are no deliveries yet")


def _load_deliveries(path: Path, channel: str | None, limit: int) -> list[DeliveryRow]:
    config = load_config(path)
    if is_store_missing(config):
        return []
    from monitor.store.reports.deliveries import load_delivery_page

    with open_existing_store(config) as store, store.read() as conn:
        return load_delivery_page(conn, limit=limit, channel=channel)


def _retry_delivery(path: Path, delivery_id: int) -> int:
    """Return the exit code: 1 if the delivery cannot be retried."""
    with open_existing_store(load_config(path)) as store:
        from monitor.actions import retry_delivery

        is_requeued = retry_delivery(store, delivery_id, time.time())
    if is_requeued:
        click.echo(f"delivery {delivery_id} will be retried")
    else:
        click.echo(f"delivery {delivery_id} cannot be retried: no dead or retrying delivery has this ID", err=True)
    return 0 if is_requeued else 1


def _release_channel(path: Path, channel: str) -> int:
    """Return the exit code: 1 if the channel holds nothing."""
    config = load_config(path)
    require_known_name("channel", channel, config.channels)
    with open_existing_store(config) as store:
        from monitor.store.outbox import flush_channel_batches

        with store.write() as conn:
            alert_count = flush_channel_batches(conn, channel, time.time())
    if alert_count:
        click.echo(f"channel {channel}: {pluralize(alert_count, 'alert')} released; `monitor run` sends what is due")
    else:
        click.echo(f"channel {channel} holds nothing", err=True)
    return 0 if alert_count else 1
