"""The parse options of a source, from its config, in a form that can be sent to a worker process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing the config would double the memory of a worker
    from monitor.config.models import SourceConfig


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """`url` is the configured URL, before redirects. `select` and `each` are CSS selectors for pages; `entries` and
    the values of `fields` are JMESPath expressions for JSON. "" means the default of the parser.
    `attributes`: links and image texts are part of a page's text. `render`: the page was loaded in a browser."""

    kind: str
    url: str = ""
    select: str = ""
    each: str = ""
    attributes: bool = False
    render: bool = False
    entries: str = ""
    fields: dict[str, str] = field(default_factory=dict)


def source_parse_options(source: SourceConfig) -> ParseOptions:
    expressions = source.fields.model_dump(exclude_none=True) if source.fields else {}
    return ParseOptions(
        source.kind,
        source.url,
        source.select or "",
        source.each or "",
        source.attributes,
        source.render,
        source.entries or "",
        expressions,
    )
