"""The prefilter drops only rules that cannot match."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.rules import rule_matches
from rapidfuzz.distance import OSA

from monitor.model import Claim, Finding, Match, Novelty, Role, Update
from monitor.ruleset.document import cached_document
from monitor.ruleset.match import match_rule
from monitor.ruleset.query import word_boundaries
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.query.figures import may_be_number, may_hide_number
from monitor.ruleset.query.nodes import IndexKey
from monitor.ruleset.query.normalize import folded_words
from monitor.ruleset.query.regex_set import RegexSet
from monitor.ruleset.query.word_boundaries import compile_re2
from monitor.ruleset.query.word_index import WordIndex
from monitor.ruleset.rule import Rule, RuleSet, Within
from monitor.text.stated_numbers import stated_numbers

pytestmark = pytest.mark.slow

WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeio" for c in "lmnrst"]


def random_query(random: Random) -> str:
    def term() -> str:
        word = random.choice(WORDS)
        return random.choice([word, f"{word[:2]}*", f'"{word} {random.choice(WORDS)}"', f"{word}~1", f"title:{word}"])

    if random.random() < 0.5:
        return f"{term()} AND ({term()} OR tag:kar)"
    operator = random.choice([" AND ", " OR ", " AND NOT "])
    return f"({term()} OR {term()}){operator}{term()}"


def random_rules(random: Random, count: int) -> RuleSet:
    compiled = [compile_query(random_query(random), {})[0] for _ in range(count)]
    return RuleSet(
        tuple(
            Rule(f"r{number}", "", query, within=random.choice(list(Within)))
            for number, query in enumerate(compiled)
            if query is not None
        )
    )


def matches_of_every_rule(
    rules: RuleSet, update: Update, findings: list[Finding], claims: list[Claim]
) -> tuple[Match, ...]:
    return tuple(match for rule in rules.rules if (match := match_rule(rule, update, findings, claims)))


def test_matching_with_the_prefilter_equals_matching_every_rule():
    random = Random(7)
    rules = random_rules(random, 400)
    match_count = 0
    for _ in range(30):
        claims = [Claim(" ".join(random.choices(WORDS, k=8)), Role.SENTENCE) for _ in range(4)]
        findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in claims]
        update = Update("s", "e", 0.0, " ".join(random.choices(WORDS, k=4)), "", "", tags=("kar",))

        matches = rule_matches(rules, update, findings, claims)

        assert matches == matches_of_every_rule(rules, update, findings, claims)
        match_count += len(matches)
    assert match_count > 100


def test_a_rule_without_its_required_words_is_not_a_candidate():
    rules = [Rule(name, "", compile_query(query, {})[0]) for name, query in QUERIES_BY_NAME.items()]
    claims = [Claim("Troops left Kursk.", Role.SENTENCE), Claim("Rain fell for 3 days.", Role.SENTENCE)]
    findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in claims]
    document = cached_document(Update("s", "e", 0.0, "Kursk", "", ""), findings, (), ())

    candidates = RuleSet(tuple(rules)).candidate_rules(document)

    assert [rule.name for rule, _ in candidates] == ["both", "stem", "edits", "regex", "number"]


def test_a_query_without_required_keys_is_a_candidate_everywhere():
    rule = Rule("any", "", compile_query("(storm OR NOT flood) AND NOT NOT storm", {})[0])
    claims = [Claim("A storm is near.", Role.SENTENCE), Claim("All is quiet.", Role.SENTENCE)]
    findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in claims]

    (match,) = rule_matches(RuleSet((rule,)), Update("s", "e", 0.0, "Kursk", "", ""), findings, claims)

    assert match.finding_indexes == (0,)


QUERIES_BY_NAME = {
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


DIFFICULT_WORDS = [
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
DIFFICULT_QUERIES = [
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


def test_difficult_spellings_and_queries_lose_no_match():
    random = Random(11)
    queries = [compile_query(query, {})[0] for query in DIFFICULT_QUERIES]
    assert all(queries)
    combinations = [(query, within) for query in queries for within in Within]
    rules = RuleSet(
        tuple(Rule(f"r{number}", "", query, within=within) for number, (query, within) in enumerate(combinations))
    )
    matched_rules = set()
    for _ in range(60):
        texts = [" ".join(random.choices(DIFFICULT_WORDS, k=random.randint(0, 6))) for _ in range(4)]
        claims = [Claim(text, role) for text, role in zip(texts, [Role.TITLE, *[Role.SENTENCE] * 3], strict=True)]
        findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in claims]
        update = Update("s", "e", 0.0, texts[0], "https://example.org/kursk", "", "Ten", tags=("kar",))

        matches = rule_matches(rules, update, findings, claims)

        assert matches == matches_of_every_rule(rules, update, findings, claims)
        matched_rules |= {match.rule for match in matches}
    assert len(matched_rules) > len(combinations) // 2


@given(st.text(st.sampled_from("teno п'ять½③0’ʼ.\u0301\u200b\u00adЯ三-s")))
def test_every_stated_number_has_a_number_key(text):
    if stated_numbers(text):
        assert may_hide_number(text) or any(map(may_be_number, folded_words(text)))


@given(st.text("abc", max_size=9), st.text("abc", min_size=7, max_size=9), st.integers(1, 3))
def test_the_word_index_finds_words_within_some_edits(word, near, edits):
    index = WordIndex({IndexKey("alike", near, max_edits=edits): 7})

    assert bool(index[word]) == (OSA.distance(word, near) <= edits)


def test_many_regexes_are_searched_in_several_batches():
    random = Random(3)
    word_lists = [["".join(random.choices("bcdfghkl", k=14)) for _ in range(8)] for _ in range(1_500)]
    sources = [f"({'|'.join(alternatives)})[0-9]*" for alternatives in word_lists]
    regex_set = RegexSet(sources)

    assert len(regex_set.batches) > 1  # RE2 cannot compile them as one
    candidates = regex_set.match_texts(["nothing", f"see {word_lists[7][3].upper()}, {word_lists[-1][0]}12"])
    assert {source: found.segments for source, found in candidates.items()} == {sources[7]: [1], sources[-1]: [1]}


def test_word_edges_of_common_alphabets_equal_those_of_unicode():
    common_edge, any_edge = compile_re2(word_boundaries.COMMON_WORD_EDGE), compile_re2(word_boundaries.WORD_EDGE)
    letters = [chr(code) for code in range(0x110000) if word_boundaries.COMMON_TEXT.fullmatch(chr(code))]

    assert len(letters) > 800
    assert [
        letter for letter in letters if bool(common_edge.fullmatch(letter)) != bool(any_edge.fullmatch(letter))
    ] == []
