"""How the cost of matching grows with the number of rules, beside the cost of cutting the text into words.

    python benchmarks/rules.py

Random rules over a vocabulary in which words are as unevenly common as in prose; updates of 600 words in 30 claims.
Prints CPU milliseconds an update; compare ratios of one run.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from random import Random

from monitor.model import Claim, Finding, Novelty, Role, Update
from monitor.ruleset.match import match
from monitor.ruleset.page import _page
from monitor.ruleset.parse import compile_query
from monitor.ruleset.rule import Rule, RuleSet

COUNTS = (10, 100, 1_000, 10_000)
UPDATES, CLAIMS, WORDS = 40, 30, 20
VOCABULARY = 30_000  # words; a year of one news desk has more
SYLLABLES = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "is", "on")]


def vocabulary(random: Random, size: int) -> list[str]:
    """Distinct made-up words, the common ones shorter."""
    found: dict[str, None] = {}
    while len(found) < size:
        found["".join(random.choices(SYLLABLES, k=1 + min(2, len(found) // 60) + random.randint(0, 1)))] = None
    return list(found)


def query(random: Random, words: list[str]) -> str:
    """A query of the kinds that analysts write; its words are rarer than those of prose."""
    rare = [random.choice(words[200:]) for _ in range(6)]
    return random.choice(
        [
            "{0} AND ({1} OR {2}*) AND NOT {3}",
            "({0} OR {1} OR {2}) NEAR/8 ({3} OR {4}*)",
            '"{0} {1}" OR {2} NEAR/5 {3}',
            "{0}* AND {1} AND {2}",
            "title:{0} OR ({1} BEFORE/6 {2}*)",
        ]
    ).format(*rare)


def update_of(random: Random, words: list[str], weights: list[float], number: int) -> tuple[Update, list[Finding]]:
    """An update whose claims are all new."""
    texts = [" ".join(random.choices(words, weights, k=WORDS)).capitalize() + "." for _ in range(CLAIMS)]
    findings = [Finding(Claim(text, Role.SENTENCE), Novelty.NEW, 0.0, (), None, "s") for text in texts]
    return Update("source", f"entry {number}", 0.0, texts[0], "https://example.org", ""), findings


def cpu(*works: Callable[[], object]) -> list[float]:
    """The least CPU milliseconds an update of each work in several rounds, taken turn by turn."""
    least = [float("inf")] * len(works)
    for _ in range(15):
        for at, work in enumerate(works):
            started = time.process_time()
            work()
            least[at] = min(least[at], (time.process_time() - started) * 1000 / UPDATES)
    return least


def tokenise(text: str) -> list[tuple[str, int, int]]:
    """The words of a text with their positions, at the plainest."""
    return [(found[0], found.start(), found.end()) for found in re.finditer(r"\w+", text.lower())]


def main() -> None:
    """Prints one line for each number of rules."""
    random = Random(1)
    words = vocabulary(random, VOCABULARY)
    weights = [1 / (rank + 3) for rank in range(len(words))]
    updates = [update_of(random, words, weights, number) for number in range(UPDATES)]
    texts = [finding.claim.text for _, findings in updates for finding in findings]
    rules: list[Rule] = []
    first = 0.0
    for count in COUNTS:
        started = time.process_time()
        while len(rules) < count:
            compiled, _ = compile_query(query(random, words), {})
            if compiled:
                rules.append(Rule(f"rule-{len(rules)}", "", compiled))
        rule_set = RuleSet(tuple(rules))
        compiling = time.process_time() - started
        held = candidates = 0
        for update, findings in updates:
            candidates += len(rule_set.shortlist(update, findings))
            held += len(match(rule_set, update, findings))
        plain, cost = cpu(lambda: [tokenise(text) for text in texts], lambda rules=rule_set: matched(rules, updates))
        first = first or cost / plain
        print(
            f"{count:6,} rules{cost:8.3f} ms   tokenising{plain:6.3f} ms   {cost / plain:5.2f} x   "
            f"{cost / plain / first:5.2f} x {COUNTS[0]} rules"
            f"{candidates / UPDATES:9.1f} asked {held / UPDATES:7.1f} held   (compiled in {compiling:.1f} s)"
        )


def matched(rules: RuleSet, updates: list[tuple[Update, list[Finding]]]) -> None:
    """All updates matched, each read anew."""
    _page.cache_clear()
    for update, findings in updates:
        match(rules, update, findings)


if __name__ == "__main__":
    main()
