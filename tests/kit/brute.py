"""A second, plain-minded reading of what queries and rules mean, to hold the real one against.

It shares no code with the program: words come with the spellings that must fold into them, and everything is
tried in every place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

REACH = 5


@dataclass(frozen=True)
class Token:
    """One word of a text: what it must fold to, how it is spelt, what stands after it."""

    plain: str
    spelt: str
    gap: str


@dataclass(frozen=True)
class Claim:
    tokens: tuple[Token, ...]
    role: str = "sentence"
    heading: int | None = None
    novelty: str | None = "new"  # None: unchanged, no finding
    quiet: bool = False

    @property
    def text(self) -> str:
        return "".join(token.spelt + token.gap for token in self.tokens).strip()


@dataclass(frozen=True)
class Document:
    """Which claims each scope sees: lists of (number of the segment, tokens)."""

    own: tuple[int, ...]
    titles: tuple[int, ...]
    segments: dict[int, tuple[Token, ...]]
    fields: dict[str, tuple[int, ...]]

    def seen(self, scope: str) -> tuple[int, ...]:
        if scope == "":
            return self.own
        if scope == "title":
            return self.titles
        if scope == "text":
            return tuple(at for at in self.own if at not in self.titles)
        return self.fields[scope]


Spot = tuple[int, int, int]  # segment, first token, last token


@cache
def distance(a: str, b: str) -> int:
    """Edits between two words, a swap of neighbours counting one."""
    rows = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i, j in product(range(1, len(a) + 1), range(1, len(b) + 1)):
        cost = a[i - 1] != b[j - 1]
        rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
        if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
            rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


def meets(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


def units(token: str) -> list[str]:
    """An unspaced word counts as its letters."""
    return list(token) if token and token[0] >= "\u3000" else [token]


def phrase_spots(parts: list[str], slop: int, tokens: tuple[Token, ...], segment: int) -> list[Spot]:
    """Every start of the phrase with its nearest end."""
    steps = [(unit, at > 0) for part in parts for at, unit in enumerate(units(part))]
    spots = []
    for start in range(len(tokens)):
        ends = [
            end
            for end in range(start, min(len(tokens), start + len(steps) + slop))
            if fits(steps, tokens, start, end)
        ]
        if ends:
            spots.append((segment, start, min(ends)))
    return spots


def fits(steps: list[tuple[str, bool]], tokens: tuple[Token, ...], start: int, end: int) -> bool:
    """Can the steps be laid on tokens start … end, using both ends?"""

    def lay(step: int, at: int) -> bool:
        if at > end or not meets(steps[step][0], tokens[at].plain):
            return False
        if step == len(steps) - 1:
            return at == end
        if steps[step + 1][1]:
            return tokens[at].gap == "" and lay(step + 1, at + 1)
        return any(lay(step + 1, after) for after in range(at + 1, end + 1))

    return lay(0, start)


def evaluate(node: tuple, document: Document, lists: dict[str, list], scope: str = "") -> set[Spot] | None:
    """The spots that make the node hold, or None."""
    kind, *rest = node
    if kind == "scope":
        return evaluate(rest[1], document, lists, rest[0])
    if kind == "alias":
        return evaluate(("or", *lists[rest[0]]), document, lists, scope)
    if kind == "and":
        parts = [evaluate(part, document, lists, scope) for part in rest]
        return None if any(part is None for part in parts) else set().union(*parts)
    if kind == "or":
        parts = [evaluate(part, document, lists, scope) for part in rest]
        held = [part for part in parts if part is not None]
        return set().union(*held) if held else None
    if kind == "not":
        return set() if evaluate(rest[0], document, lists, scope) is None else None
    if kind in ("near", "before", "same"):
        return pairs(kind, *rest, document, lists, scope)
    if kind == "count":
        return counted(*rest, document, lists, scope)
    found = {
        spot for segment in document.seen(scope) for spot in leaf(kind, rest, document.segments[segment], segment)
    }
    return found or None


def leaf(kind: str, rest: list, tokens: tuple[Token, ...], segment: int) -> list[Spot]:
    if kind == "phrase":
        return phrase_spots(rest[0], rest[1], tokens, segment)
    if kind == "alike":
        return [(segment, at, at) for at, token in enumerate(tokens) if distance(rest[0], token.plain) <= rest[1]]
    assert kind == "regex"
    return [(segment, at, at) for at, token in enumerate(tokens) if token.plain in rest[1]]


def pairs(kind: str, left: tuple, right: tuple, n: int, document, lists, scope) -> set[Spot] | None:
    one, other = (evaluate(side, document, lists, scope) for side in (left, right))
    found: set[Spot] = set()
    for a, b in product(one or (), other or ()):
        ahead, behind = b[1] - a[2], a[1] - b[2]
        apart = {"before": [ahead], "near": [ahead, behind], "same": [ahead, behind]}[kind]
        limit = 10**9 if kind == "same" else n
        if a[0] == b[0] and any(0 < gap <= limit for gap in apart):
            found |= {a, b}
    return found or None


def counted(of: tuple, sign: str, number: int, document, lists, scope) -> set[Spot] | None:
    found: set[Spot] = set()
    for segment, first, last in evaluate(of, document, lists, scope) or ():
        tokens = document.segments[segment]
        numbers = [at for at, token in enumerate(tokens) if token.plain.isdigit()]
        before = [at for at in numbers if at < first]
        after = [at for at in numbers if at > last]
        if before and first - before[-1] - 1 <= REACH:
            at = before[-1]
        elif after and after[0] - last - 1 <= REACH:
            at = after[0]
        else:
            continue
        value = int(tokens[at].plain)
        if {">": value > number, "<": value < number, ">=": value >= number, "=": value == number}[sign]:
            found |= {(segment, first, last), (segment, at, at)}
    return found or None


def holds(node: tuple, within: str, on: set[str], claims: list[Claim], fields: dict, lists: dict):
    """(claims that fire, spots in claims that are findings) of a rule over an update; None if it does not hold."""
    segments = {at: claim.tokens for at, claim in enumerate(claims)}
    places = {}
    for scope, values in fields.items():
        places[scope] = tuple(range(len(segments), len(segments) + len(values)))
        segments.update(zip(places[scope], values, strict=True))
    standing = [at for at, claim in enumerate(claims) if claim.novelty != "withdrawn"]
    titles = tuple(at for at in standing if claims[at].role == "title")
    live = {at for at, claim in enumerate(claims) if claim.novelty in on and not claim.quiet}
    spots: set[Spot] = set()
    for own in documents(within, on, claims, standing):
        met = evaluate(node, Document(own, titles, segments, places), lists)
        met = {spot for spot in met or () if spot[0] in own}
        if any(spot[0] in live for spot in met) and (within != "claim" or own[0] in live):
            spots |= met
    fired = {spot[0] for spot in spots} & live
    return (fired, {spot for spot in spots if claims[spot[0]].novelty}) if fired else None


def documents(within: str, on: set[str], claims: list[Claim], standing: list[int]):
    if within == "update":
        yield tuple(at for at in range(len(claims)) if at in standing or "withdrawn" in on)
        return
    for at, claim in enumerate(claims):
        own = {at}
        if within == "passage":
            if at in standing and at - 1 in standing:
                own.add(at - 1)
            if claim.heading is not None:
                own.add(claim.heading)
        yield (at, *sorted(own - {at}))
