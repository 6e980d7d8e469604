"""The shortlist leaves out only rules that cannot hold."""

from random import Random

from kit.rules import matches

from monitor.model import Claim, Finding, Novelty, Role, Update
from monitor.ruleset.match import hold
from monitor.ruleset.page import page_of
from monitor.ruleset.parse import compile_query
from monitor.ruleset.rule import Rule, RuleSet, Within

WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeio" for c in "lmnrst"]


def random_query(random: Random) -> str:
    def term() -> str:
        word = random.choice(WORDS)
        return random.choice([word, f"{word[:2]}*", f'"{word} {random.choice(WORDS)}"', f"{word}~1", f"title:{word}"])

    if random.random() < 0.5:
        return f"{term()} AND ({term()} OR tag:kar)"
    joint = random.choice([" AND ", " OR ", " AND NOT "])
    return f"({term()} OR {term()}){joint}{term()}"


def rules_of(random: Random, count: int) -> RuleSet:
    compiled = [compile_query(random_query(random), {})[0] for _ in range(count)]
    return RuleSet(
        tuple(
            Rule(f"r{at}", "", query, within=random.choice(list(Within)))
            for at, query in enumerate(compiled)
            if query is not None
        )
    )


def test_matching_with_the_shortlist_finds_what_asking_every_rule_finds():
    random = Random(7)
    rules = rules_of(random, 400)
    held = 0
    for _ in range(30):
        claims = [Claim(" ".join(random.choices(WORDS, k=8)), Role.SENTENCE) for _ in range(4)]
        findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in claims]
        update = Update("s", "e", 0.0, " ".join(random.choices(WORDS, k=4)), "", "", tags=("kar",))

        found = matches(rules, update, findings, claims)

        assert found == tuple(m for rule in rules.rules if (m := hold(rule, update, findings, claims)))
        held += len(found)
    assert held > 100


def test_a_rule_whose_needed_word_is_absent_is_not_asked():
    named = [Rule(name, "", compile_query(query, {})[0]) for name, query in RARE.items()]
    said = [Claim("Troops left Kursk.", Role.SENTENCE), Claim("Rain fell for 3 days.", Role.SENTENCE)]
    findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in said]

    short = RuleSet(tuple(named)).could_hold(page_of(Update("s", "e", 0.0, "Kursk", "", ""), findings, (), ()))

    assert [rule.name for rule, _ in short] == ["both", "stem", "edits", "regex", "number"]


RARE = {
    "both": "troops AND kursk",
    "absent": "troops AND belgorod",
    "in another claim": "troops AND rain",
    "stem": "(bel* OR kur*) AND troops",
    "absent stem": "troops belgor*",
    "absent phrase": '"kursk oblast"',
    "edits": "krusk~1",
    "too many edits": "kurskaya~1",
    "regex": "/k.rsk/",
    "absent regex": "/belg.*/",
    "number": "rain > 5",
    "no number": "troops > 5",
    "title": "title:kursk",
}
