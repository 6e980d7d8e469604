"""Recognizes an entry that has moved: the same title at an address that differs only in scheme, host or slug.

Such an entry is compared with its old self although its text may have been edited on the way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from monitor.compare.indexes import EntryIndex
from monitor.model import Claim, Role, Update
from monitor.text.labels import without_label
from monitor.text.normalize import normalized_key

MIN_SLUG_WORDS = 3  # of a path that hardly two sites have by chance
_EDITION_LABELS = frozenset("www www2 m mobile amp old new web".split())  # of the same site
_SERIAL = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d{3,}(?!\d)")  # the number of an article, not a year
_LONG_SERIAL_DIGITS = 5  # unique beyond its folder
_FILE_SUFFIX = re.compile(r"\.(?:html?|php|aspx?|jsp)$")
_WORD, _DIGIT = re.compile(r"[^\W\d_]+"), re.compile(r"\d")


class MovedEntry(NamedTuple):
    """The former key of an entry. With `is_certain` the addresses alone show that it is the same; else it may be a
    later entry with the same title."""

    key: str
    is_certain: bool


def moved_entry(update: Update, claims: Sequence[Claim], ledger: EntryIndex) -> MovedEntry | None:
    """Return the earlier entry of the source with the same title, labels aside, at an address that differs only in
    scheme, host or slug; None if there is none."""
    titles = {normalized_key(claim.text) for claim in claims if claim.role is Role.TITLE}
    if not titles or _parsed(update.entry) is None:
        return None
    title = without_label(update.title).casefold()
    same_title = (
        entry.entry
        for entry in ledger.entries_saying(update, titles, 1)
        if without_label(entry.title).casefold() == title
    )
    addresses = ((key, is_moved(key, update.entry, title)) for key in same_title)
    moved = [MovedEntry(key, is_certain) for key, is_certain in addresses if is_certain is not None]
    return max(moved, key=lambda entry: entry.is_certain, default=None)


def is_moved(old: str, new: str, title: str) -> bool | None:
    """Return whether two keys are certainly addresses of one entry; None if they are of two. `title` is folded."""
    old_address, new_address = _parsed(old), _parsed(new)
    if (
        old_address is None
        or new_address is None
        or (old_address.query, old_address.fragment) != (new_address.query, new_address.fragment)
    ):
        return None
    is_same_site = _site(old_address) == _site(new_address)
    if old_address.path == new_address.path:
        return True if is_same_site or _is_distinctive(old_address) else None
    return _has_other_slug(old_address.path, new_address.path, title) if is_same_site else None


def _has_other_slug(old: str, new: str, title: str) -> bool | None:
    """The same for two paths: certain if they have the number of an article in common."""
    (folder, slug), (other_folder, other_slug) = _folder_and_slug(old), _folder_and_slug(new)
    serials = set(_SERIAL.findall(slug)) & set(_SERIAL.findall(other_slug))
    if any(len(serial) >= _LONG_SERIAL_DIGITS for serial in serials):
        return True
    words, other_words = set(_WORD.findall(slug)), set(_WORD.findall(other_slug))
    is_of_title = bool(words and other_words) and words | other_words <= set(_WORD.findall(title))
    if folder != other_folder or not (is_of_title or words <= other_words or other_words <= words):
        return None
    if serials:
        return True
    return None if not is_of_title or _DIGIT.search(slug + other_slug) else False


@lru_cache(maxsize=1024)
def _parsed(key: str) -> SplitResult | None:
    """The parts of a key that is the address of a page below the start page; None for any other key, also for one
    with a suffix that distinguishes several entries at one address."""
    if " " in key:
        return None
    try:
        parts = urlsplit(key.casefold())
        is_page = parts.scheme in ("http", "https") and parts.hostname and (parts.path.strip("/") or parts.query)
    except ValueError:
        return None
    return parts._replace(path=_FILE_SUFFIX.sub("", parts.path.rstrip("/"))) if is_page else None


def _site(parts: SplitResult) -> str:
    labels = (parts.hostname or "").split(".")
    return ".".join(labels[1:] if len(labels) > 2 and labels[0] in _EDITION_LABELS else labels)


def _is_distinctive(parts: SplitResult) -> bool:
    address = f"{_folder_and_slug(parts.path)[1]}?{parts.query}"
    return len(_WORD.findall(address)) >= MIN_SLUG_WORDS or _SERIAL.search(address) is not None


def _folder_and_slug(path: str) -> tuple[str, str]:
    folder, _, slug = path.rpartition("/")
    return folder, slug
