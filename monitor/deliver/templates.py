"""The templates: the user's folder over the built-in one, in a sandbox, with a limit on what they may print.

    email.subject.j2  email.txt.j2  email.html.j2  slack.j2  terminal.j2

A user's template of the same name wins; `brief.slack.j2` is for alerts of rules that say `template: brief`.
`builtin/email.html.j2` is always the one that ships, to include or to extend. Templates are texts read once, so
rendering touches no disk.
"""

from __future__ import annotations

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

from monitor.deliver.escaping import HTML_ESCAPING, SLACK_ESCAPING, TERMINAL_ESCAPING, TEXT_ESCAPING, Escaping
from monitor.errors import ConfigError, Problem

MAX_PRINTED_CHARS = 400_000  # characters one template may print
MAX_TEMPLATE_BYTES = 200_000  # bytes one template file may have

ESCAPING_BY_TEMPLATE = {
    "email.subject.j2": TEXT_ESCAPING,
    "email.txt.j2": TEXT_ESCAPING,
    "email.html.j2": HTML_ESCAPING,
    "slack.j2": SLACK_ESCAPING,
    "terminal.j2": TERMINAL_ESCAPING,
}
_UNSAFE_METHOD = re.compile(r"<(?:built-in )?method (\w+) of .*> is not safely callable")
OPTIONAL_TEMPLATE = "email.subject.j2"  # then the mail's subject is the usual one


@dataclass(frozen=True, slots=True)
class Templates:
    """Template texts by name: those that ship, and the user's."""

    builtin: tuple[tuple[str, str], ...]
    custom: tuple[tuple[str, str], ...] = ()


def template_part(name: str) -> str | None:
    """Which of the templates a file of this name is, alone or for some rules; None if it is none."""
    return next((part for part in ESCAPING_BY_TEMPLATE if name == part or name.endswith(f".{part}")), None)


def rule_template_names(folder: Path | None) -> frozenset[str]:
    """The names that a rule's `template` may have."""
    names = [file.name for file in folder.glob("*.j2")] if folder else []
    parts = [(name, template_part(name)) for name in names]
    return frozenset(name[: -len(part) - 1] for name, part in parts if part and name != part)


class TemplateFault(Exception):
    """A template could not be used: one sentence, and where."""

    def __init__(self, name: str, line: int, sentence: str) -> None:
        self.name, self.line, self.sentence = name, line, sentence
        super().__init__(f"template {name}, line {line}: {sentence}")


def load_templates(folder: Path | None, builtin: Path) -> Templates:
    """Read both folders; a folder that is not there holds nothing. ConfigError for files that cannot be read."""
    own_files = sorted(folder.glob("*.j2")) if folder else []
    texts, problems = [], []
    for file in own_files:
        try:
            texts.append((file.name, _read_template(file)))
        except (OSError, ValueError) as error:
            problems.append(Problem(file, 1, 1, f"cannot be read: {error}"))
    if problems:
        raise ConfigError(problems)
    return Templates(tuple((file.name, _read_template(file)) for file in sorted(builtin.glob("*.j2"))), tuple(texts))


def _read_template(file: Path) -> str:
    content = file.read_bytes()
    if len(content) > MAX_TEMPLATE_BYTES:
        raise ValueError(f"it is larger than {MAX_TEMPLATE_BYTES:,} bytes")
    return content.decode("utf-8")


def fill_template(templates: Templates, name: str, context: dict[str, Any]) -> str:
    """What the template `name` prints with these names. TemplateFault if it cannot, or prints nothing or too much."""
    part = template_part(name) or name
    try:
        printed = _print_bounded(
            _environment(templates, ESCAPING_BY_TEMPLATE[part]).get_template(name), name, context
        )
        if not printed.strip() and part != OPTIONAL_TEMPLATE:
            raise TemplateFault(name, 1, "prints nothing")
        return printed
    except TemplateFault:
        raise
    # A user's template can raise whatever an expression can raise; none of it may stop a delivery.
    except Exception as error:
        raise _as_template_fault(name, error) from None


def _print_bounded(template: Any, name: str, context: dict[str, Any]) -> str:
    printed: list[str] = []
    remaining = MAX_PRINTED_CHARS
    for chunk in template.generate(context):
        remaining -= len(chunk)
        if remaining < 0:
            raise TemplateFault(name, 1, f"prints more than {MAX_PRINTED_CHARS:,} characters")
        printed.append(chunk)
    return "".join(printed)


def _as_template_fault(name: str, error: Exception) -> TemplateFault:
    if isinstance(error, TemplateSyntaxError):
        return TemplateFault(error.name or name, error.lineno, error.message or "cannot be read")
    template_name, line = _error_position(name, error)
    if isinstance(error, TemplateNotFound):
        return TemplateFault(template_name, line, f"there is no template {error.name}")
    sentence = str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}".rstrip(": ")
    return TemplateFault(template_name, line, _UNSAFE_METHOD.sub(r"\1() cannot be called", sentence)[:300])


def _error_position(name: str, error: Exception) -> tuple[str, int]:
    """The template and line being printed: Jinja puts them into the traceback as if they were Python files."""
    frames = traceback.extract_tb(error.__traceback__)
    positions = [(frame.filename, frame.lineno or 1) for frame in frames if frame.filename.endswith(".j2")]
    return positions[-1] if positions else (name, 1)


def parse_template(text: str) -> nodes.Template:
    """A template's syntax tree. TemplateSyntaxError with the line where it cannot be read."""
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
    """Jinja's sandbox, without what lets one short expression fill the memory before anything is printed."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name in ("center", "format", "indent"):
            del self.filters[name]
        del self.globals["lipsum"]

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
            raise SecurityError(f"{operator} is for plain sums only")
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> None:
        """Leaves `format` as it is, to be refused with the other methods of texts."""

    def is_safe_callable(self, obj: Any) -> bool:
        # "x".center(10**9), "{:9999999999}".format(1) and their like; there are filters for what is needed.
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
