"""Says whether a rule would fire for a text, as the daemon would: what a rule's own tests are run with. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.compare.align import CANDIDATES, compare
from monitor.model import Novelty, Said, Update
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

    def exact(self, texts: Sequence[str]) -> dict[str, list[Said]]:
        return {}

    def story(self, source: str, entry: str) -> str | None:
        return None


def tried(before: str | None, text: str, rule: Rule, same: Synonyms) -> tuple[bool, Novelty]:
    """Does the rule fire when an entry says `text`, which said `before` (None: it is new), and as what novelty?

    The novelty is that of what fired, else of the first claim; `repeated` when nothing moved at all.
    """
    update = Update("test", "test", NOW, "", "", text)
    claims = split("", text)
    _, findings = compare(update, claims, split("", before) if before else None, NothingSaid(), same, NOW)
    found = hold(replace(rule, sources=None), update, findings, claims, ())
    fired = [findings[index] for index in found.findings] if found else []
    first = next(iter(fired or findings), None)
    return bool(fired), first.novelty if first else Novelty.REPEATED
