"""`monitor preview TEMPLATE`: render a template with a sample or stored alert, without sending."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.complete_values import complete_alerts
from monitor.cli.options import config_option, load_config, open_existing_store
from monitor.cli.output import safe_json
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.config.models import Config
    from monitor.deliver.render import RenderedMessage
    from monitor.model import Message

# For email.PART.j2 and webhook.json.j2; other channels have one template.
RENDERED_FIELD_BY_PART = {"subject": "subject", "txt": "text", "html": "html", "json": "body"}


@click.command("preview")
@click.argument("template")
@click.option(
    "--alert",
    "alert_id",
    metavar="ID",
    help="Render a stored alert instead of the sample.",
    shell_complete=complete_alerts,
)
@click.option("--open", "browse", is_flag=True, help="Open the result in the browser.")
@config_option
@click.pass_context
def command(ctx: click.Context, template: str, alert_id: str | None, browse: bool, path: Path) -> None:
    """Render TEMPLATE (such as email.html.j2) and print the result. Exits 1 if the template has an error."""
    config = load_config(path)
    channel_type, part = _channel_and_part(template)
    if faults := _template_faults(config, template):
        click.echo("\n".join(faults))
        ctx.exit(1)
    message = _stored_message(config, alert_id) if alert_id else _sample_message()
    rendered = _render_message(config, message, channel_type, _rule_template_name(config, template))
    content = _part_content(rendered, part)
    if browse:
        page = path.parent / f"preview-{Path(template).stem}"
        page.write_text(content, encoding="utf-8")
        click.echo(f"wrote {page}")
        click.launch(str(page))
    else:
        click.echo(content)


def _channel_and_part(template: str) -> tuple[str, str]:
    """Return the channel type of a template, and the field of RenderedMessage that it fills."""
    from monitor.config_file.problems import closest_hint
    from monitor.deliver.templates import ESCAPING_BY_TEMPLATE, template_part

    built_in_name = template_part(template)
    if built_in_name is None:
        raise MonitorError(f'unknown template "{template}"{closest_hint(template, ESCAPING_BY_TEMPLATE)}')
    channel_type, *part = built_in_name.removesuffix(".j2").split(".")
    return channel_type, RENDERED_FIELD_BY_PART[part[0]] if part else "blocks" if channel_type == "slack" else "text"


def _rule_template_name(config: Config, template: str) -> str | None:
    """Return the name that rules use for the template, None if it applies to all. Raise MonitorError if unknown."""
    from monitor.deliver.templates import rule_template_names, template_part

    name = template.removesuffix(template_part(template) or "").rstrip(".")
    if name and name not in rule_template_names(config.monitor.templates):
        raise MonitorError(f'unknown template "{template}" in {config.monitor.templates}')
    return name or None


def _template_faults(config: Config, template: str) -> list[str]:
    """Return the errors of the user's template of that name, as `path:line:column: …`."""
    from monitor.deliver.render_pool import check_templates_once
    from monitor.resources import builtin_path

    problems = check_templates_once(config.monitor.templates, builtin_path("templates"))
    return [str(problem) for problem in problems if problem.path.name == template and not problem.warning]


def _sample_message() -> Message:
    from monitor.deliver.sample_message import sample_message

    return sample_message("preview", time.time())


def _stored_message(config: Config, alert_id: str) -> Message:
    """Return a message that carries only this alert."""
    from monitor.model import Message
    from monitor.store.reports.alerts import find_alert

    with open_existing_store(config) as store, store.read() as conn:
        row = find_alert(conn, alert_id)
    if row is None:
        raise MonitorError(f'unknown alert "{alert_id}": `monitor alerts` lists their ids')
    return Message(f"preview-{alert_id}", "preview", row.alert.story, row.alert.at, (row.alert,))


def _render_message(config: Config, message: Message, channel_type: str, template: str | None) -> RenderedMessage:
    from secrets import token_bytes

    from monitor.alerts.answer_links import answer_urls
    from monitor.deliver.render import load_templates
    from monitor.deliver.render_pool import render_once
    from monitor.deliver.render_settings import RenderSettings
    from monitor.resources import builtin_path

    templates = load_templates(config.monitor.templates, builtin_path("templates"))
    web_url = config.web.url
    answers = answer_urls(message, web_url, token_bytes())  # with a key of its own: a preview cannot be answered
    settings = RenderSettings(config.monitor.timezone, web_url, template, answers)
    result = render_once(message, channel_type, templates, settings)
    if result.note:
        click.echo(result.note, err=True)
    return result


def _part_content(rendered: RenderedMessage, part: str) -> str:
    content = getattr(rendered, part)
    if part == "body":
        return rendered.body.decode("utf-8")
    return safe_json(content, indent=1) if part == "blocks" else str(content)
