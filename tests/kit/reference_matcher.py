"""A second, simple implementation of queries and rules, to compare with the real one.

It shares no code with the program: words come with the spellings that must fold into them, and every combination of
positions is tried.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import product, takewhile

NUMBER_REACH_TOKENS = 5
NUMBER_UNITS = {"km": "km", "percent": "%", "bp": "bp"}


@dataclass(frozen=True)
class ReferenceToken:
    """One word of a text: what it must fold to, its spelling, and the characters after it."""

    folded: str
    spelling: str
    gap: str


@dataclass(frozen=True)
class ReferenceClaim:
    tokens: tuple[ReferenceToken, ...]
    role: str = "sentence"
    heading: int | None = None
    novelty: str | None = "new"  # None: unchanged, no finding
    is_noise: bool = False
    continues: bool = False  # the paragraph of the claim before it

    @property
    def text(self) -> str:
        return "".join(token.spelling + token.gap for token in self.tokens).strip()


@dataclass(frozen=True)
class ReferenceDocument:
    """The segments (claims and fields) that each scope covers, with their tokens."""

    own_segments: tuple[int, ...]
    title_segments: tuple[int, ...]
    segments: dict[int, tuple[ReferenceToken, ...]]
    field_segments: dict[str, tuple[int, ...]]
    paragraphs: tuple[tuple[int, ...], ...] = ()
    body: tuple[int, ...] = ()

    def widened(self) -> ReferenceDocument:
        """The document with the whole paragraphs of its own segments."""
        whole = [paragraph for paragraph in self.paragraphs if set(paragraph) & set(self.own_segments)]
        segments = {*self.own_segments, *(segment for paragraph in whole for segment in paragraph)}
        return replace(self, own_segments=tuple(sorted(segments)))

    def are_in_one_paragraph(self, a: int, b: int) -> bool:
        return a == b or any(a in paragraph and b in paragraph for paragraph in self.paragraphs)

    def segments_in_scope(self, scope: str) -> tuple[int, ...]:
        if scope == "":
            return self.own_segments
        if scope == "title":
            return self.title_segments
        if scope == "text":
            return tuple(segment for segment in self.own_segments if segment not in self.title_segments)
        return self.field_segments[scope]


HitSpan = tuple[int, int, int]  # segment, first token, last token


@cache
def edit_distance(a: str, b: str) -> int:
    """Return the edit distance of two words; a swap of neighbors counts as one edit."""
    rows = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i, j in product(range(1, len(a) + 1), range(1, len(b) + 1)):
        cost = a[i - 1] != b[j - 1]
        rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
        if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
            rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


def matches_pattern(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


def phrase_units(token: str) -> list[str]:
    """Return the units of a token: a word of a script without spaces counts as its letters."""
    return list(token) if token and token[0] >= "\u3000" else [token]


def phrase_hits(parts: list[str], slop: int, tokens: tuple[ReferenceToken, ...], segment: int) -> list[HitSpan]:
    """Return every start of the phrase with its nearest end."""
    steps = [(unit, index > 0) for part in parts for index, unit in enumerate(phrase_units(part))]
    hits = []
    for start in range(len(tokens)):
        ends = [
            end
            for end in range(start, min(len(tokens), start + len(steps) + slop))
            if can_place(steps, tokens, start, end)
        ]
        if ends:
            hits.append((segment, start, min(ends)))
    return hits


def can_place(steps: list[tuple[str, bool]], tokens: tuple[ReferenceToken, ...], start: int, end: int) -> bool:
    """Return whether the steps can be placed on the tokens start … end, using both ends."""

    def place(step: int, position: int) -> bool:
        if position > end or not matches_pattern(steps[step][0], tokens[position].folded):
            return False
        if step == len(steps) - 1:
            return position == end
        if steps[step + 1][1]:
            return tokens[position].gap == "" and place(step + 1, position + 1)
        return any(place(step + 1, next_position) for next_position in range(position + 1, end + 1))

    return place(0, start)


def evaluate(
    node: tuple, document: ReferenceDocument, lists: dict[str, list], scope: str = ""
) -> set[HitSpan] | None:
    """Return the hits that make the node match, or None if it does not."""
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
        matching = [part for part in parts if part is not None]
        return set().union(*matching) if matching else None
    if kind == "not":
        return set() if evaluate(rest[0], document, lists, scope) is None else None
    if kind == "paragraph":
        return paragraph_hits(*rest, document, lists, scope)
    if kind == "first":
        hits = evaluate(rest[1], document, lists, scope) or set()
        return {hit for hit in hits if is_among_first(hit, rest[0], document)} or None
    if kind == "atleast":
        hits = evaluate(rest[1], document, lists, scope) or set()
        return hits if len({hit[:2] for hit in hits}) >= rest[0] else None
    if kind in ("near", "before", "same"):
        return proximity_hits(kind, *rest, document, lists, scope)
    if kind == "count":
        return number_hits(*rest, document, lists, scope)
    hits = {
        hit
        for segment in document.segments_in_scope(scope)
        for hit in leaf_hits(kind, rest, document.segments[segment], segment)
    }
    return hits or None


def leaf_hits(kind: str, rest: list, tokens: tuple[ReferenceToken, ...], segment: int) -> list[HitSpan]:
    if kind == "phrase":
        return phrase_hits(rest[0], rest[1], tokens, segment)
    if kind == "alike":
        return [
            (segment, position, position)
            for position, token in enumerate(tokens)
            if edit_distance(rest[0], token.folded) <= rest[1]
        ]
    if kind == "all":
        return [(segment, 0, len(tokens) - 1)] if tokens else []
    if kind == "exact":
        return [(segment, position, position) for position, token in enumerate(tokens) if token.spelling in rest[1]]
    assert kind == "regex"
    return [(segment, position, position) for position, token in enumerate(tokens) if token.folded in rest[1]]


def proximity_hits(kind: str, left: tuple, right: tuple, n: int, document, lists, scope) -> set[HitSpan] | None:
    left_hits, right_hits = (evaluate(side, document, lists, scope) for side in (left, right))
    hits: set[HitSpan] = set()
    for a, b in product(left_hits or (), right_hits or ()):
        ahead, behind = b[1] - a[2], a[1] - b[2]
        gaps = {"before": [ahead], "near": [ahead, behind], "same": [ahead, behind]}[kind]
        limit = 10**9 if kind == "same" else n
        if a[0] == b[0] and any(0 < gap <= limit for gap in gaps):
            hits |= {a, b}
    return hits or None


def paragraph_hits(left: tuple, right: tuple, document, lists, scope) -> set[HitSpan] | None:
    whole = document.widened()
    left_hits, right_hits = (evaluate(side, whole, lists, scope) for side in (left, right))
    hits: set[HitSpan] = set()
    for a, b in product(left_hits or (), right_hits or ()):
        overlap = a[0] == b[0] and a[1] <= b[2] and b[1] <= a[2]
        if document.are_in_one_paragraph(a[0], b[0]) and not overlap:
            hits |= {a, b}
    return hits if any(hit[0] in document.own_segments for hit in hits) else None


def is_among_first(hit: HitSpan, count: int, document: ReferenceDocument) -> bool:
    segment, _, last = hit
    if segment in document.title_segments:
        return True
    if segment not in document.body:
        return False
    return sum(len(document.segments[other]) for other in document.body if other < segment) + last + 1 <= count


@dataclass(frozen=True)
class ReferenceNumber:
    """A number with its bound and unit at tokens first … last. "Over 3000" has the value 3000.5."""

    first: int
    last: int
    value: float
    unit: str
    is_forecast: bool

    @property
    def dimension(self) -> str:
        return "m" if self.unit == "km" else self.unit


@cache
def numbers_in(tokens: tuple[ReferenceToken, ...]) -> list[ReferenceNumber]:
    pieces, first_pieces = text_pieces(tokens)
    numbers: list[ReferenceNumber] = []
    for index, token in enumerate(tokens):
        if not token.folded.isdigit():
            continue
        first, last = index, index
        if index and tokens[index - 1].folded == "over" and tokens[index - 1].gap == " ":
            first -= 1
        if index + 1 < len(tokens) and token.gap == " " and tokens[index + 1].folded in NUMBER_UNITS:
            last += 1
        forecast = is_forecast(pieces, first_pieces[first], first_pieces[last] + 1, numbers, first_pieces)
        value = int(token.folded) + (0.5 if first < index else 0)
        unit = NUMBER_UNITS[tokens[last].folded] if last > index else ""
        numbers.append(ReferenceNumber(first, last, value, unit, forecast))
    return numbers


def text_pieces(tokens: tuple[ReferenceToken, ...]) -> tuple[list[str], list[int]]:
    """Return the words and signs of a text, and the first of each token: an invisible letter splits a word."""
    pieces: list[str] = []
    first_pieces = []
    for token in tokens:
        first_pieces.append(len(pieces))
        parts = re.findall(r"\w+|[^\w\s]", token.spelling)
        pieces += [token.folded] if len(parts) == 1 else parts
        pieces += token.gap.split()
    return pieces, first_pieces


def is_forecast(
    pieces: list[str], start: int, end: int, numbers: list[ReferenceNumber], first_pieces: list[int]
) -> bool:
    """Return whether "will" is before the number in its clause, or after it; a list goes on after a forecast."""
    for index in range(start - 1, max(-1, start - 13), -1):
        if pieces[index] == "will":
            return True
        if pieces[index] == ",":
            if numbers and numbers[-1].is_forecast and index - first_pieces[numbers[-1].last] - 1 <= 6:
                return True
            break
    after = list(takewhile(lambda piece: piece.isalpha() and piece != "and", pieces[end : end + 8]))
    return "will" in after


def number_of_word(tokens: tuple[ReferenceToken, ...], first: int, last: int, dimension: str):
    """Return the number said of the words first … last."""
    numbers = numbers_in(tokens)
    if not any(token.folded.isdigit() for token in tokens[first : last + 1]):
        nearby = [number for number in numbers if number.first <= first and last <= number.last]
        if nearby and dimension in ("", nearby[0].dimension):
            return nearby[0]
    fitting = [number for number in numbers if number.dimension == dimension]
    before = [number for number in fitting if number.last < first][-1:]
    after = [number for number in fitting if number.first > last][:1]
    before = [number for number in before if words_between(numbers, number.last, first) <= NUMBER_REACH_TOKENS]
    after = [number for number in after if words_between(numbers, last, number.first) <= NUMBER_REACH_TOKENS]
    if before and not after:
        return before[0]
    if before and after:
        return after[0] if is_separated(tokens, before[0], first) and is_linked(tokens, last, after[0]) else before[0]
    return after[0] if after else None


def words_between(numbers: list[ReferenceNumber], start: int, end: int) -> int:
    """Return the number of words between two tokens that are not of a number."""
    inside = [number for number in numbers if start < number.first and number.last < end]
    return end - start - 1 - sum(number.last - number.first + 1 for number in inside)


def is_separated(tokens: tuple[ReferenceToken, ...], number: ReferenceNumber, first: int) -> bool:
    between = tokens[number.last + 1 : first]
    gaps = [token.gap.strip() for token in tokens[number.last : first]]
    return any(gaps) or any(token.folded == "and" for token in between)


def is_linked(tokens: tuple[ReferenceToken, ...], last: int, number: ReferenceNumber) -> bool:
    """Return whether only "at" is between the word and the number after it, without a comma."""
    between = tokens[last + 1 : number.first]
    if tokens[last].gap == ", " or len(between) > 2:
        return False
    return all((token.folded, token.gap) == ("at", " ") for token in between)


def number_hits(operand: tuple, limit: tuple, forecasts: bool, document, lists, scope) -> set[HitSpan] | None:
    sign, low, high, unit = limit
    size = 1000 if unit == "km" else 1
    dimension = "m" if unit in ("km", "metres") else unit
    hits: set[HitSpan] = set()
    for segment, first, last in evaluate(operand, document, lists, scope) or ():
        tokens = document.segments[segment]
        number = number_of_word(tokens, first, last, dimension)
        if number is None or (number.is_forecast and not forecasts):
            continue
        value = number.value * (1000 if dimension == "m" and number.unit == "km" else 1)
        holds = {
            ">": value > low * size,
            "<": value < low * size,
            ">=": value >= low * size,
            "=": value == low * size,
            "between": low * size <= value <= high * size,
        }[sign]
        if holds:
            hits |= {(segment, first, last), (segment, number.first, number.last)}
    return hits or None


def match_reference(node: tuple, within: str, on: set[str], claims: list[ReferenceClaim], fields: dict, lists: dict):
    """Return the claims of an update that fire and the hits in its findings; None if the rule does not match."""
    segments = {index: claim.tokens for index, claim in enumerate(claims)}
    field_segments = {}
    for scope, values in fields.items():
        field_segments[scope] = tuple(range(len(segments), len(segments) + len(values)))
        segments.update(zip(field_segments[scope], values, strict=True))
    current = [index for index, claim in enumerate(claims) if claim.novelty != "withdrawn"]
    title_indexes = tuple(index for index in current if claims[index].role == "title")
    body = tuple(index for index in current if index not in title_indexes)
    paragraphs: list[list[int]] = []
    for index in body:
        if paragraphs and claims[index].continues:
            paragraphs[-1].append(index)
        else:
            paragraphs.append([index])
    order = tuple(map(tuple, paragraphs)), body
    eligible = {index for index, claim in enumerate(claims) if claim.novelty in on and not claim.is_noise}
    hits: set[HitSpan] = set()
    for window in match_windows(within, on, claims, current):
        window_hits = evaluate(
            node, ReferenceDocument(window, title_indexes, segments, field_segments, *order), lists
        )
        window_hits = {hit for hit in window_hits or () if hit[0] in window}
        if any(hit[0] in eligible for hit in window_hits) and (within != "claim" or window[0] in eligible):
            hits |= window_hits
    fired_indexes = {hit[0] for hit in hits} & eligible
    shown = {hit for hit in hits if claims[hit[0]].novelty and not is_whole_claim(node, hit, claims)}
    return (fired_indexes, shown) if fired_indexes else None


def is_whole_claim(node: tuple, hit: HitSpan, claims: list[ReferenceClaim]) -> bool:
    """Return whether the hit is that of `*`, which shows no words. Every claim ends with a word of no other term."""
    return has_all(node) and hit[1:] == (0, len(claims[hit[0]].tokens) - 1)


def has_all(node: tuple) -> bool:
    return node == ("all",) or any(isinstance(part, tuple) and has_all(part) for part in node)


def match_windows(within: str, on: set[str], claims: list[ReferenceClaim], current: list[int]):
    if within == "update":
        yield tuple(index for index in range(len(claims)) if index in current or "withdrawn" in on)
        return
    for index, claim in enumerate(claims):
        window = {index}
        if within == "passage":
            if index in current and index - 1 in current:
                window.add(index - 1)
            if claim.heading is not None:
                window.add(claim.heading)
        yield (index, *sorted(window - {index}))
