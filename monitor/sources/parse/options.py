"""How the answers of one source are read: what its config says of that, in a form that crosses to a worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # in a worker it would take as much memory as all else there
    from monitor.config.models import SourceConfig


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """`url` is the source's own address, whatever it redirects to; `select` and `each` are CSS selectors of a page;
    `entries` and the values of `fields` are JMESPath expressions over JSON. What is "" is left to the reader."""

    kind: str
    url: str = ""
    select: str = ""
    each: str = ""
    entries: str = ""
    fields: dict[str, str] = field(default_factory=dict)


def source_parse_options(source: SourceConfig) -> ParseOptions:
    """How a source is read by its config."""
    expressions = source.fields.model_dump(exclude_none=True) if source.fields else {}
    return ParseOptions(
        source.kind, source.url, source.select or "", source.each or "", source.entries or "", expressions
    )
