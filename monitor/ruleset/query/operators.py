"""The registry of the query language: every form of a query, with its meaning and examples.

To add a proximity operator, write one decorated function here. The parser reads its name from this registry, the
tests run its examples, and the table in docs/rules.md is generated from it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from monitor.ruleset.query.context_nodes import ParagraphPair
from monitor.ruleset.query.nodes import ProximityOperator, ProximityPair
from monitor.ruleset.query.segments import TermSpans

UNLIMITED_DISTANCE = 1 << 23  # more words than any claim has, fewer than between positions of two claims


@dataclass(frozen=True, slots=True)
class Operator:
    """One form of the language. Examples are pairs of a query and a text that matches; counterexamples do not match.

    `proximity` is set for operators between two terms; `/n` at the end of `word` takes a distance in words. `pair` is
    the node that applies it.
    """

    word: str
    meaning: str
    examples: tuple[tuple[str, str], ...]
    counterexamples: tuple[tuple[str, str], ...]
    proximity: ProximityOperator | None = None
    pair: type[ProximityPair] = ProximityPair


OPERATORS: dict[str, Operator] = {}


def register_form(
    word: str, meaning: str, *, examples: tuple[tuple[str, str], ...], counterexamples: tuple[tuple[str, str], ...]
) -> None:
    """Register a form that the grammar defines."""
    OPERATORS[word] = Operator(word, meaning, examples, counterexamples)


def register_proximity(
    word: str,
    meaning: str,
    *,
    examples: tuple[tuple[str, str], ...],
    counterexamples: tuple[tuple[str, str], ...],
    pair: type[ProximityPair] = ProximityPair,
) -> Callable[[ProximityOperator], ProximityOperator]:
    """Register a function of the spans on the left, the spans on the right and the distance as an operator."""

    def register(proximity: ProximityOperator) -> ProximityOperator:
        OPERATORS[word] = Operator(word, meaning, examples, counterexamples, proximity, pair)
        return proximity

    return register


register_form(
    "word",
    "A whole word, ignoring case and accents. In scripts without spaces it matches anywhere.",
    examples=(("troops", "Troops arrived."), ("zelensky", "Zélensky spoke."), ("朝鮮", "北朝鮮軍が到着した")),
    counterexamples=(("troop", "Troops arrived."),),
)
register_form(
    "stem*",
    "Every word with this prefix.",
    examples=(("deploy*", "The deployment began."),),
    counterexamples=(("deploy*", "They redeployed."),),
)
register_form(
    '"a phrase"',
    'These words next to each other, in this order. Each word may be a stem: `"north korea*"`.',
    examples=(('"north korea*"', "North Korean troops"), ('"north korea*"', "north-Koreans")),
    counterexamples=(('"north korea*"', "Korea, north of the line"),),
)
register_form(
    '"a b"~n',
    "The phrase with up to n other words inside it.",
    examples=(('"troops kursk"~2', "troops are in Kursk"),),
    counterexamples=(('"troops kursk"~2', "troops are now in Kursk"), ('"troops kursk"~2', "Kursk troops")),
)
register_form(
    "word~n",
    "Words at most n edits away; an edit inserts, deletes or replaces a letter, or swaps two adjacent letters.",
    examples=(("kursk~1", "near Krusk"), ("pokrovsk~2", "in Pokrowks")),
    counterexamples=(("kursk~1", "near Kurskaya"),),
)
register_form(
    "=WHO",
    'A word, stem or phrase in exactly this case: `=WHO`, `=Apple*`, `="The Times"`. Accents are ignored.',
    examples=(("=WHO", "The WHO replied."), ('="Orange County"', "in Orange County")),
    counterexamples=(("=WHO", "Who replied?"), ("=US", "They left us.")),
)
register_form(
    "/regex/",
    "An RE2 regular expression that matches whole words, ignoring case.",
    examples=(("/cve-20[0-9]{2}-[0-9]+/", "CVE-2026-12345 is exploited"),),
    counterexamples=(("/cve/", "cves"),),
)
register_form(
    "@name",
    "Any entry of this list in `aliases.yaml`, or the query of this name.",
    examples=(("@dprk", "The DPRK objects"), ("@dprk", "a North Korean officer")),
    counterexamples=(("@dprk", "South Korea objects"),),
)
register_form(
    "title: text: url: author: tag:",
    "Limits the following term or group to that field. Without a scope, title and text are searched.",
    examples=(("text:troops AND NOT title:troops", "The troops left."),),
    counterexamples=(("title:troops", "The troops left."),),
)
register_form(
    "a > 10000",
    "A number stated for the word: `>`, `>=`, `<`, `<=`, `=`, in the same unit; see [numbers](#numbers).",
    examples=(
        ("soldier* > 10000", "Up to 12,000 North Korean soldiers are there."),
        ("soldier* >= 3000", "The number of soldiers rose to three thousand."),
        ("rate > 4.4%", "The bank raised its key rate from 4.25% to 4.5%."),
        ("damage > $1.5m", "Damage is put at two million dollars."),
    ),
    counterexamples=(
        ("soldier* > 10000", "3,000 soldiers and 12,000 shells arrived."),
        ("soldier* > 10000", "12,000 soldiers could arrive by June."),
        ("rate > 20", "The bank cut the rate by 25 basis points."),
    ),
)
register_form(
    "a between 3 and 5",
    "A number stated for the word, from 3 to 5; both count.",
    examples=(
        ("child* between 3 and 5", "Five children were found."),
        ("swell between 2 and 3 metres", "A swell of 2.5 metres."),
    ),
    counterexamples=(("child* between 3 and 5", "Two children were found."),),
)
register_form(
    "~a > 10000",
    "A number stated for the word, or a forecast or plan of one.",
    examples=(
        ("~worker* > 1000", "The yard will lay off 1,200 workers."),
        ("~worker* > 1000", "The yard has laid off 1,200 workers."),
    ),
    counterexamples=(("worker* > 1000", "The yard will lay off 1,200 workers."),),
)
register_form(
    "FIRST n a",
    "The term is in the title or among the first n words of the text. For several terms: `FIRST 50 (a OR b)`.",
    examples=(("FIRST 5 kursk", "Troops left Kursk on Monday."),),
    counterexamples=(("FIRST 5 monday", "Troops left Kursk late on Monday."),),
)
register_form(
    "ATLEAST n a",
    "The term occurs at least n times where the rule looks (`within`).",
    examples=(("ATLEAST 2 drone*", "A drone hit a plant. Another drone was shot down."),),
    counterexamples=(("ATLEAST 3 drone*", "A drone hit a plant. Another drone was shot down."),),
)
register_form(
    "*",
    'Everything: all news of the rule\'s sources (`match: "*"`), or all but what a `NOT` excludes.',
    examples=(("*", "Any text."), ("* AND NOT football", "Troops left.")),
    counterexamples=(("* AND NOT football", "Troops play football."),),
)
register_form(
    "a AND b",
    "Both terms match. Two adjacent terms mean the same: `a b`.",
    examples=(("troops AND kursk", "Troops left Kursk."), ("troops kursk", "Troops left Kursk.")),
    counterexamples=(("troops AND kursk", "Troops left."),),
)
register_form(
    "a OR b",
    "Either term matches. AND binds tighter than OR: `a OR b AND c` is `a OR (b AND c)`.",
    examples=(("troops OR kursk", "Troops left."),),
    counterexamples=(("troops OR kursk", "They left."),),
)
register_form(
    "NOT a",
    "The term does not match. A query needs at least one positive term.",
    examples=(("troops AND NOT football", "Troops left."),),
    counterexamples=(("troops AND NOT football", "Troops play football."),),
)
register_form(
    "( )",
    "Parentheses group terms.",
    examples=(("(troops OR soldiers) AND kursk", "Soldiers left Kursk."),),
    counterexamples=(("(troops OR soldiers) AND kursk", "Soldiers left."),),
)


@register_proximity(
    "NEAR/n",
    "At most n words apart, in any order, in the same claim; adjacent words are 1 apart. "
    "Chains are evaluated left to right: in `a NEAR/3 b NEAR/5 c`, c is near one of the matched a and b.",
    examples=(("troops NEAR/3 kursk", "troops are in Kursk"), ("troops NEAR/3 kursk", "Kursk troops")),
    counterexamples=(("troops NEAR/3 kursk", "troops are now in Kursk"), ("troop* NEAR/3 troops", "troops")),
)
def spans_near(left: TermSpans, right: TermSpans, n: int) -> TermSpans:
    """Return the spans of either side at most n words from a span of the other."""
    return sorted({*spans_before(left, right, n), *spans_before(right, left, n)})


@register_proximity(
    "BEFORE/n",
    "Like NEAR/n, with the left side first.",
    examples=(("troops BEFORE/3 kursk", "troops are in Kursk"),),
    counterexamples=(("troops BEFORE/3 kursk", "Kursk troops"),),
)
def spans_before(left: TermSpans, right: TermSpans, n: int) -> TermSpans:
    """Return the spans of the left that end at most n words before a span of the right, and those of the right."""
    starts, ends = sorted(span[0] for span in right), sorted(span[1] for span in left)
    spans = set()
    for span in left:
        index = bisect_right(starts, span[1])
        if index < len(starts) and starts[index] - span[1] <= n:
            spans.add(span)
    for span in right:
        index = bisect_left(ends, span[0])
        if index and span[0] - ends[index - 1] <= n:
            spans.add(span)
    return sorted(spans)


@register_proximity(
    "SAME SENTENCE",
    "Both terms match in the same claim: one sentence, bullet or headline.",
    examples=(("troops SAME SENTENCE kursk", "Troops were seen on their way to the town of Kursk."),),
    counterexamples=(("troops SAME SENTENCE kursk", "Troops left. Kursk is quiet."),),
)
def spans_in_same_sentence(left: TermSpans, right: TermSpans, n: int) -> TermSpans:
    """Return the spans of either side in a claim with a span of the other."""
    return spans_near(left, right, UNLIMITED_DISTANCE)


@register_proximity(
    "SAME PARAGRAPH",
    "Both terms match in the same paragraph or bullet of the page, which may have several sentences. The rule fires "
    "on any of them with one of them. In the examples, ¶ starts a new paragraph.",
    examples=(("troops SAME PARAGRAPH kursk", "Troops left. Kursk is quiet."),),
    counterexamples=(("troops SAME PARAGRAPH kursk", "Troops left. ¶ Kursk is quiet."),),
    pair=ParagraphPair,
)
def spans_in_same_paragraph(left: TermSpans, right: TermSpans, n: int) -> TermSpans:
    """Return the spans of either side, all in one paragraph, that do not overlap a span of the other."""
    return spans_near(left, right, n)
