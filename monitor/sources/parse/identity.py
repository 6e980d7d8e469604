"""The identity of entries: keys that survive edits, tracking parameters and a move from http to https. Pure.

The key is the entry's id, else its link, else a hash of its text. If different entries of a feed have the same key,
each gets a suffix made of its link and title, so that their order does not matter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from urllib.parse import parse_qsl, urlencode, urlsplit

from monitor.model import Entry
from monitor.sources.parse.sanitize import body_to_line, tagless_line
from monitor.units import DAY

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
    """Return the URL with https and a lowercase host, without default port, fragment, tracking parameters and session
    ids. Text that is not an http(s) URL is returned unchanged."""
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
    """Return the key of an entry. A URL keeps its anchor: the entries of a changelog may differ in nothing else."""
    identity = own_id.strip() or url
    if not identity:
        return "hash:" + text_digest(title, tagless_line(body))
    _, _, anchor = identity.partition("#")
    page = canonical_url(identity)
    return f"{page}#{anchor}" if page.startswith("https://") and _PLAIN_FRAGMENT.fullmatch(anchor) else page


def content_hash(entry: Entry) -> str:
    """A hash of title and body as text: it changes with everything that may become a claim, but not with markup."""
    return entry.known_hash or text_digest(entry.title, body_to_line(entry.body))


def with_unique_keys(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries with distinct keys. Entries with the same key, content and day become one; those of
    different days are occurrences of a recurring event."""
    distinct: dict[tuple[str, str, str], Entry] = {}
    for entry in entries:
        distinct.setdefault((entry.key, content_hash(entry), _day(entry)), entry)
    disambiguated = _disambiguate(distinct.values(), lambda entry: text_digest(canonical_url(entry.url), entry.title))
    return tuple(_disambiguate(_disambiguate(disambiguated, content_hash), _day))


def _day(entry: Entry) -> str:
    return "" if entry.published is None else str(int(entry.published // DAY))


def _disambiguate(entries: Iterable[Entry], suffix: Callable[[Entry], str]) -> list[Entry]:
    """Add a suffix to the key of each entry whose key is not unique."""
    entries = list(entries)
    counts = Counter(entry.key for entry in entries)
    return [
        replace(entry, key=f"{entry.key} {suffix(entry)}") if counts[entry.key] > 1 else entry for entry in entries
    ]


def oldest_first(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Sort entries by date, oldest first. Feeds list the newest first: an entry without a date is taken for as old as
    the next dated one below it."""
    dated: list[tuple[float, Entry]] = []
    published = float("-inf")
    for entry in reversed(entries):
        published = published if entry.published is None else entry.published
        dated.append((published, entry))
    return tuple(entry for _, entry in sorted(dated, key=lambda pair: pair[0]))


def text_digest(*texts: str) -> str:
    """A hash of several texts. It is stored, so it must never change."""
    joined = "\0".join(texts).encode("utf-8", "surrogatepass")
    return blake2b(joined, digest_size=16).hexdigest()
