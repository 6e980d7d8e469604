"""The shortlist leaves out only rules that cannot hold."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from kit.rules import rule_matches
from rapidfuzz.distance import OSA

from monitor.model import Claim, Finding, Novelty, Role, Update
from monitor.ruleset.document import cached_document
from monitor.ruleset.match import match_rule
from monitor.ruleset.query import word_boundaries
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.query.figures import may_be_number, may_hide_number, stated_quantities
from monitor.ruleset.query.nodes import IndexKey
from monitor.ruleset.query.normalize import folded_words
from monitor.ruleset.query.regex_set import RegexSet
from monitor.ruleset.query.word_boundaries import compile_re2
from monitor.ruleset.query.word_index import WordIndex
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

        found = rule_matches(rules, update, findings, claims)

        assert found == tuple(m for rule in rules.rules if (m := match_rule(rule, update, findings, claims)))
        held += len(found)
    assert held > 100


def test_a_rule_whose_needed_word_is_absent_is_not_asked():
    named = [Rule(name, "", compile_query(query, {})[0]) for name, query in RARE.items()]
    said = [Claim("Troops left Kursk.", Role.SENTENCE), Claim("Rain fell for 3 days.", Role.SENTENCE)]
    findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in said]

    short = RuleSet(tuple(named)).candidate_rules(
        cached_document(Update("s", "e", 0.0, "Kursk", "", ""), findings, (), ())
    )

    assert [rule.name for rule, _ in short] == ["both", "stem", "edits", "regex", "number"]


def test_a_query_that_needs_nothing_before_its_own_nots_are_weighed_is_asked_everywhere():
    rule = Rule("any", "", compile_query("(storm OR NOT flood) AND NOT NOT storm", {})[0])
    said = [Claim("A storm is near.", Role.SENTENCE), Claim("All is quiet.", Role.SENTENCE)]
    findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in said]

    (match,) = rule_matches(RuleSet((rule,)), Update("s", "e", 0.0, "Kursk", "", ""), findings, said)

    assert match.finding_indexes == (0,)


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


NASTY = [
    *(
        "kursk",
        "Krusk",
        "Кursk",
        "kur\u200bsk",
        "ＫＵＲＳＫ",
        "kúrsk",
        "北朝鮮",
        "朝",
        "Київ",
        "п'ять",
        "t.e.n.",
        "½",
        "３０００",
    ),
    *(
        "dozen",
        "ten",
        "12,000",
        "cve-2026-1",
        "a",
        "troops",
        "troop",
        "te\u0301n",
        "Ukraine’s",
        "ß",
        "İzmir",
        "KN-23",
    ),
]
ASKED = [
    *(
        "kursk",
        "kurs*",
        "kursk~1",
        "krusks~2",
        "pokrovsk~3",
        "朝鮮",
        "київ",
        "/k.rsk/",
        "/^kursk/",
        "/sk$/",
        r"/\bten/",
    ),
    *(
        r"/[^k]ursk/",
        "/北朝/",
        "/cve-[0-9-]+/",
        "/kn-?[0-9]+/",
        "troop* > 5",
        "kursk < 5000",
        "title:kursk > 2",
        "izmir",
    ),
    *("title:/k.*k/", "title:kursk~1", "title:tro*", "tag:kar", "/strasse|ss/", "title:(troop OR kursk)", "朝 > 3"),
    *(
        "(kursk OR NOT a) AND troop*",
        "troop* NEAR/3 kurs*",
        '"ukraine s"',
        r"/\w+sk(\s|,)/",
        "/[0-9]{2}/",
        "author:ten",
    ),
]


def test_whatever_is_written_no_match_is_lost():
    random = Random(11)
    queries = [compile_query(query, {})[0] for query in ASKED]
    assert all(queries)
    every = [(query, within) for query in queries for within in Within]
    rules = RuleSet(tuple(Rule(f"r{at}", "", query, within=within) for at, (query, within) in enumerate(every)))
    held = set()
    for _ in range(60):
        texts = [" ".join(random.choices(NASTY, k=random.randint(0, 6))) for _ in range(4)]
        claims = [Claim(text, role) for text, role in zip(texts, [Role.TITLE, *[Role.SENTENCE] * 3], strict=True)]
        findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in claims]
        update = Update("s", "e", 0.0, texts[0], "https://example.org/kursk", "", "Ten", tags=("kar",))

        found = rule_matches(rules, update, findings, claims)

        assert found == tuple(m for rule in rules.rules if (m := match_rule(rule, update, findings, claims)))
        held |= {match.rule for match in found}
    assert len(held) > len(every) // 2


@given(st.text(st.sampled_from("teno п'ять½③0’ʼ.\u0301\u200b\u00adЯ三-s")))
def test_a_number_is_never_overlooked(text):
    if stated_quantities(text):
        assert may_hide_number(text) or any(map(may_be_number, folded_words(text)))


@given(st.text("abc", max_size=9), st.text("abc", min_size=7, max_size=9), st.integers(1, 3))
def test_words_some_edits_away_are_found_without_comparing_all(word, near, edits):
    lexicon = WordIndex({IndexKey("alike", near, max_edits=edits): 7})

    assert bool(lexicon[word]) == (OSA.distance(word, near) <= edits)


def test_as_many_regexes_as_anybody_writes_are_tried_at_once():
    random = Random(3)
    listed = [["".join(random.choices("bcdfghkl", k=14)) for _ in range(8)] for _ in range(1_500)]
    sources = [f"({'|'.join(alternatives)})[0-9]*" for alternatives in listed]
    many = RegexSet(sources)

    assert len(many.batches) > 1  # RE2 would have given up
    found = many.match_texts(["nothing", f"see {listed[7][3].upper()}, {listed[-1][0]}12"])
    assert {source: tried.segments for source, tried in found.items()} == {sources[7]: [1], sources[-1]: [1]}


def test_letters_of_common_alphabets_end_words_as_those_of_all_do():
    common, every = compile_re2(word_boundaries.COMMON_WORD_EDGE), compile_re2(word_boundaries.WORD_EDGE)
    letters = [chr(code) for code in range(0x110000) if word_boundaries.COMMON_TEXT.fullmatch(chr(code))]

    assert len(letters) > 800
    assert [letter for letter in letters if bool(common.fullmatch(letter)) != bool(every.fullmatch(letter))] == []
