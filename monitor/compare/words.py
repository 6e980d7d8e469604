"""Lays the content words of two claims against each other: what both say, what only one says, how alike they are."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz

from monitor.compare.kin import kin
from monitor.text.words import Reading, Unit


@dataclass(frozen=True, slots=True)
class Gap:
    """Units that only one claim has; `shared` is the weight that both carry; `met` pairs of kindred units."""

    lost: tuple[Unit, ...]
    gained: tuple[Unit, ...]
    met: tuple[tuple[Unit, Unit], ...]
    shared: float


def gap(before: Reading, now: Reading) -> Gap:
    """What remains when equal and kindred words are laid on each other."""
    lost = [unit for unit in before.units if unit.key not in now.keys]
    gained = [unit for unit in now.units if unit.key not in before.keys]
    shared = before.weight - sum(unit.weight for unit in lost)
    met = []
    for unit in lost if gained else ():
        twin = next((other for other in gained if _kindred(unit, other)), None)
        if twin:
            gained.remove(twin)
            met.append((unit, twin))
            shared += min(unit.weight, twin.weight)
    gone = {unit.key for unit, _ in met}
    return Gap(tuple(u for u in lost if u.key not in gone), tuple(gained), tuple(met), shared)


def _kindred(one: Unit, other: Unit) -> bool:
    if one.key[0] == "@" or other.key[0] == "@":
        return False
    return kin(one.word, other.word)


def similarity(before: Reading, now: Reading, words: Gap) -> float:
    """How alike two claims are, 0 to 100: by the weight of shared words, softened by their letters."""
    both = before.weight + now.weight
    letters = fuzz.token_sort_ratio(before.text, now.text)
    if not both:
        return letters
    dice = 200 * words.shared / both
    least = min(before.weight, now.weight)
    within = 100 * words.shared / least if least else 0.0
    return min(100.0, 0.55 * dice + 0.2 * within + 0.25 * letters)
