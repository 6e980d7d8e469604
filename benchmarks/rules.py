"""How the cost of matching grows with the number of rules, beside the cost of cutting the text into words.

    python benchmarks/rules.py

Random rules over a vocabulary in which words are as unevenly common as in prose; updates of 600 words in 30 claims.
Three sets: the queries that analysts write most, over a wide vocabulary and over a narrow one (in which three times
as many rules come near); and a fifth each of regexes, edits, stems, phrases with nearness, and figures, that need no
other word and mostly name what seldom comes up. Every round brings updates that were not seen before, whose words
mostly were. Prints CPU milliseconds an update; compare ratios of one run. Exits 1 if a ratio is past what it must be.
"""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from monitor.assess import Listening
from monitor.assess import match as holding
from monitor.model import Claim, Finding, Novelty, Role, Update
from monitor.ruleset.page import page_of
from monitor.ruleset.parse import compile_query
from monitor.ruleset.rule import Rule, RuleSet

COUNTS = (10, 100, 1_000, 10_000)
UPDATES, CLAIMS, WORDS, ROUNDS = 40, 30, 20, 30
MUST_COST, MUST_GROWTH = 4.0, 4.0  # of tokenising; from 10 rules to 10,000
MUST_SECONDS, MUST_MEGABYTES = 5.0, 150.0  # to compile and keep 10,000 rules
SYLLABLES = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "is", "on")]
PLAIN = (
    "{0} AND ({1} OR {2}*) AND NOT {3}",
    "({0} OR {1} OR {2}) NEAR/8 ({3} OR {4}*)",
    '"{0} {1}" OR {2} NEAR/5 {3}',
    "{0}* AND {1} AND {2}",
    "title:{0} OR ({1} BEFORE/6 {2}*)",
)
MIXED = ("/{0}-?[0-9]+|{1}(e|er|ing)?/", "{0}~1", "{0}*", '"{0} {1}" OR {2} NEAR/5 {3}', "{0}* > 10000")
# words of the texts, further words that only rules name, forms
SETS = {"wide": (30_000, 0, PLAIN), "narrow": (12_000, 0, PLAIN), "mixed": (12_000, 200_000, MIXED)}
Brought = tuple[Update, tuple[Finding, ...]]


def vocabulary(random: Random, size: int) -> list[str]:
    """Distinct made-up words, the common ones shorter."""
    found: dict[str, None] = {}
    while len(found) < size:
        found["".join(random.choices(SYLLABLES, k=1 + min(2, len(found) // 60) + random.randint(0, 1)))] = None
    return list(found)


def query(random: Random, words: Sequence[str], forms: Sequence[str]) -> str:
    """A query of one of the forms; its words are rarer than those of prose."""
    return random.choice(forms).format(*(words[random.randrange(200, len(words))] for _ in range(6)))


def update_of(random: Random, words: Sequence[str], weights: Sequence[float], number: int) -> Brought:
    """An update whose claims are all new; a quarter of them hold a figure."""
    texts = []
    for _ in range(CLAIMS):
        said = random.choices(words, weights, k=WORDS)
        if random.random() < 0.25:
            said[random.randrange(WORDS)] = f"{random.randint(1, 40)},{random.randint(0, 999):03}"
        texts.append(" ".join(said).capitalize() + ".")
    findings = tuple(Finding(Claim(text, Role.SENTENCE), Novelty.NEW, 0.0, (), None, "s") for text in texts)
    return Update("source", f"entry {number}", 0.0, texts[0], "https://example.org", ""), findings


def rules_of(random: Random, words: Sequence[str], forms: Sequence[str], count: int) -> list[Rule]:
    """Random rules."""
    found: list[Rule] = []
    while len(found) < count:
        compiled, _ = compile_query(query(random, words, forms), {})
        if compiled:
            found.append(Rule(f"rule-{len(found)}", "", compiled))
    return found


def cpu(rounds: Sequence[Sequence[Brought]], *works: Callable[[Sequence[Brought]], object]) -> list[float]:
    """The least CPU milliseconds an update of each work in several rounds of new updates, taken turn by turn."""
    return [
        min(times) for times in zip(*([spent(work, updates) for work in works] for updates in rounds), strict=True)
    ]


def spent(work: Callable[[Sequence[Brought]], object], updates: Sequence[Brought]) -> float:
    """The CPU milliseconds an update of a work."""
    return seconds(lambda: work(updates)) * 1000 / len(updates)


def seconds(work: Callable[[], object]) -> float:
    """The CPU seconds of a work."""
    started = time.process_time()
    work()
    return time.process_time() - started


def tokenise(text: str) -> list[tuple[str, int, int]]:
    """The words of a text with their positions, at the plainest."""
    return [(found[0], found.start(), found.end()) for found in re.finditer(r"\w+", text.lower())]


def tokenised(updates: Sequence[Brought]) -> list[list[tuple[str, int, int]]]:
    """The words of every claim of some updates."""
    return [tokenise(finding.claim.text) for _, findings in updates for finding in findings]


def matched(rules: RuleSet, updates: Sequence[Brought]) -> int:
    """How many rules hold, each update read anew."""
    nothing: Any = None  # of the past is asked for by rules without sources
    listening = Listening(rules)
    return sum(len(holding(update, (), findings, nothing, listening, 0.0)) for update, findings in updates)


def asked(rules: RuleSet, updates: Sequence[Brought]) -> int:
    """How many rules are evaluated."""
    return sum(len(rules.could_hold(page_of(update, findings, (), ()))) for update, findings in updates)


def drawn(name: str) -> tuple[list[Rule], list[list[Brought]]]:
    """The rules of a set, and the updates of each round."""
    random = Random(1)
    size, further, forms = SETS[name]
    words = vocabulary(random, size + further)
    weights = [1 / (rank + 3) for rank in range(size)]
    every = rules_of(random, words, forms, max(COUNTS))
    return every, [
        [update_of(random, words[:size], weights, number) for number in range(UPDATES)] for _ in range(ROUNDS)
    ]


def measure(name: str) -> bool:
    """Prints one line for each number of rules of a set; is everything as it must be?"""
    every, rounds = drawn(name)
    first = ratio = 0.0
    print(f"{name}: a vocabulary of {SETS[name][0]:,} words")
    for count in COUNTS:
        rules = RuleSet(tuple(every[:count]))
        cold = spent(partial(matched, rules), rounds[0])
        plain, cost = cpu(rounds[1:], tokenised, partial(matched, rules))
        ratio = cost / plain
        first = first or ratio
        print(
            f"{count:6,} rules{cost:8.3f} ms   tokenising{plain:6.3f} ms   {ratio:5.2f} x   "
            f"{ratio / first:5.2f} x {COUNTS[0]} rules{asked(rules, rounds[0]) / UPDATES:9.1f} asked"
            f"{matched(rules, rounds[0]) / UPDATES:7.1f} held   (words met for the first time:{cold:7.3f} ms)"
        )
    print(f"  must be {MUST_COST:g} x tokenising or less, and {MUST_GROWTH:g} x {COUNTS[0]} rules or less")
    return compiles(name) and ratio <= MUST_COST and ratio / first <= MUST_GROWTH


def compiles(name: str) -> bool:
    """Prints the cost of compiling a set in a process of its own; is it as it must be?"""
    done = subprocess.run([sys.executable, __file__, "compile", name], check=True, stdout=subprocess.PIPE, text=True)
    took, grown = map(float, done.stdout.split())
    print(
        f"  {max(COUNTS):,} rules compiled in {took:.1f} s (must be {MUST_SECONDS:g}) "
        f"and kept in {grown:.0f} MB (must be {MUST_MEGABYTES:g})\n"
    )
    return took < MUST_SECONDS and grown < MUST_MEGABYTES


def compile_set(name: str) -> None:
    """Prints the CPU seconds and the megabytes that a set costs, its first updates included."""
    random = Random(1)
    size, further, forms = SETS[name]
    words = vocabulary(random, size + further)
    updates = [update_of(random, words[:size], [1.0] * size, number) for number in range(UPDATES)]
    matched(RuleSet(tuple(rules_of(random, words, forms, 5))), updates)  # what is imported and cached anyway
    gc.collect()
    before, started = peak(), time.process_time()
    rules = RuleSet(tuple(rules_of(random, words, forms, max(COUNTS))))
    took = time.process_time() - started
    matched(rules, updates)
    print(took, peak() - before)


def peak() -> float:
    """The most megabytes that this process has held (Linux)."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("ascii"))
    return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    """Measures every set, or those that are named."""
    if sys.argv[1:2] == ["compile"]:
        compile_set(sys.argv[2])
        return
    results = [measure(name) for name in sys.argv[1:] or SETS]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
