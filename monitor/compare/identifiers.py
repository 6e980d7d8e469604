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


def name_different_things(before: ClaimAnalysis, now: ClaimAnalysis) -> bool:
    """Whether both name identifiers of one kind and they share none, of this or any other kind."""
    if not (before.identifiers and now.identifiers):
        return False
    return _apart(_stating(before.identifiers), _stating(now.identifiers))


def _apart(old: Collection[Identifier], new: Collection[Identifier]) -> bool:
    if {one.key for one in old} & {one.key for one in new}:
        return False
    return bool(_naming_kinds(old) & _naming_kinds(new)) or _differ(_products(old), _products(new))


@lru_cache(maxsize=4096)
def title_different_things(before: str, now: str) -> bool:
    """Whether two titles name different things; the issues of a series ("Bulletin 12") are about the same thing."""
    old, new = find_identifiers(before), find_identifiers(now)
    return bool(old and new) and _apart(_of_things(old), _of_things(new))


def added_identifiers(before: ClaimAnalysis, now: ClaimAnalysis) -> list[Identifier]:
    """Return the identifiers of `now` that `before` lacks."""
    if not now.identifiers:
        return []
    known = {one.key for one in before.identifiers}
    return [one for one in _stating(now.identifiers) if one.key not in known]


def replaced_identifiers(before: ClaimAnalysis, now: ClaimAnalysis) -> list[Change]:
    """Return a change for each identifier that replaces another of its kind, in order."""
    lost, changes = added_identifiers(now, before), []
    for new in added_identifiers(before, now) if lost else ():
        old = next((one for one in lost if one.kind == new.kind), None)
        if old:
            lost.remove(old)
            changes.append(Change(ChangeKind.NAME, before.text[old.start : old.end], now.text[new.start : new.end]))
    return changes


def _stating(identifiers: Collection[Identifier]) -> list[Identifier]:
    return [one for one in identifiers if one.kind != LINK]


def _of_things(identifiers: Collection[Identifier]) -> list[Identifier]:
    return [one for one in _stating(identifiers) if one.kind not in SERIES]


def _naming_kinds(identifiers: Collection[Identifier]) -> set[str]:
    """Return the kinds of the identifiers that are no versions."""
    return {one.kind for one in identifiers if not one.kind.startswith(VERSION)}


def _products(identifiers: Collection[Identifier]) -> set[str]:
    return {one.kind for one in identifiers if one.kind.startswith(PRODUCT_VERSION)}


def _differ(old: set[str], new: set[str]) -> bool:
    return bool(old and new) and old.isdisjoint(new)
