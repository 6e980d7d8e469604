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
    from monitor.deliver.render import Rendered
    from monitor.model import Message


@click.command("send-test")
@click.argument("channel")
@config_option
@click.pass_context
def command(ctx: click.Context, channel: str, path: Path) -> None:
    """Send a sample alert to CHANNEL, now. Exits 1 if it is not taken, or if a template failed."""
    config = config_of(path)
    if channel not in config.channels:
        from monitor.config.problems import closest

        raise MonitorError(f'there is no channel "{channel}" in {path}{closest(channel, config.channels)}')
    import asyncio

    from monitor.deliver.sample import sample_message

    message = sample_message(channel, time.time())
    made = _rendered(config, message)
    if made.note:
        click.echo(f"{channel}: {made.note}", err=True)
    try:
        receipt = asyncio.run(_sent(config, message, made))
    except DeliveryError as error:
        click.echo(f"{channel}: not sent: {error}", err=True)
        ctx.exit(1)
    for recipient, reason in receipt.refused.items():
        click.echo(f"{channel}: {recipient} was refused: {reason}", err=True)
    click.echo(f"{channel}: sent: {receipt.detail}")
    ctx.exit(1 if receipt.refused or made.note else 0)


def _rendered(config: Config, message: Message) -> Rendered:
    from monitor.deliver.press import rendered
    from monitor.deliver.render import load_templates
    from monitor.resources import builtin

    templates = load_templates(config.monitor.templates, builtin("templates"))
    channel = config.channels[message.channel]
    zone, url = config.monitor.timezone, config.web.url
    return rendered(message, channel.type, templates, zone, url, channel.template)


async def _sent(config: Config, message: Message, rendered: Rendered) -> Receipt:
    from monitor.deliver.channels import notifier

    settings = config.channels[message.channel]
    opened = notifier(settings.type)(settings, allow_private=config.network.allow_private)
    try:
        return await opened.send(message, rendered)
    finally:
        await opened.close()
