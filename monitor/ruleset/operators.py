"""The registry of the query language: every form that a query may hold, with its meaning and examples.

To add an operator that stands between two terms, write one decorated function here. The parser reads its word from
this registry, the tests run its examples, and the table in docs/rules.md is made from it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from monitor.ruleset.query import Near
from monitor.ruleset.reading import Spans

FAR = 1 << 23  # more words than any claim has, fewer than lie between two


@dataclass(frozen=True, slots=True)
class Operator:
    """One form of the language. `holds` and `fails` are pairs of a query and a text.

    `near` is set for what stands between two terms; `/n` at the end of `word` takes a distance in words.
    """

    word: str
    meaning: str
    holds: tuple[tuple[str, str], ...]
    fails: tuple[tuple[str, str], ...]
    near: Near | None = None


OPERATORS: dict[str, Operator] = {}


def form(word: str, meaning: str, *, holds: tuple[tuple[str, str], ...], fails: tuple[tuple[str, str], ...]) -> None:
    """Registers a form that the grammar itself knows."""
    OPERATORS[word] = Operator(word, meaning, holds, fails)


def between(
    word: str, meaning: str, *, holds: tuple[tuple[str, str], ...], fails: tuple[tuple[str, str], ...]
) -> Callable[[Near], Near]:
    """Registers a function of the words met on the left and on the right and of n as an operator."""

    def register(near: Near) -> Near:
        OPERATORS[word] = Operator(word, meaning, holds, fails, near)
        return near

    return register


form(
    "word",
    "The whole word, in any case, with or without accents. Scripts without spaces need no word bounds.",
    holds=(("troops", "Troops arrived."), ("zelensky", "Zélensky spoke."), ("朝鮮", "北朝鮮軍が到着した")),
    fails=(("troop", "Troops arrived."),),
)
form(
    "stem*",
    "Every word that begins so.",
    holds=(("deploy*", "The deployment began."),),
    fails=(("deploy*", "They redeployed."),),
)
form(
    '"a phrase"',
    'These words side by side in this order. The last letters of a word may be left open: `"north korea*"`.',
    holds=(('"north korea*"', "North Korean troops"), ('"north korea*"', "north-Koreans")),
    fails=(('"north korea*"', "Korea, north of the line"),),
)
form(
    '"a b"~n',
    "The phrase with up to n other words in it.",
    holds=(('"troops kursk"~2', "troops are in Kursk"),),
    fails=(('"troops kursk"~2', "troops are now in Kursk"), ('"troops kursk"~2', "Kursk troops")),
)
form(
    "word~n",
    "Words at most n edits away; an edit adds, drops or replaces a letter, or swaps two.",
    holds=(("kursk~1", "near Krusk"), ("pokrovsk~2", "in Pokrowks")),
    fails=(("kursk~1", "near Kurskaya"),),
)
form(
    "/regex/",
    "An RE2 regular expression that spans whole words, in any case.",
    holds=(("/cve-20[0-9]{2}-[0-9]+/", "CVE-2026-12345 is exploited"),),
    fails=(("/cve/", "cves"),),
)
form(
    "@name",
    "Any entry of that list in aliases.yaml.",
    holds=(("@dprk", "The DPRK objects"), ("@dprk", "a North Korean officer")),
    fails=(("@dprk", "South Korea objects"),),
)
form(
    "title: text: url: author: tag:",
    "The term or bracket that follows, in that place only. Without one, title and text are seen.",
    holds=(("text:troops AND NOT title:troops", "The troops left."),),
    fails=(("title:troops", "The troops left."),),
)
form(
    "a > 10000",
    "A number said of the word: `>`, `>=`, `<`, `<=`, `=`.",
    holds=(
        ("soldier* > 10000", "Up to 12,000 North Korean soldiers are there."),
        ("soldier* >= 3000", "The number of soldiers rose to three thousand."),
    ),
    fails=(("soldier* > 10000", "3,000 soldiers and 12,000 shells arrived."),),
)
form(
    "a AND b",
    "Both. Two terms side by side mean the same: `a b`.",
    holds=(("troops AND kursk", "Troops left Kursk."), ("troops kursk", "Troops left Kursk.")),
    fails=(("troops AND kursk", "Troops left."),),
)
form(
    "a OR b",
    "Either. AND binds tighter than OR: `a OR b AND c` is `a OR (b AND c)`.",
    holds=(("troops OR kursk", "Troops left."),),
    fails=(("troops OR kursk", "They left."),),
)
form(
    "NOT a",
    "Not there. A query needs something beside it that must be met.",
    holds=(("troops AND NOT football", "Troops left."),),
    fails=(("troops AND NOT football", "Troops play football."),),
)
form(
    "( )",
    "Brackets bind first.",
    holds=(("(troops OR soldiers) AND kursk", "Soldiers left Kursk."),),
    fails=(("(troops OR soldiers) AND kursk", "Soldiers left."),),
)


@between(
    "NEAR/n",
    "At most n words apart, in any order, in the same claim; neighbours are 1 apart. "
    "A chain is read from the left: in `a NEAR/3 b NEAR/5 c`, c is near one of the a and b that are near.",
    holds=(("troops NEAR/3 kursk", "troops are in Kursk"), ("troops NEAR/3 kursk", "Kursk troops")),
    fails=(("troops NEAR/3 kursk", "troops are now in Kursk"), ("troop* NEAR/3 troops", "troops")),
)
def near(left: Spans, right: Spans, n: int) -> Spans:
    """The words of either side that stand at most n from one of the other."""
    return sorted({*before(left, right, n), *before(right, left, n)})


@between(
    "BEFORE/n",
    "As NEAR/n, and the left side stands first.",
    holds=(("troops BEFORE/3 kursk", "troops are in Kursk"),),
    fails=(("troops BEFORE/3 kursk", "Kursk troops"),),
)
def before(left: Spans, right: Spans, n: int) -> Spans:
    """The words of the left that end at most n before one of the right begins, and those of the right."""
    starts, ends = sorted(span[0] for span in right), sorted(span[1] for span in left)
    found = set()
    for span in left:
        at = bisect_right(starts, span[1])
        if at < len(starts) and starts[at] - span[1] <= n:
            found.add(span)
    for span in right:
        at = bisect_left(ends, span[0])
        if at and span[0] - ends[at - 1] <= n:
            found.add(span)
    return sorted(found)


@between(
    "SAME SENTENCE",
    "Both in the same claim: one sentence, bullet or headline.",
    holds=(("troops SAME SENTENCE kursk", "Troops were seen on their way to the town of Kursk."),),
    fails=(("troops SAME SENTENCE kursk", "Troops left. Kursk is quiet."),),
)
def same_sentence(left: Spans, right: Spans, n: int) -> Spans:
    """The words of either side that share a claim with another of the other."""
    return near(left, right, FAR)
