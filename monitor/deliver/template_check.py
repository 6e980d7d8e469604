"""What `monitor check` says of a folder of templates: each is read, and filled once with a sample message."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import TemplateSyntaxError, meta

from monitor.deliver.sample import sample_message
from monitor.deliver.templates import ESCAPING, TemplateFault, Templates, fill, load_templates, parsed, part_of
from monitor.deliver.view import Room, view
from monitor.errors import ConfigError, Problem


def check_templates(folder: Path | None, builtin: Path, only: str | None = None) -> tuple[Problem, ...]:
    """Every problem in the user's templates by file, line and column, or in `only` one of them. Nothing for a folder
    that is not there."""
    if folder is None or not folder.is_dir():
        return ()
    try:
        templates = load_templates(folder, builtin)
    except ConfigError as error:
        return error.problems
    names = [name for name, _ in templates.own if only in (None, name)]
    faults = [fault for name in names if (fault := _fault_of(templates, name))]
    problems = {_problem(folder, templates, fault) for fault in faults}
    return tuple(sorted(problems | _never_used(folder, templates)))


def _fault_of(templates: Templates, name: str) -> TemplateFault | None:
    try:
        parsed(dict(templates.own)[name])
        if part_of(name):
            sample = view(sample_message("sample", 0.0), Room(findings=10, claim=600), ZoneInfo("UTC"), None)
            fill(templates, name, sample)
    except TemplateSyntaxError as error:
        return TemplateFault(name, error.lineno, error.message or "cannot be read")
    except TemplateFault as fault:
        return fault
    return None


def _problem(folder: Path, templates: Templates, fault: TemplateFault) -> Problem:
    lines = dict(templates.own).get(fault.name, "").splitlines()
    line = lines[fault.line - 1] if 0 < fault.line <= len(lines) else ""
    word = re.search(r"'([^']+)' is undefined|(?:attribute|named|tag) '([^']+)'", fault.sentence)
    found = line.find(word[1] or word[2]) if word else -1
    column = found if found >= 0 else len(line) - len(line.lstrip())
    return Problem(folder / fault.name, fault.line, column + 1, fault.sentence)


def _never_used(folder: Path, templates: Templates) -> set[Problem]:
    """A misspelt file name would otherwise be passed over without a word."""
    used = {name for name, _ in templates.own if part_of(name)}
    for _, text in templates.own:
        try:
            used |= {other for other in meta.find_referenced_templates(parsed(text)) if other}
        except TemplateSyntaxError:
            continue
    known = ", ".join(ESCAPING)
    return {
        Problem(folder / name, 1, 1, f"no channel uses a template of this name; expected one of {known}", True)
        for name, _ in templates.own
        if name not in used
    }
