"""Cuts the raw body of an RSS or Atom feed at its items, so that those that are known need not be parsed again. Pure.

A body is cut only where parsing some of its items, between the same head and foot, reads each as parsing all of them
does: on anything odd it stays whole. What only a parser can tell is told by `strict`.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

LARGEST = 2 * 2**20  # bytes of a body that is cut
MOST = 2_000  # its items
LONGEST = 1_000  # bytes of a declaration

_EDGE = re.compile(
    rb"<(?=[ie/!?])(?:(item|entry)(?=[\s/>])|/(item|entry)\s*>"
    rb"|!--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>|([!?]))",  # what looks like a tag in these is none
    re.DOTALL,
)
_BETWEEN = b" \t\r\n"
# These name the version of a feed before any item does; what a version is decides how items are read.
_ROOT = re.compile(
    rb"<(?:rss|feed)[\s>]|xmlns\s*=\s*[\"'](?:http://purl\.org/rss/1\.0/|http://my\.netscape\.com/rdf/simple/0\.9/)[\"']"
)
_NAMESPACE = re.compile(rb"xmlns(?::([^\s=:]{1,100}))?\s*=\s*[\"']([^\"'<]{0,200})")
_DECLARED = re.compile(rb"<\?.*encoding=['\"](.*?)['\"].*\?>")  # as feedparser looks for it
_IN_HEADER = re.compile(r";\s*charset\s*=\s*[\"']?([^;\"'\s]*)", re.IGNORECASE)
_ONE_BYTE = re.compile(r"iso-8859-[0-9]{1,2}|windows-125[0-9]|koi8-[ru]")
# What moves with every item and says nothing of them: comments, texts of the channel such as its date, and the list
# of addresses at the top of an RDF feed. How long to wait for the next poll is said in texts, too: those count.
_MOVING = re.compile(
    rb"(<!\[CDATA\[.*?\]\]>|<\?.*?\?>)|<!--.*?-->"
    rb"|<rdf:li\s+(?:rdf:)?resource\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')\s*(?:/>|>\s*</rdf:li>)\s*"
    rb"|(?<!<ttl)(?<!:updatePeriod)(?<!:updateFrequency)>[^<>]+(?=</)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Cut:
    """A body at its items: what stands before the first, each of them, and what stands behind the last."""

    head: bytes
    items: tuple[bytes, ...]
    foot: bytes

    def of(self, items: Iterable[bytes]) -> bytes:
        """The body of a feed that has these items alone."""
        return b"".join((self.head, *items, self.foot))

    def marks(self) -> list[str]:
        """A hash of the bytes of each item."""
        return [blake2b(item, digest_size=8).hexdigest() for item in self.items]

    def frame(self, *told: str) -> str:
        """A hash of all that stands around the items and may bear on how they are read, and of what was `told`."""
        around = (_MOVING.sub(rb"\1", self.head), _MOVING.sub(rb"\1", self.foot), *(text.encode() for text in told))
        return blake2b(b"\0".join(around), digest_size=16).hexdigest()


def cut(body: bytes, content_type: str) -> Cut | None:
    """The body at its items, or None where it must be read as a whole."""
    edges = _edges(body) if len(body) <= LARGEST else ()
    if not edges:
        return None
    head, foot = body[: edges[0][0]], body[edges[-1][1] :]
    between = (body[one[1] : other[0]] for one, other in pairwise(edges))
    found = Cut(head, tuple(body[start:end] for start, end in edges), foot)
    if any(text.strip(_BETWEEN) for text in between) or len(set(found.items)) < len(edges):
        return None
    sure = _ROOT.search(head) and _is_sure(body, len(head), content_type) and _has_plain_prefixes(body, len(head))
    return found if sure else None


def _edges(body: bytes) -> Sequence[tuple[int, int]]:
    """Where each item begins and ends; nothing if that is not certain."""
    edges: list[tuple[int, int]] = []
    name, start = b"", -1
    for found in _EDGE.finditer(body):
        opened, closed, odd = found.groups()
        if odd:  # a document type, or something that never ends
            return ()
        if not (opened or closed):
            continue
        name = name or opened
        if (opened or closed) != name or bool(closed) == (start < 0):  # both kinds, or one in another
            return ()
        if opened:
            start = found.start()
            continue
        edges.append((start, found.end()))
        start = -1
    return edges if start < 0 and len(edges) <= MOST else ()


def _is_sure(body: bytes, head: int, content_type: str) -> bool:
    """Whether each byte means the same whatever else is in the body: what is said of its charset is one thing, and
    true."""
    first = body[:head].removeprefix(codecs.BOM_UTF8)
    line = first.partition(b"\n")[0]
    declaration = line[: line.rfind(b"?>") + 2] if b"?>" in line else b""
    if len(declaration) > LONGEST or declaration.count(b"encoding=") > 1:
        return False
    if line == first and body.find(b"?>", head) > 0:  # another declaration may be read on the same line
        return False
    said = _DECLARED.match(declaration)
    own = _plain_name(said[1].decode("latin-1")) if said else ""
    names = {own, *map(_plain_name, _IN_HEADER.findall(content_type))} - {"", "ascii"}
    if body.startswith(codecs.BOM_UTF8):
        names.add("utf-8")
    charset = names.pop() if names else "ascii" if content_type.startswith("text/") else "utf-8"
    # A charset of one byte a letter counts only if the body names it: not every header is believed.
    if names or not (charset in ("ascii", "utf-8") or (charset == own and _ONE_BYTE.fullmatch(charset))):
        return False
    try:
        body.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _plain_name(charset: str) -> str:
    name = charset.lower()
    return {"utf8": "utf-8", "us-ascii": "ascii"}.get(name, name)


def _has_plain_prefixes(body: bytes, head: int) -> bool:
    """Whether a prefix that an item declares means one thing in the whole body, and nothing else means it."""
    if body.find(b"xmlns:", head) < 0:
        return True
    declared = set(_NAMESPACE.findall(body))
    prefixes = [prefix for prefix, _ in declared if prefix]
    names = Counter(uri for _, uri in declared)
    of_items = [uri for prefix, uri in _NAMESPACE.findall(body, head) if prefix]
    return len(set(prefixes)) == len(prefixes) and all(names[uri] == 1 for uri in of_items)
