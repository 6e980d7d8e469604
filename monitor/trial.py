"""Judges a text on its own, with no ledger behind it: what `compare` shows and what a rule's tests are run with.

The judgement is the daemon's; nothing here reads or writes a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from monitor.compare.align import compare
from monitor.compare.elsewhere import CANDIDATES
from monitor.compare.stories import Told
from monitor.model import Finding, Moment, Novelty, Said, Update
from monitor.ruleset.explain import account
from monitor.ruleset.match import hold
from monitor.ruleset.rule import Rule
from monitor.text.split import split
from monitor.text.words import Synonyms

NOW = 0.0


class NothingSaid:
    """A ledger in which nobody has said anything yet."""

    def candidates(
        self, terms: Sequence[Sequence[str]], *, limit: int = CANDIDATES, sources: frozenset[str] | None = None
    ) -> list[list[Said]]:
        return [[] for _ in terms]

    def exact(self, texts: Sequence[str], *, sources: frozenset[str] | None = None) -> dict[str, list[Said]]:
        return {}

    def own(self, source: str, entry: str, texts: Sequence[str]) -> dict[str, Said]:
        return {}

    def akin(self, gist: Mapping[int, float], since: Moment) -> list[Told]:
        return []

    def story(self, source: str, entry: str) -> str | None:
        return None


def brought(before: str | None, text: str, same: Synonyms) -> tuple[Finding, ...]:
    """What an entry brings that says `text` and said `before` (None: it is new)."""
    old = split("", before) if before is not None else None
    return compare(_update(text), split("", text), old, {}, NothingSaid(), same, NOW)[1]


def tried(before: str | None, text: str, rule: Rule, same: Synonyms) -> tuple[bool, Novelty]:
    """Does the rule fire when an entry says `text`, which said `before` (None: it is new), and as what novelty?

    The novelty is that of what fired, else of the first claim; `repeated` when nothing moved at all.
    """
    findings = brought(before, text, same)
    found = hold(replace(rule, sources=None), _update(text), findings, split("", text), ())
    fired = [findings[index] for index in found.findings] if found else []
    first = next(iter(fired or findings), None)
    return bool(fired), first.novelty if first else Novelty.REPEATED


def reason(before: str | None, text: str, rule: Rule, same: Synonyms) -> str:
    """Which words of `text` made the rule fire, or what was missing, as the end of a sentence."""
    heard, findings, claims = replace(rule, sources=None), brought(before, text, same), split("", text)
    if found := hold(heard, _update(text), findings, claims, ()):
        return f"met by {', '.join(dict.fromkeys(f'“{met.words}”' for met in found.because))}"
    return account(heard, _update(text), findings, claims).why


def _update(text: str) -> Update:
    return Update("test", "test", NOW, "", "", text)
