"""`monitor send-test CHANNEL`: a sample alert, sent now, so that a channel is known to work before it is needed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_of, config_option
from monitor.errors import DeliveryError, MonitorError

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.deliver.channels import Receipt


@click.command("send-test")
@click.argument("channel")
@config_option
@click.pass_context
def command(ctx: click.Context, channel: str, path: Path) -> None:
    """Send a sample alert to CHANNEL, now. Exits 1 if it is not taken."""
    config = config_of(path)
    if channel not in config.channels:
        from monitor.config.problems import closest

        raise MonitorError(f'there is no channel "{channel}" in {path}{closest(channel, config.channels)}')
    import asyncio

    try:
        receipt = asyncio.run(_sent(config, channel))
    except DeliveryError as error:
        click.echo(f"{channel}: not sent: {error}", err=True)
        ctx.exit(1)
    for recipient, reason in receipt.refused.items():
        click.echo(f"{channel}: {recipient} was refused: {reason}", err=True)
    click.echo(f"{channel}: sent: {receipt.detail}")
    ctx.exit(1 if receipt.refused else 0)


async def _sent(config: Config, channel: str) -> Receipt:
    from monitor.deliver.channels import notifier
    from monitor.deliver.render import load_templates, render
    from monitor.deliver.sample import sample_message
    from monitor.resources import builtin

    settings = config.channels[channel]
    templates = load_templates(config.monitor.templates, builtin("templates"))
    message = sample_message(channel, time.time())
    rendered = render(message, settings.type, templates, config.monitor.timezone, config.web.url)
    opened = notifier(settings.type)(settings, allow_private=config.network.allow_private)
    try:
        return await opened.send(message, rendered)
    finally:
        await opened.close()
