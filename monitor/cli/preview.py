"""`monitor preview TEMPLATE`: what a template makes of a sample alert, or of one that was stored; nothing is sent."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_of, config_option, store_of
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.deliver.render import Rendered
    from monitor.model import Message

PART_OF = {"subject": "subject", "txt": "text", "html": "html"}  # email.PART.j2; another channel's is its only one


@click.command("preview")
@click.argument("template")
@click.option("--alert", "alert_id", metavar="ID", help="A stored alert instead of the sample.")
@click.option("--open", "browse", is_flag=True, help="Show it in the browser.")
@config_option
@click.pass_context
def command(ctx: click.Context, template: str, alert_id: str | None, browse: bool, path: Path) -> None:
    """Render TEMPLATE (such as email.html.j2) and print it. Exits 1 if it has a fault."""
    config = config_of(path)
    kind, part = _part_of(template)
    if faults := _faults(config, template):
        click.echo("\n".join(faults))
        ctx.exit(1)
    message = _stored(config, alert_id) if alert_id else _sample()
    shown = _shown(_rendered(config, message, kind, _own(config, template)), part)
    if browse:
        page = path.parent / f"preview-{Path(template).stem}"
        page.write_text(shown, encoding="utf-8")
        click.echo(f"wrote {page}")
        click.launch(str(page))
    else:
        click.echo(shown)


def _part_of(template: str) -> tuple[str, str]:
    """The type of channel and the part of its message that a template makes."""
    from monitor.config.problems import closest
    from monitor.deliver.templates import part_of
    from monitor.resources import builtin

    made = part_of(template)
    if made is None:
        known = sorted(file.name for file in builtin("templates").glob("*.j2"))
        raise MonitorError(f'there is no template "{template}"{closest(template, known)}')
    kind, *part = made.removesuffix(".j2").split(".")
    return kind, PART_OF[part[0]] if part else "blocks" if kind == "slack" else "text"


def _own(config: Config, template: str) -> str | None:
    """The name by which rules ask for the template, None if it is for all. MonitorError if it is not there."""
    from monitor.deliver.templates import part_of, rule_templates

    name = template.removesuffix(part_of(template) or "").rstrip(".")
    if name and name not in rule_templates(config.monitor.templates):
        raise MonitorError(f'there is no template "{template}" in {config.monitor.templates}')
    return name or None


def _faults(config: Config, template: str) -> list[str]:
    """What is wrong with the user's own template of that name, as `path:line:column: …`."""
    from monitor.deliver.press import checked
    from monitor.resources import builtin

    found = checked(config.monitor.templates, builtin("templates"))
    return [str(problem) for problem in found if problem.path.name == template and not problem.warning]


def _sample() -> Message:
    from monitor.deliver.sample import sample_message

    return sample_message("preview", time.time())


def _stored(config: Config, alert_id: str) -> Message:
    """A message that carries the one alert."""
    from monitor.model import Message
    from monitor.store import reports

    with store_of(config) as store, store.read() as conn:
        row = reports.alert(conn, alert_id)
    if row is None:
        raise MonitorError(f'there is no alert "{alert_id}": `monitor alerts --json` shows their ids')
    return Message(f"preview-{alert_id}", "preview", row.alert.story, row.alert.at, (row.alert,))


def _rendered(config: Config, message: Message, kind: str, template: str | None) -> Rendered:
    from monitor.deliver.press import rendered
    from monitor.deliver.render import load_templates
    from monitor.resources import builtin

    templates = load_templates(config.monitor.templates, builtin("templates"))
    zone, url = config.monitor.timezone, config.web.url
    made = rendered(message, kind, templates, zone, url, template)
    if made.note:
        click.echo(made.note, err=True)
    return made


def _shown(rendered: Rendered, part: str) -> str:
    made = getattr(rendered, part)
    return json.dumps(made, ensure_ascii=False, indent=1) if part == "blocks" else str(made)
