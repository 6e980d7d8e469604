"""Check a folder of templates: each is parsed and filled once with the sample message."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import TemplateSyntaxError, meta

from monitor.deliver.finding_context import Limits, TemplateContext
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.sample_message import sample_message
from monitor.deliver.template_context import template_context
from monitor.deliver.templates import (
    ESCAPING_BY_TEMPLATE,
    WEBHOOK_TEMPLATE,
    TemplateFault,
    Templates,
    fill_template,
    load_templates,
    parse_template,
    template_part,
)
from monitor.deliver.webhook_body import webhook_context
from monitor.errors import ConfigError, Problem


def check_templates(folder: Path | None, builtin: Path, only_name: str | None = None) -> tuple[Problem, ...]:
    """Return every problem in the custom templates by file, line and column, or only those of `only_name`.

    A missing folder has no problems.
    """
    if folder is None or not folder.is_dir():
        return ()
    try:
        templates = load_templates(folder, builtin)
    except ConfigError as error:
        return error.problems
    names = [name for name, _ in templates.custom if only_name in (None, name)]
    faults = [fault for name in names if (fault := _template_fault(templates, name))]
    problems = {_problem_at(folder, templates, fault) for fault in faults}
    return tuple(sorted(problems | _unused_templates(folder, templates)))


def _template_fault(templates: Templates, name: str) -> TemplateFault | None:
    try:
        parse_template(dict(templates.custom)[name])
        if part := template_part(name):
            fill_template(templates, name, _sample_context(part))
    except TemplateSyntaxError as error:
        return TemplateFault(name, error.lineno, error.message or "invalid syntax")
    except TemplateFault as fault:
        return fault
    return None


def _sample_context(part: str) -> TemplateContext:
    message = sample_message("sample", 0.0)
    settings = RenderSettings(ZoneInfo("UTC"))
    if part == WEBHOOK_TEMPLATE:
        return webhook_context(message, settings)
    return template_context(message, Limits(findings=10, claim=600), settings)


def _problem_at(folder: Path, templates: Templates, fault: TemplateFault) -> Problem:
    lines = dict(templates.custom).get(fault.name, "").splitlines()
    line = lines[fault.line - 1] if 0 < fault.line <= len(lines) else ""
    undefined_name = re.search(r"'([^']+)' is undefined|(?:attribute|named|tag) '([^']+)'", fault.sentence)
    position = line.find(undefined_name[1] or undefined_name[2]) if undefined_name else -1
    column = position if position >= 0 else len(line) - len(line.lstrip())
    return Problem(folder / fault.name, fault.line, column + 1, fault.sentence)


def _unused_templates(folder: Path, templates: Templates) -> set[Problem]:
    """Warn of files that no channel and no other template uses; most have a misspelled name."""
    used = {name for name, _ in templates.custom if template_part(name)}
    for _, text in templates.custom:
        try:
            used |= {name for name in meta.find_referenced_templates(parse_template(text)) if name}
        except TemplateSyntaxError:
            continue
    expected = ", ".join(ESCAPING_BY_TEMPLATE)
    return {
        Problem(folder / name, 1, 1, f"no channel uses a template of this name; expected one of {expected}", True)
        for name, _ in templates.custom
        if name not in used
    }
