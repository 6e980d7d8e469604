"""Compares the identifiers of two claims: do they name different things, and which identifiers are added or replaced?

A version is a value of its product: another version of it is a change, the version of another product another fact.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from monitor.model import Change, ChangeKind
from monitor.text.analysis import ClaimAnalysis
from monitor.text.facts.identifiers import LINK, VERSION, Identifier, find_identifiers
from monitor.text.lexicon.identifiers import SERIES

PRODUCT_VERSION = f"{VERSION} of "


def name_different_things(before: ClaimAnalysis, after: ClaimAnalysis) -> bool:
    """Whether both name identifiers of one kind and they share none, of this or any other kind."""
    if not (before.identifiers and after.identifiers):
        return False
    return _apart(_stating(before.identifiers), _stating(after.identifiers))


def _apart(old: Collection[Identifier], new: Collection[Identifier]) -> bool:
    if {identifier.key for identifier in old} & {identifier.key for identifier in new}:
        return False
    return bool(_naming_kinds(old) & _naming_kinds(new)) or _differ(_products(old), _products(new))


@lru_cache(maxsize=4096)
def title_different_things(before: str, after: str) -> bool:
    """Whether two titles name different things; the issues of a series ("Bulletin 12") are about the same thing."""
    old, new = find_identifiers(before), find_identifiers(after)
    return bool(old and new) and _apart(_of_things(old), _of_things(new))


def added_identifiers(before: ClaimAnalysis, after: ClaimAnalysis) -> list[Identifier]:
    """Return the identifiers of `after` that `before` lacks."""
    if not after.identifiers:
        return []
    known = {identifier.key for identifier in before.identifiers}
    return [identifier for identifier in _stating(after.identifiers) if identifier.key not in known]


def replaced_identifiers(before: ClaimAnalysis, after: ClaimAnalysis) -> list[Change]:
    """Return a change for each identifier that replaces another of its kind, in order."""
    removed, changes = added_identifiers(after, before), []
    for new in added_identifiers(before, after) if removed else ():
        old = next((identifier for identifier in removed if identifier.kind == new.kind), None)
        if old:
            removed.remove(old)
            changes.append(Change(ChangeKind.NAME, before.text[old.start : old.end], after.text[new.start : new.end]))
    return changes


def _stating(identifiers: Collection[Identifier]) -> list[Identifier]:
    return [identifier for identifier in identifiers if identifier.kind != LINK]


def _of_things(identifiers: Collection[Identifier]) -> list[Identifier]:
    return [identifier for identifier in _stating(identifiers) if identifier.kind not in SERIES]


def _naming_kinds(identifiers: Collection[Identifier]) -> set[str]:
    """Return the kinds of the identifiers that are no versions."""
    return {identifier.kind for identifier in identifiers if not identifier.kind.startswith(VERSION)}


def _products(identifiers: Collection[Identifier]) -> set[str]:
    return {identifier.kind for identifier in identifiers if identifier.kind.startswith(PRODUCT_VERSION)}


def _differ(old: set[str], new: set[str]) -> bool:
    return bool(old and new) and old.isdisjoint(new)
