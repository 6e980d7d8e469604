"""Load and fill templates: the user's folder over the built-in one, in a sandbox, with limited output.

    email.subject.j2  email.txt.j2  email.html.j2  slack.j2  terminal.j2  webhook.json.j2

A custom template of the same name replaces the built-in one, or a webhook's default body; `brief.slack.j2` is for
alerts of rules with `template: brief`. `builtin/email.html.j2` is always the built-in one, to include or to extend.
Template texts are read once, so rendering does not access the disk.
"""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateError, nodes
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplateSyntaxError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from monitor.deliver.escaping import (
    HTML_ESCAPING,
    JSON_ESCAPING,
    SLACK_ESCAPING,
    TERMINAL_ESCAPING,
    TEXT_ESCAPING,
    Escaping,
)
from monitor.deliver.json_check import json_error
from monitor.errors import ConfigError, Problem

MAX_PRINTED_CHARS = 400_000  # by one template
MAX_JSON_CHARS = 1_000_000  # by a webhook template, which may print all of the default body
MAX_TEMPLATE_BYTES = 200_000  # of one template file

ESCAPING_BY_TEMPLATE = {
    "email.subject.j2": TEXT_ESCAPING,
    "email.txt.j2": TEXT_ESCAPING,
    "email.html.j2": HTML_ESCAPING,
    "slack.j2": SLACK_ESCAPING,
    "terminal.j2": TERMINAL_ESCAPING,
    "webhook.json.j2": JSON_ESCAPING,
}
WEBHOOK_TEMPLATE = "webhook.json.j2"  # the only one without a built-in template
_UNSAFE_METHOD = re.compile(r"<(?:built-in )?method (\w+) of .*> is not safely callable")
OPTIONAL_TEMPLATE = "email.subject.j2"  # may print nothing: the mail then has the default subject


@dataclass(frozen=True, slots=True)
class Templates:
    """Names and texts of the built-in templates and of the user's."""

    builtin: tuple[tuple[str, str], ...]
    custom: tuple[tuple[str, str], ...] = ()


def template_part(name: str) -> str | None:
    """Return the template that a file of this name replaces, for all rules or for some; None if it replaces none."""
    return next((part for part in ESCAPING_BY_TEMPLATE if name == part or name.endswith(f".{part}")), None)


def rule_template_names(folder: Path | None) -> frozenset[str]:
    """Return the names that `template` of a rule or channel may have."""
    names = [file.name for file in folder.glob("*.j2")] if folder else []
    parts = [(name, template_part(name)) for name in names]
    return frozenset(name[: -len(part) - 1] for name, part in parts if part and name != part)


class TemplateFault(Exception):
    """A template failed: the template, the line and one sentence."""

    def __init__(self, name: str, line: int, sentence: str) -> None:
        self.name, self.line, self.sentence = name, line, sentence
        super().__init__(f"template {name}, line {line}: {sentence}")


def load_templates(folder: Path | None, builtin: Path) -> Templates:
    """Read both folders, which are the same without custom templates; a missing folder counts as empty.

    Raises ConfigError for unreadable custom files.
    """
    custom: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.j2")) if folder and folder != builtin else []:
        try:
            custom.append((file.name, _read_template(file)))
        except (OSError, ValueError) as error:
            problems.append(Problem(file, 1, 1, f"cannot be read: {error}"))
    if problems:
        raise ConfigError(problems)
    shipped = tuple((file.name, _read_template(file)) for file in sorted(builtin.glob("*.j2")))
    return Templates(shipped, tuple(custom))


def _read_template(file: Path) -> str:
    content = file.read_bytes()
    if len(content) > MAX_TEMPLATE_BYTES:
        raise ValueError(f"larger than {MAX_TEMPLATE_BYTES:,} bytes")
    return content.decode("utf-8")


def fill_template(templates: Templates, name: str, context: dict[str, Any]) -> str:
    """Return what the template `name` prints.

    Raises TemplateFault if it fails, prints nothing or too much, or if a webhook template prints invalid JSON.
    """
    part = template_part(name) or name
    try:
        template = _environment(templates, ESCAPING_BY_TEMPLATE[part]).get_template(name)
        printed = _print_bounded(template, name, context)
        if not printed.strip() and part != OPTIONAL_TEMPLATE:
            raise TemplateFault(name, 1, "prints nothing")
        if part == WEBHOOK_TEMPLATE and (error := json_error(printed)):
            raise TemplateFault(*_printing_position(template, context, error.offset), error.sentence)
        return printed
    except TemplateFault:
        raise
    # A custom template can raise any exception that an expression can; none may stop a delivery.
    except Exception as error:
        raise _as_template_fault(name, error) from None


def _print_bounded(template: Any, name: str, context: dict[str, Any]) -> str:
    printed: list[str] = []
    max_chars = remaining = MAX_JSON_CHARS if template_part(name) == WEBHOOK_TEMPLATE else MAX_PRINTED_CHARS
    for chunk in template.generate(context):
        remaining -= len(chunk)
        if remaining < 0:
            raise TemplateFault(name, 1, f"prints more than {max_chars:,} characters")
        printed.append(chunk)
    return "".join(printed)


def _printing_position(template: Any, context: dict[str, Any], offset: int) -> tuple[str, int]:
    """Return the template and line of the value that is printed at an offset, or last before it."""
    chunks = template.generate(context)
    for chunk in chunks:
        offset -= len(chunk)
        if offset < 0:
            break
    else:  # it printed more the first time
        return template.name, 1
    printing = chunks  # must be kept: a generator that is deleted closes the one that it yields from
    while inspect.isgenerator(printing.gi_yieldfrom):
        printing = printing.gi_yieldfrom
    file = printing.gi_frame.f_code.co_filename
    return file, template.environment.get_template(file).get_corresponding_lineno(printing.gi_frame.f_lineno)


def _as_template_fault(name: str, error: Exception) -> TemplateFault:
    if isinstance(error, TemplateSyntaxError):
        return TemplateFault(error.name or name, error.lineno, error.message or "invalid syntax")
    template_name, line = _error_position(name, error)
    if isinstance(error, TemplateNotFound):
        return TemplateFault(template_name, line, f"there is no template {error.name}")
    sentence = str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}".rstrip(": ")
    return TemplateFault(template_name, line, _UNSAFE_METHOD.sub(r"\1() cannot be called", sentence)[:300])


def _error_position(name: str, error: Exception) -> tuple[str, int]:
    """Return the template and line of the error: Jinja reports templates in the traceback like Python files."""
    frames = traceback.extract_tb(error.__traceback__)
    positions = [(frame.filename, frame.lineno or 1) for frame in frames if frame.filename.endswith(".j2")]
    return positions[-1] if positions else (name, 1)


def parse_template(text: str) -> nodes.Template:
    """Return the syntax tree of a template. Raises TemplateSyntaxError with the line."""
    return Environment(autoescape=True).parse(text)


class _Loader(BaseLoader):
    def __init__(self, templates: Templates) -> None:
        shipped = dict(templates.builtin)
        self.texts = shipped | {f"builtin/{name}": text for name, text in shipped.items()} | dict(templates.custom)

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template not in self.texts:
            raise TemplateNotFound(template)
        return self.texts[template], template, lambda: True


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, without the features by which one short expression fills the memory before it prints."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name in ("center", "format", "indent"):
            del self.filters[name]
        del self.globals["lipsum"]

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**":
            raise SecurityError("** is not allowed")
        if not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
            raise SecurityError(f"{operator} is allowed between numbers only")
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> None:
        """Leave `str.format` unwrapped, so that `is_safe_callable` rejects it like the other methods of strings."""

    def is_safe_callable(self, obj: Any) -> bool:
        # Rejects "x".center(10**9), "{:9999999999}".format(1) and so on; filters do what templates need.
        return not isinstance(getattr(obj, "__self__", None), str) and super().is_safe_callable(obj)


@lru_cache(maxsize=16)
def _environment(templates: Templates, escaping: Escaping) -> _Sandbox:
    environment = _Sandbox(
        loader=_Loader(templates),
        undefined=StrictUndefined,
        autoescape=escaping.autoescape,
        finalize=escaping.finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(escaping.filters)
    return environment
