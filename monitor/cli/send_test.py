"""`monitor send-test CHANNEL`: send a sample alert now, to test a channel before it is needed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.complete_values import complete_channels
from monitor.cli.options import config_option, load_config
from monitor.errors import DeliveryError, MonitorError

if TYPE_CHECKING:
    from monitor.config.models import Config
    from monitor.deliver.channels import Receipt
    from monitor.deliver.render import RenderedMessage
    from monitor.model import Message


@click.command("send-test")
@click.argument("channel", shell_complete=complete_channels)
@config_option
@click.pass_context
def command(ctx: click.Context, channel: str, path: Path) -> None:
    """Send a sample alert to CHANNEL now. Exits 1 if it is rejected or a template failed."""
    config = load_config(path, needs_secrets=True)
    if channel not in config.channels:
        from monitor.config_file.problems import closest_hint

        raise MonitorError(f'unknown channel "{channel}" in {path}{closest_hint(channel, config.channels)}')
    import asyncio

    from monitor.deliver.sample_message import sample_message

    message = sample_message(channel, time.time())
    rendered_sample = _render_sample(config, message)
    if rendered_sample.note:
        click.echo(f"{channel}: {rendered_sample.note}", err=True)
    try:
        receipt = asyncio.run(_send_sample(config, message, rendered_sample))
    except DeliveryError as error:
        click.echo(f"{channel}: not sent: {error}", err=True)
        ctx.exit(1)
    for recipient, reason in receipt.rejected.items():
        click.echo(f"{channel}: {recipient} was rejected: {reason}", err=True)
    click.echo(f"{channel}: sent: {receipt.detail}")
    ctx.exit(1 if receipt.rejected or rendered_sample.note else 0)


def _render_sample(config: Config, message: Message) -> RenderedMessage:
    from secrets import token_bytes

    from monitor.alerts.answer_links import answer_urls
    from monitor.deliver.render import load_templates
    from monitor.deliver.render_pool import render_once
    from monitor.deliver.render_settings import RenderSettings
    from monitor.resources import builtin_path

    templates = load_templates(config.monitor.templates, builtin_path("templates"))
    channel = config.channels[message.channel]
    # Signed with a key of its own: nothing can be answered, because the sample is not stored.
    answers = answer_urls(message, config.web.url, token_bytes())
    settings = RenderSettings(config.monitor.timezone, config.web.url, channel.template, answers)
    return render_once(message, channel.type, templates, settings)


async def _send_sample(config: Config, message: Message, rendered: RenderedMessage) -> Receipt:
    from monitor.deliver.channels import notifier_class
    from monitor.net.network import open_network

    settings = config.channels[message.channel]
    channel_notifier = notifier_class(settings.type)(settings, open_network(config.network))
    try:
        return await channel_notifier.send(message, rendered)
    finally:
        await channel_notifier.close()
