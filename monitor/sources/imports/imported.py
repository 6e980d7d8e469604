"""A source as another tool has it, and what the readers of those tools share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

FEED_PATH = re.compile(r"(?i)(?:^|[/.])(?:rss|atom|feeds?)(?:[/.]|$)|\.(?:rss|atom|rdf)$")
SECRET_HEADER = re.compile(r"(?i)auth|cookie|token|key|secret|session")
LEFT_OUT_HEADER = 'it may be a secret; add it as `headers = {{ "{}" = "${{VARIABLE}}" }}`'
REGEX_FORM = re.compile(r"/(.+)/([a-z]*)", re.DOTALL)  # as changedetection.io writes it
XPATH_FORM = re.compile(r"(?i)xpath1?:|\(?\.?/")


@dataclass(slots=True)
class ImportedSource:
    """A source of another tool. `options` are keys of our config; `keep` and `drop` are terms of a rule's query.

    `notes` say what was left out and why. With `skipped`, the reason, nothing is imported.
    """

    title: str
    url: str
    kind: str = "page"
    tags: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    keep: list[str] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: str = ""

    def leave_out(self, name: str, reason: str) -> None:
        self.notes.append(f"left out `{name}`: {reason}")

    def add_headers(self, headers: Mapping[str, Any]) -> None:
        """Take over the headers that are no secrets."""
        for name, value in headers.items():
            if SECRET_HEADER.search(name):
                self.leave_out(f"header {name}", LEFT_OUT_HEADER.format(name))
            else:
                self.options.setdefault("headers", {})[str(name)] = str(value)

    def add_selectors(self, name: str, selectors: Iterable[str]) -> None:
        """Take over CSS selectors, several as alternatives."""
        usable = []
        for selector in selectors:
            if XPATH_FORM.match(selector):
                self.leave_out(f"{name} {selector}", "XPath is not supported; write a CSS selector as `select`")
            else:
                usable.append(selector.strip())
        if usable:
            present = [self.options["select"]] if "select" in self.options else []
            self.options["select"] = ", ".join([*present, *usable])

    def add_ignored(self, patterns: Iterable[str]) -> None:
        self.options.setdefault("ignore", []).extend(patterns)

    @property
    def query(self) -> str:
        """The query of the rule that the filters amount to, "" without any."""
        kept = " OR ".join(self.keep)
        dropped = "".join(f" AND NOT {term}" for term in self.drop)
        return f"({kept}){dropped}" if kept and dropped else kept


def looks_like_feed(url: str) -> bool:
    """Return whether an address is probably that of a feed."""
    return bool(FEED_PATH.search(urlsplit(url).path))


def without_scheme(url: str) -> str:
    """Return an address as the title of a source without one."""
    return url.partition("://")[2].strip("/") or url


def text_term(text: str) -> str:
    """Return the term of a query for a text, or for a regular expression between slashes."""
    if match := REGEX_FORM.fullmatch(text.strip()):
        return regex_term(match[1])
    return '"' + " ".join(text.replace('"', " ").split()) + '"'


def regex_term(pattern: str, scope: str = "") -> str:
    """Return the term of a query for a regular expression, which ignores case anyway."""
    return f"{scope}/{pattern.removeprefix('(?i)').replace('/', chr(92) + '/')}/"


def text_pattern(text: str) -> str:
    """Return the pattern of `ignore` for a text, or for a regular expression between slashes."""
    match = REGEX_FORM.fullmatch(text.strip())
    return match[1] if match else re.escape(text.strip())


def filled_lines(value: Any) -> Iterator[str]:
    """Yield the lines of a text, or the items of a list, that are not blank."""
    items = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else ()
    yield from (str(item) for item in items if str(item).strip())
