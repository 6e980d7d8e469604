"""`monitor preview TEMPLATE`: what a template makes of a sample alert, or of one that was stored; nothing is sent."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, load_config, open_existing_store
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.config.models import Config
    from monitor.deliver.render import RenderedMessage
    from monitor.model import Message

RENDERED_FIELD_BY_PART = {
    "subject": "subject",
    "txt": "text",
    "html": "html",
}  # email.PART.j2; another channel's is its only one


@click.command("preview")
@click.argument("template")
@click.option("--alert", "alert_id", metavar="ID", help="A stored alert instead of the sample.")
@click.option("--open", "browse", is_flag=True, help="Show it in the browser.")
@config_option
@click.pass_context
def command(ctx: click.Context, template: str, alert_id: str | None, browse: bool, path: Path) -> None:
    """Render TEMPLATE (such as email.html.j2) and print it. Exits 1 if it has a fault."""
    config = load_config(path)
    channel_type, part = _channel_and_part(template)
    if faults := _template_faults(config, template):
        click.echo("\n".join(faults))
        ctx.exit(1)
    message = _stored_message(config, alert_id) if alert_id else _sample_message()
    content = _part_content(
        _render_message(config, message, channel_type, _rule_template_name(config, template)), part
    )
    if browse:
        page = path.parent / f"preview-{Path(template).stem}"
        page.write_text(content, encoding="utf-8")
        click.echo(f"wrote {page}")
        click.launch(str(page))
    else:
        click.echo(content)


def _channel_and_part(template: str) -> tuple[str, str]:
    """The type of channel and the part of its message that a template makes."""
    from monitor.config_file.problems import closest_hint
    from monitor.deliver.templates import template_part
    from monitor.resources import builtin_path

    built_in_name = template_part(template)
    if built_in_name is None:
        template_names = sorted(file.name for file in builtin_path("templates").glob("*.j2"))
        raise MonitorError(f'there is no template "{template}"{closest_hint(template, template_names)}')
    channel_type, *part = built_in_name.removesuffix(".j2").split(".")
    return channel_type, RENDERED_FIELD_BY_PART[part[0]] if part else "blocks" if channel_type == "slack" else "text"


def _rule_template_name(config: Config, template: str) -> str | None:
    """The name by which rules ask for the template, None if it is for all. MonitorError if it is not there."""
    from monitor.deliver.templates import rule_template_names, template_part

    name = template.removesuffix(template_part(template) or "").rstrip(".")
    if name and name not in rule_template_names(config.monitor.templates):
        raise MonitorError(f'there is no template "{template}" in {config.monitor.templates}')
    return name or None


def _template_faults(config: Config, template: str) -> list[str]:
    """What is wrong with the user's own template of that name, as `path:line:column: …`."""
    from monitor.deliver.render_pool import check_templates_once
    from monitor.resources import builtin_path

    problems = check_templates_once(config.monitor.templates, builtin_path("templates"))
    return [str(problem) for problem in problems if problem.path.name == template and not problem.warning]


def _sample_message() -> Message:
    from monitor.deliver.sample_message import sample_message

    return sample_message("preview", time.time())


def _stored_message(config: Config, alert_id: str) -> Message:
    """A message that carries the one alert."""
    from monitor.model import Message
    from monitor.store.reports.alerts import find_alert

    with open_existing_store(config) as store, store.read() as conn:
        row = find_alert(conn, alert_id)
    if row is None:
        raise MonitorError(f'there is no alert "{alert_id}": `monitor alerts --json` shows their ids')
    return Message(f"preview-{alert_id}", "preview", row.alert.story, row.alert.at, (row.alert,))


def _render_message(config: Config, message: Message, channel_type: str, template: str | None) -> RenderedMessage:
    from monitor.deliver.render import load_templates
    from monitor.deliver.render_pool import render_once
    from monitor.resources import builtin_path

    templates = load_templates(config.monitor.templates, builtin_path("templates"))
    timezone, web_url = config.monitor.timezone, config.web.url
    result = render_once(message, channel_type, templates, timezone, web_url, template)
    if result.note:
        click.echo(result.note, err=True)
    return result


def _part_content(rendered: RenderedMessage, part: str) -> str:
    content = getattr(rendered, part)
    return json.dumps(content, ensure_ascii=False, indent=1) if part == "blocks" else str(content)
