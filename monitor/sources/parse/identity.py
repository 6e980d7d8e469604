"""Who an entry is: a key that survives edits, tracking parameters and moves from http to https. Pure.

The key is the entry's own id, else its link, else a hash of what it says. Entries of one feed that share a key
and differ all get a mark of their link and title, whichever of them comes first, so that a feed that shuffles
does not swap them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from urllib.parse import parse_qsl, urlencode, urlsplit

from monitor.model import Entry
from monitor.sources.parse.sanitize import html_to_line

_TRACKING_PARAMETER = re.compile(
    r"utm_\w*|at_(medium|campaign)\w*|(fb|g|dc|y|msk|tw|tt)clid|dclid|msclkid|gclsrc|gbraid|wbraid|mc_[ce]id"
    r"|igsh(id)?|_g[al]|_hs(enc|mi)|mkt_tok|xtor|cmpid|ocid"
    r"|(php|j)sessid|jsessionid|aspsessionid\w*|session_?id|cfid|cftoken",
    re.IGNORECASE,
)
_SESSION_IN_PATH = re.compile(r";(jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
_PLAIN_FRAGMENT = re.compile(r"[\w.~-]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonical_url(url: str) -> str:
    """One spelling for all addresses of a page: https, host in small letters, no default port, no fragment, no
    tracking parameters or session ids. What is no http address comes back as it is."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url.strip()
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return url.strip()
    netloc = f"[{host}]" if ":" in host else host
    netloc += f":{port}" if port and port not in _DEFAULT_PORTS.values() else ""
    path = _SESSION_IN_PATH.sub("", parts.path) or "/"
    query = _without_tracking(parts.query)
    return (f"https://{netloc}{path}" + (f"?{query}" if query else "")).strip()


def _without_tracking(query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    kept = [(name, value) for name, value in pairs if not _TRACKING_PARAMETER.fullmatch(name)]
    return query if len(kept) == len(pairs) else urlencode(kept, errors="surrogateescape")


def entry_key(own_id: str, url: str, title: str, body: str) -> str:
    """The key of an entry by what it has. An id or a link that is an address keeps its anchor: the entries of a
    change log differ in nothing else."""
    identity = own_id.strip() or url
    if not identity:
        return "hash:" + text_digest(title, html_to_line(body))
    _, _, anchor = identity.partition("#")
    page = canonical_url(identity)
    return f"{page}#{anchor}" if page.startswith("https://") and _PLAIN_FRAGMENT.fullmatch(anchor) else page


def content_hash(entry: Entry) -> str:
    """A hash of what an entry says, title and body as text: it moves when a reader would see a difference."""
    return entry.known_hash or text_digest(entry.title, html_to_line(entry.body))


def with_unique_keys(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The same entries with a key each; those that say the same under one key become one."""
    distinct: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        distinct.setdefault((entry.key, content_hash(entry)), entry)
    disambiguated = _disambiguate(distinct.values(), lambda entry: text_digest(canonical_url(entry.url), entry.title))
    return tuple(_disambiguate(disambiguated, content_hash))


def _disambiguate(entries: Iterable[Entry], suffix: Callable[[Entry], str]) -> list[Entry]:
    """Entries that share a key get a mark each; the rest stay as they are."""
    entries = list(entries)
    counts = Counter(entry.key for entry in entries)
    return [
        replace(entry, key=f"{entry.key} {suffix(entry)}") if counts[entry.key] > 1 else entry for entry in entries
    ]


def oldest_first(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Oldest first. An entry without a date stands where the feed has it, newest on top as feeds have it."""
    dated: list[tuple[float, Entry]] = []
    at = float("-inf")
    for entry in reversed(entries):
        at = at if entry.published is None else entry.published
        dated.append((at, entry))
    return tuple(entry for _, entry in sorted(dated, key=lambda pair: pair[0]))


def text_digest(*texts: str) -> str:
    """A short hash of several texts, the same on every machine and in every version."""
    joined = "\0".join(texts).encode("utf-8", "surrogatepass")
    return blake2b(joined, digest_size=16).hexdigest()
