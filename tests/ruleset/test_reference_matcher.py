"""The matcher gives the same result as a simple reference matcher on random rules and updates.

`CLAIMWATCH_PAIRS=100000` sets the number of pairs of a rule and an update; the default is 2,000.
"""

import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.reference_matcher import ReferenceClaim, ReferenceDocument, ReferenceToken, evaluate, match_reference
from kit.rules import rule_matches

from monitor.model import Claim, Finding, Noise, Novelty, Role, Update
from monitor.ruleset.aliases import read_aliases
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.rule import Rule, RuleSet, Within
from monitor.ruleset.yaml_tree import parse_yaml

pytestmark = pytest.mark.slow

PAIRS = int(os.environ.get("CLAIMWATCH_PAIRS", "2000"))
UPDATES = 10  # tested with each rule
RULES = 4  # matched together

SPELLINGS = {
    "troops": ["troops", "Troops", "TROOPS", "tro\u200bops", "trооps", "ｔｒｏｏｐｓ", "tróops"],
    "troop": ["troop", "Troop"],
    "north": ["north", "North", "nor\u00adth"],
    "korea": ["korea", "Korea", "kοrea"],
    "korean": ["korean", "KOREAN"],
    "kursk": ["kursk", "Kursk", "Kur\u200dsk"],
    "krusk": ["krusk"],
    "київ": ["Київ", "КИЇВ", "Kиїв"],
    "naive": ["naïve", "nai\u0308ve", "NAIVE"],
    "3000": ["3000", "３０００"],
    "12000": ["12000"],
    "over": ["over", "Over"],
    "will": ["will"],
    "and": ["and"],
    "at": ["at"],
    "km": ["km", "KM"],
    "percent": ["percent"],
    "bp": ["bp"],
    "北": ["北"],
    "朝": ["朝"],
    "鮮": ["鮮"],
}
UNSPACED = ["北朝鮮", "北朝", "朝鮮北", "鮮"]
WORDS = [word for word in SPELLINGS if word < "\u3000"]
STEMS = ["troop*", "kor*", "kurs*", "ki*", "ки*", "12*", "no*"]
LISTS = {
    "place": [("phrase", ["kursk"], 0), ("phrase", ["київ"], 0), ("phrase", ["北朝"], 0)],
    "dprk": [("phrase", ["north", "korea*"], 0), ("phrase", ["北朝鮮"], 0)],
    "both": [("alias", "place"), ("alias", "dprk"), ("alike", "troops", 1)],
}
ALIASES = """
same:
  place: [kursk, Київ, 北朝]
lists:
  dprk: ["north korea*", 北朝鮮]
  both: ["@place", "@dprk", troops~1]
"""
REGEXES = {
    "kurs[a-z]+": {"kursk"},
    "k.{3}k|[0-9]000": {"kursk", "krusk", "3000"},
    r"\d{5}": {"12000"},
    "tro+ps?": {"troop", "troops"},
    r"[кќ]\w+": {"київ"},
}

# a spelling with exact case -> the spellings that match it
EXACT = {
    "troops": ["troops", "tro\u200bops", "trооps", "ｔｒｏｏｐｓ", "tróops"],
    "Troops": ["Troops"],
    "TROOPS": ["TROOPS"],
    "Kursk": ["Kursk", "Kur\u200dsk"],
    "Київ": ["Київ", "Kиїв"],
    "naïve": ["naïve", "nai\u0308ve"],
    "KOREA": [],
}
UNITS = ["", "", "%", "bp", "km", "metres"]
TEXT_WORDS = [*WORDS, *UNSPACED, "3000", "12000", "3000", "12000", "km"]

words = st.sampled_from(WORDS)
parts = st.one_of(words, st.sampled_from(STEMS), st.sampled_from(UNSPACED))
terms = st.one_of(
    st.builds(lambda part: ("phrase", [part], 0), parts),
    st.builds(lambda many, slop: ("phrase", many, slop), st.lists(parts, min_size=2, max_size=3), st.integers(0, 3)),
    st.builds(lambda word: ("alike", word, 1), st.sampled_from(["kursk", "troops", "korea"])),
    st.just(("alike", "korean", 2)),
    st.builds(lambda source: ("regex", source, sorted(REGEXES[source])), st.sampled_from(sorted(REGEXES))),
    st.builds(lambda name: ("alias", name), st.sampled_from(sorted(LISTS))),
    st.builds(lambda word: ("exact", word, EXACT[word]), st.sampled_from(sorted(EXACT))),
)
either = st.one_of(terms, st.builds(lambda a, b: ("or", a, b), terms, terms))
limits = st.one_of(
    st.tuples(
        st.sampled_from([">", "<", ">=", "="]),
        st.sampled_from([3000, 5000, 12000]),
        st.just(0),
        st.sampled_from(UNITS),
    ),
    st.tuples(
        st.just("between"), st.sampled_from([2000, 3000]), st.sampled_from([3000, 12000]), st.sampled_from(UNITS)
    ),
)
counts = st.builds(
    lambda of, limit, forecasts: ("count", of, limit, forecasts),
    st.one_of(either, st.sampled_from([("phrase", [word], 0) for word in ("km", "percent", "over", "troops")])),
    limits,
    st.booleans(),
)
kinds = st.sampled_from(["near", "before", "same"])
firsts = st.builds(lambda n, node: ("first", n, node), st.integers(1, 20), either)
at_leasts = st.builds(lambda n, node: ("atleast", n, node), st.integers(1, 3), either)
places = st.recursive(
    st.one_of(either, counts, firsts, at_leasts),
    lambda inner: st.builds(lambda kind, a, b, n: (kind, a, b, n), kinds, inner, inner, st.integers(1, 6)),
    max_leaves=3,
)
scoped = st.builds(
    lambda scope, node: ("scope", scope, node), st.sampled_from(["title", "text", "url", "author", "tag"]), either
)
paragraphs = st.recursive(
    places, lambda inner: st.builds(lambda a, b: ("paragraph", a, b), inner, inner), max_leaves=3
)
everything = st.one_of(st.just(("all",)), st.builds(lambda node: ("and", ("all",), node), places))
queries = st.recursive(
    st.one_of(places, places, scoped, paragraphs, everything),
    lambda inner: st.one_of(
        st.builds(lambda many: ("and", *many), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda many: ("or", *many), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda node: ("not", node), inner),
    ),
    max_leaves=5,
)

TIGHTNESS = {"or": 0, "and": 1, "not": 2, "near": 3, "before": 3, "same": 3, "count": 4, "scope": 5}
TIGHTNESS |= {"paragraph": 3, "first": 5, "atleast": 5}


def query_text(node: tuple, tightness: int = 0) -> str:
    """The text of a query, with parentheses only where the language needs them."""
    kind, *rest = node
    own = TIGHTNESS.get(kind, 6)
    text = {
        "or": lambda: " OR ".join(query_text(part, 1) for part in rest),
        "and": lambda: (" AND " if len(rest) > 2 or ("all",) in rest else " ").join(
            query_text(part, 2) for part in rest
        ),
        "not": lambda: "NOT " + query_text(rest[0], 2),
        "near": lambda: f"{query_text(rest[0], 3)} NEAR/{rest[2]} {query_text(rest[1], 4)}",
        "before": lambda: f"{query_text(rest[0], 3)} BEFORE/{rest[2]} {query_text(rest[1], 4)}",
        "same": lambda: f"{query_text(rest[0], 3)} SAME SENTENCE {query_text(rest[1], 4)}",
        "count": lambda: ("~" if rest[2] else "") + f"{query_text(rest[0], 5)} {limit_text(*rest[1])}",
        "scope": lambda: f"{rest[0]}:{query_text(rest[1], 6)}",
        "phrase": lambda: phrase(rest[0], rest[1]),
        "alike": lambda: f"{rest[0]}~{rest[1]}",
        "paragraph": lambda: f"{query_text(rest[0], 3)} SAME PARAGRAPH {query_text(rest[1], 4)}",
        "first": lambda: f"FIRST {rest[0]} {query_text(rest[1], 6)}",
        "atleast": lambda: f"ATLEAST {rest[0]} {query_text(rest[1], 6)}",
        "exact": lambda: f"={rest[0]}",
        "all": lambda: "*",
        "regex": lambda: f"/{rest[0]}/",
        "alias": lambda: f"@{rest[0]}",
    }[kind]()
    return f"({text})" if own < tightness else text


def limit_text(sign: str, low: int, high: int, unit: str) -> str:
    written = {"": "", "%": "%", "bp": "bp", "km": " km", "metres": " metres"}[unit]
    return f"between {low} and {high}{written}" if sign == "between" else f"{sign} {low:,}{written}"


def phrase(many: list[str], slop: int) -> str:
    if len(many) == 1:
        return many[0]
    return '"' + " ".join(many) + '"' + (f"~{slop}" if slop else "")


def random_tokens(random: Random, mark: str = "") -> tuple[ReferenceToken, ...]:
    tokens: list[ReferenceToken] = []
    for word in random.choices(TEXT_WORDS, k=random.randint(0, 12)):
        gap = random.choice([" ", ", ", " | "])
        letters = word if word >= "\u3000" else [word]
        for number, letter in enumerate(letters, 1):
            spelling = random.choice(SPELLINGS[letter])
            tokens.append(ReferenceToken(letter, spelling, gap if number == len(letters) else ""))
    return (*tokens, ReferenceToken(mark, mark, "")) if mark else tuple(tokens)


def random_update(random: Random) -> tuple[list[ReferenceClaim], dict[str, list[tuple[ReferenceToken, ...]]]]:
    """Claims, first the title and last withdrawn ones, and the texts of the other fields."""
    claims: list[ReferenceClaim] = []
    heading = None
    for number in range(random.randint(1, 5)):
        role = "title" if number == 0 else random.choice(["sentence", "sentence", "bullet", "heading"])
        under = None if role in ("heading", "title") else heading
        novelty = random.choice(["new", "new", "changed", "repeated", None])
        claims.append(
            ReferenceClaim(
                random_tokens(random, f"m{number}"),
                role,
                under,
                novelty,
                random.random() < 0.1,
                role in ("sentence", "bullet") and random.random() < 0.5,
            )
        )
        heading = number if role == "heading" else heading
    if random.random() < 0.5:
        claims.append(ReferenceClaim(random_tokens(random, "gone"), "sentence", None, "withdrawn"))
    return claims, {scope: [random_tokens(random)] for scope in ("url", "author", "tag")}


def to_claim(claim: ReferenceClaim, claims: list[ReferenceClaim]) -> Claim:
    heading = "" if claim.heading is None else claims[claim.heading].text
    return Claim(
        claim.text, Role(claim.role), heading, Noise.BOILERPLATE if claim.is_noise else None, claim.continues
    )


def tokens_text(tokens: tuple[ReferenceToken, ...]) -> str:
    return "".join(token.spelling + token.gap for token in tokens).strip()


def token_range(claim: ReferenceClaim, start: int, end: int) -> tuple[int, int]:
    """The first and the last token in [start, end) of the claim's text."""
    starts, ends, offset = {}, {}, 0
    for index, token in enumerate(claim.tokens):
        starts[offset] = index
        ends[offset + len(token.spelling)] = index
        offset += len(token.spelling + token.gap)
    return starts[start], ends[end]


ALIAS_NODES = read_aliases(parse_yaml(ALIASES)[0])[0]
EMPTY_DOCUMENT = ReferenceDocument((), (), {}, dict.fromkeys(("url", "author", "tag"), ()))


rule_strategy = st.tuples(
    queries,
    st.sampled_from(list(Within)),
    st.sets(st.sampled_from(["new", "changed", "repeated", "withdrawn"]), min_size=2),
)


@settings(max_examples=max(1, PAIRS // (UPDATES * RULES)), deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn_rules=st.lists(rule_strategy, min_size=RULES, max_size=RULES), seed=st.integers(0, 2**32))
def test_the_matcher_agrees_with_the_reference_matcher(drawn_rules, seed):
    random = Random(seed)
    updates = [random_update(random) for _ in range(UPDATES)]
    accepted = {}
    for number, (node, within, on) in enumerate(drawn_rules):
        query, faults = compile_query(query_text(node), ALIAS_NODES)
        if query is None:
            assert_rejection_is_right(node, within, on, updates, faults)
        else:
            assert evaluate(node, EMPTY_DOCUMENT, LISTS) is None
            accepted[Rule(f"r{number}", "r", query, on=frozenset(map(Novelty, on)), within=within)] = (node, on)
    rules = RuleSet(tuple(accepted))
    for claims, fields in updates:
        outcomes = outcomes_by_rule(rules, claims, fields)
        for rule, (node, on) in accepted.items():
            assert outcomes.get(rule.name) == match_reference(node, rule.within.value, on, claims, fields, LISTS)


def outcomes_by_rule(
    rules: RuleSet, claims: list[ReferenceClaim], fields: dict
) -> dict[str, tuple[set[int], set[tuple[int, int, int]]]]:
    """For each rule that matches, the claims that fire and the matched words, with all rules matched at once."""
    with_novelty = [claim for claim in claims if claim.novelty]
    findings = [
        Finding(to_claim(claim, claims), Novelty(claim.novelty), 0.0, (), None, "s") for claim in with_novelty
    ]
    url, author, tag = (tokens_text(fields[scope][0]) for scope in ("url", "author", "tag"))
    update = Update("src", "e", 0.0, claims[0].text, url, "", author, (tag,))
    current = [to_claim(claim, claims) for claim in claims if claim.novelty != "withdrawn"]
    index_by_claim = {id(claim): index for index, claim in enumerate(claims)}
    outcomes = {}
    for match in rule_matches(rules, update, findings, current):
        hits = set()
        for hit in match.hits:
            claim = with_novelty[hit.finding_index]
            assert claim.text[hit.start : hit.end] == hit.words
            hits.add((index_by_claim[id(claim)], *token_range(claim, hit.start, hit.end)))
        outcomes[match.rule] = ({index_by_claim[id(with_novelty[index])] for index in match.finding_indexes}, hits)
    return outcomes


def assert_rejection_is_right(node, within, on, updates, faults):
    """A rejected query matches an empty text, or no text at all."""
    (message,) = {fault.message.split("`")[0] for fault in faults if not fault.warning}
    if message.startswith("the query matches almost every text"):
        assert evaluate(node, EMPTY_DOCUMENT, LISTS) is not None
    else:
        assert "never matches" in message
        for claims, fields in updates:
            assert match_reference(node, within.value, on, claims, fields, LISTS) is None
