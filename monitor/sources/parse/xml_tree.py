"""Parses XML into a plain tree, safely: a document with entity declarations is refused, nothing outside is loaded.

Names are local names in lower case, so that any spelling of namespaces and prefixes is read alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from monitor.errors import ParseError
from monitor.sources.parse.charset import decode_body
from monitor.sources.parse.sanitize import clean_text

_ROOT_NAME = re.compile(
    r"\s*+(?:<\?.*?\?>\s*+|<!--.*?-->\s*+|<!doctype\b[^\[>]*+(?:\[.*?\]\s*+)?>\s*+)*+<([A-Za-z_][\w.:-]*+)",
    re.DOTALL | re.IGNORECASE,
)
_DECLARED_ENCODING = re.compile(rb"\A\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([\w:.-]{1,40})[\"']")
_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7});)")
_NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31});")
_MAX_DEPTH = 200


@dataclass(slots=True)
class XmlElement:
    """One element; `text` is its own text, each run of white space as one space."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[XmlElement] = field(default_factory=list)
    text: str = ""

    def child_text(self, *names: str) -> str:
        """The text of the first child with one of the names that has text, or ""."""
        return next((child.text for child in self.children if child.name in names and child.text), "")


def xml_text(body: bytes, content_type: str) -> str:
    """Decode a body; without a charset in the content type, as its XML declaration says."""
    declared = _DECLARED_ENCODING.match(body)
    if declared and "charset" not in content_type.lower():
        content_type = f"{content_type}; charset={declared[1].decode('ascii')}"
    return clean_text(decode_body(body, content_type)).lstrip("\ufeff")


def root_name(text: str) -> str:
    """Return the local name of the first element in lower case, "" if the text does not begin with one."""
    match = _ROOT_NAME.match(text)
    return local_name(match[1]) if match else ""


def local_name(name: str) -> str:
    return name.rpartition(":")[2].lower()


def parse_xml(text: str) -> XmlElement:
    """Return the root element. Raises ParseError with code `malformed`."""
    builder = _TreeBuilder()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.EntityDeclHandler = _refuse_entity
    parser.ExternalEntityRefHandler = _refuse_entity
    try:
        parser.Parse(_repaired(text).encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise ParseError("malformed", f"the XML is not well-formed in line {error.lineno}") from None
    if builder.root is None:
        raise ParseError("malformed", "the XML has no element")
    return builder.root


def _refuse_entity(*_: object) -> int:
    raise ParseError("malformed", "the XML declares entities, which is not supported")


def _repaired(text: str) -> str:
    """Escape bare ampersands and the named entities of HTML, both frequent errors; drop the declared encoding."""
    text = _BARE_AMPERSAND.sub("&amp;", _DECLARATION.sub("", text, count=1).lstrip())
    return _NAMED_ENTITY.sub(r"&amp;\1;", text)


class _TreeBuilder:
    """Collects expat's events. Elements nested deeper than _MAX_DEPTH join their text to that depth."""

    def __init__(self) -> None:
        self.root: XmlElement | None = None
        self.open: list[XmlElement] = []
        self.texts: list[list[str]] = []
        self.excess_depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= _MAX_DEPTH:
            self.excess_depth += 1
            return
        content = {local_name(key): " ".join(value.split()) for key, value in attributes.items() if is_content(key)}
        element = XmlElement(local_name(name), content)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)
        self.texts.append([])

    def end(self, name: str) -> None:
        if self.excess_depth:
            self.excess_depth -= 1
            return
        self.open.pop().text = " ".join("".join(self.texts.pop()).split())

    def characters(self, text: str) -> None:
        if self.texts:
            self.texts[-1].append(text)


def is_content(attribute: str) -> bool:
    """Return whether an attribute is not about namespaces, schemas or white space."""
    prefix = attribute.partition(":")[0].lower()
    return prefix not in ("xmlns", "xml", "xsi")
