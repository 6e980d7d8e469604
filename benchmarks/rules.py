"""Measures how the cost of matching grows with the number of rules, relative to the cost of tokenizing the text.

    python benchmarks/rules.py [SET ...]

Random rules over a vocabulary with the word frequencies of prose; updates of 600 words in 30 claims. Four sets: the
most common kinds of queries, over a wide vocabulary and over a narrow one (in which three times as many rules are
evaluated); a fifth each of regexes, edits, stems, phrases with proximity, and figures, which need no other word and
mostly name rare words; and the common kinds with a fifth of single words in exact case, half of them in a case that
no text has. Every round has new updates, most of whose words are known. Prints CPU milliseconds per update; compare
the ratios of one run. Exits 1 if a limit is exceeded.
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

from monitor.assess import Policy, match_rules
from monitor.model import Claim, Finding, Novelty, Role, Update
from monitor.ruleset.document import cached_document
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.rule import Rule, RuleSet

COUNTS = (10, 100, 1_000, 10_000)
UPDATES, CLAIMS, WORDS, ROUNDS = 40, 30, 20, 30
MAX_COST, MAX_GROWTH = 4.0, 4.0  # times tokenizing; from 10 rules to 10,000
MAX_SECONDS, MAX_MEGABYTES = 5.0, 150.0  # to compile and keep 10,000 rules
SYLLABLES = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "is", "on")]
PLAIN = (
    "{0} AND ({1} OR {2}*) AND NOT {3}",
    "({0} OR {1} OR {2}) NEAR/8 ({3} OR {4}*)",
    '"{0} {1}" OR {2} NEAR/5 {3}',
    "{0}* AND {1} AND {2}",
    "title:{0} OR ({1} BEFORE/6 {2}*)",
)
EXACT = (*PLAIN[:4], "={0}", *PLAIN[:4], "={6}")
MIXED = ("/{0}-?[0-9]+|{1}(e|er|ing)?/", "{0}~1", "{0}*", '"{0} {1}" OR {2} NEAR/5 {3}', "{0}* > 10000")
# name -> words of the texts, further words that only rules name, forms of queries
SETS = {
    "wide": (30_000, 0, PLAIN),
    "narrow": (12_000, 0, PLAIN),
    "exact": (12_000, 200_000, EXACT),
    "mixed": (12_000, 200_000, MIXED),
}
UpdateWithFindings = tuple[Update, tuple[Finding, ...]]


def vocabulary(random: Random, size: int) -> list[str]:
    """Return distinct made-up words, the common ones shorter."""
    words: dict[str, None] = {}
    while len(words) < size:
        words["".join(random.choices(SYLLABLES, k=1 + min(2, len(words) // 60) + random.randint(0, 1)))] = None
    return list(words)


def random_query(random: Random, words: Sequence[str], forms: Sequence[str]) -> str:
    """Return a query of one of the forms; its words are rarer than those of prose, and the last is in capitals."""
    form = random.choice(forms)
    chosen = [words[random.randrange(200, len(words))] for _ in range(6)]
    return form.format(*chosen, chosen[0].upper())


def random_update(random: Random, words: Sequence[str], weights: Sequence[float], number: int) -> UpdateWithFindings:
    """Return an update whose claims are all new; a quarter of them have a figure."""
    texts = []
    for _ in range(CLAIMS):
        tokens = random.choices(words, weights, k=WORDS)
        if random.random() < 0.25:
            tokens[random.randrange(WORDS)] = f"{random.randint(1, 40)},{random.randint(0, 999):03}"
        texts.append(" ".join(tokens).capitalize() + ".")
    findings = tuple(Finding(Claim(text, Role.SENTENCE), Novelty.NEW, 0.0, (), None, "s") for text in texts)
    return Update("source", f"entry {number}", 0.0, texts[0], "https://example.org", ""), findings


def random_rules(random: Random, words: Sequence[str], forms: Sequence[str], count: int) -> list[Rule]:
    rules: list[Rule] = []
    while len(rules) < count:
        compiled, _ = compile_query(random_query(random, words, forms), {})
        if compiled:
            rules.append(Rule(f"rule-{len(rules)}", "", compiled))
    return rules


def least_cpu_ms(
    rounds: Sequence[Sequence[UpdateWithFindings]], *works: Callable[[Sequence[UpdateWithFindings]], object]
) -> list[float]:
    """Return the lowest CPU milliseconds per update of each function over several rounds, measured alternately."""
    return [
        min(times) for times in zip(*([cpu_ms(work, updates) for work in works] for updates in rounds), strict=True)
    ]


def cpu_ms(work: Callable[[Sequence[UpdateWithFindings]], object], updates: Sequence[UpdateWithFindings]) -> float:
    return cpu_seconds(lambda: work(updates)) * 1000 / len(updates)


def cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def tokenize(text: str) -> list[tuple[str, int, int]]:
    """Return the words of a text with their positions, by the simplest method."""
    return [(match[0], match.start(), match.end()) for match in re.finditer(r"\w+", text.lower())]


def tokenize_claims(updates: Sequence[UpdateWithFindings]) -> list[list[tuple[str, int, int]]]:
    return [tokenize(finding.claim.text) for _, findings in updates for finding in findings]


def count_matches(rules: RuleSet, updates: Sequence[UpdateWithFindings]) -> int:
    """Return the number of matches, with each update analyzed again."""
    no_history: Any = None  # rules without sources do not use it
    policy = Policy(rules)
    return sum(len(match_rules(update, (), findings, no_history, policy, 0.0)) for update, findings in updates)


def count_evaluated(rules: RuleSet, updates: Sequence[UpdateWithFindings]) -> int:
    return sum(len(rules.candidate_rules(cached_document(update, findings, (), ()))) for update, findings in updates)


def random_set(name: str) -> tuple[list[Rule], list[list[UpdateWithFindings]]]:
    """Return the rules of a set, and the updates of each round."""
    random = Random(1)
    size, further, forms = SETS[name]
    words = vocabulary(random, size + further)
    weights = [1 / (rank + 3) for rank in range(size)]
    all_rules = random_rules(random, words, forms, max(COUNTS))
    return all_rules, [
        [random_update(random, words[:size], weights, number) for number in range(UPDATES)] for _ in range(ROUNDS)
    ]


def measure(name: str) -> bool:
    """Print one line for each number of rules of a set. False if a limit is exceeded."""
    all_rules, rounds = random_set(name)
    first = ratio = 0.0
    print(f"{name}: a vocabulary of {SETS[name][0]:,} words")
    for count in COUNTS:
        rules = RuleSet(tuple(all_rules[:count]))
        cold = cpu_ms(partial(count_matches, rules), rounds[0])
        plain, cost = least_cpu_ms(rounds[1:], tokenize_claims, partial(count_matches, rules))
        ratio = cost / plain
        first = first or ratio
        print(
            f"{count:6,} rules{cost:8.3f} ms   tokenizing{plain:6.3f} ms   {ratio:5.2f} x   "
            f"{ratio / first:5.2f} x {COUNTS[0]} rules{count_evaluated(rules, rounds[0]) / UPDATES:9.1f} evaluated"
            f"{count_matches(rules, rounds[0]) / UPDATES:7.1f} matched   (with unknown words:{cold:7.3f} ms)"
        )
    print(f"  limits: {MAX_COST:g} x tokenizing, and {MAX_GROWTH:g} x {COUNTS[0]} rules")
    return check_compile_cost(name) and ratio <= MAX_COST and ratio / first <= MAX_GROWTH


def check_compile_cost(name: str) -> bool:
    """Print the cost of compiling a set in a separate process. False if a limit is exceeded."""
    done = subprocess.run([sys.executable, __file__, "compile", name], check=True, stdout=subprocess.PIPE, text=True)
    took, memory_growth = map(float, done.stdout.split())
    print(
        f"  {max(COUNTS):,} rules compiled in {took:.1f} s (limit {MAX_SECONDS:g}) "
        f"and kept in {memory_growth:.0f} MB (limit {MAX_MEGABYTES:g})\n"
    )
    return took < MAX_SECONDS and memory_growth < MAX_MEGABYTES


def compile_set(name: str) -> None:
    """Print the CPU seconds and megabytes of compiling a set, including its first updates."""
    random = Random(1)
    size, further, forms = SETS[name]
    words = vocabulary(random, size + further)
    updates = [random_update(random, words[:size], [1.0] * size, number) for number in range(UPDATES)]
    # Import and cache what does not depend on the number of rules.
    count_matches(RuleSet(tuple(random_rules(random, words, forms, 5))), updates)
    gc.collect()
    before, started = peak_memory(), time.process_time()
    rules = RuleSet(tuple(random_rules(random, words, forms, max(COUNTS))))
    took = time.process_time() - started
    count_matches(rules, updates)
    print(took, peak_memory() - before)


def peak_memory() -> float:
    """Return the peak memory of this process in megabytes (Linux)."""
    match = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("ascii"))
    return int(match[1]) / 1024 if match else 0.0


def main() -> None:
    if sys.argv[1:2] == ["compile"]:
        compile_set(sys.argv[2])
        return
    results = [measure(name) for name in sys.argv[1:] or SETS]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
