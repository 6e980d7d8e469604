"""The real matcher against the plain-minded one on random rules and updates.

`CLAIMWATCH_PAIRS=100000` tries as many pairs; without it about 2,000.
"""

import os
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.reference_matcher import ReferenceClaim as Plain
from kit.reference_matcher import ReferenceDocument as PlainDocument
from kit.reference_matcher import ReferenceToken, evaluate, match_reference
from kit.rules import rule_matches

from monitor.model import Claim, Finding, Noise, Novelty, Role, Update
from monitor.ruleset.aliases import read_aliases
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.rule import Rule, RuleSet, Within
from monitor.ruleset.yaml_tree import parse_yaml

PAIRS = int(os.environ.get("CLAIMWATCH_PAIRS", "2000"))
UPDATES = 10  # tried with each query
RULES = 4  # looked up together

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

words = st.sampled_from(WORDS)
parts = st.one_of(words, st.sampled_from(STEMS), st.sampled_from(UNSPACED))
terms = st.one_of(
    st.builds(lambda part: ("phrase", [part], 0), parts),
    st.builds(lambda many, slop: ("phrase", many, slop), st.lists(parts, min_size=2, max_size=3), st.integers(0, 3)),
    st.builds(lambda word: ("alike", word, 1), st.sampled_from(["kursk", "troops", "korea"])),
    st.just(("alike", "korean", 2)),
    st.builds(lambda source: ("regex", source, sorted(REGEXES[source])), st.sampled_from(sorted(REGEXES))),
    st.builds(lambda name: ("alias", name), st.sampled_from(sorted(LISTS))),
)
either = st.one_of(terms, st.builds(lambda a, b: ("or", a, b), terms, terms))
counts = st.builds(
    lambda of, sign, number: ("count", of, sign, number),
    either,
    st.sampled_from([">", "<", ">=", "="]),
    st.sampled_from([3000, 5000]),
)
kinds = st.sampled_from(["near", "before", "same"])
places = st.recursive(
    st.one_of(either, counts),
    lambda inner: st.builds(lambda kind, a, b, n: (kind, a, b, n), kinds, inner, inner, st.integers(1, 6)),
    max_leaves=3,
)
scoped = st.builds(
    lambda scope, node: ("scope", scope, node), st.sampled_from(["title", "text", "url", "author", "tag"]), either
)
queries = st.recursive(
    st.one_of(places, places, scoped),
    lambda inner: st.one_of(
        st.builds(lambda many: ("and", *many), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda many: ("or", *many), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda node: ("not", node), inner),
    ),
    max_leaves=5,
)

TIGHTNESS = {"or": 0, "and": 1, "not": 2, "near": 3, "before": 3, "same": 3, "count": 4, "scope": 5}


def written(node: tuple, tightness: int = 0) -> str:
    """The query as a person would write it, with brackets only where the language needs them."""
    kind, *rest = node
    own = TIGHTNESS.get(kind, 6)
    text = {
        "or": lambda: " OR ".join(written(part, 1) for part in rest),
        "and": lambda: (" AND " if len(rest) > 2 else " ").join(written(part, 2) for part in rest),
        "not": lambda: "NOT " + written(rest[0], 2),
        "near": lambda: f"{written(rest[0], 3)} NEAR/{rest[2]} {written(rest[1], 4)}",
        "before": lambda: f"{written(rest[0], 3)} BEFORE/{rest[2]} {written(rest[1], 4)}",
        "same": lambda: f"{written(rest[0], 3)} SAME SENTENCE {written(rest[1], 4)}",
        "count": lambda: f"{written(rest[0], 5)} {rest[1]} {rest[2]}",
        "scope": lambda: f"{rest[0]}:{written(rest[1], 6)}",
        "phrase": lambda: phrase(rest[0], rest[1]),
        "alike": lambda: f"{rest[0]}~{rest[1]}",
        "regex": lambda: f"/{rest[0]}/",
        "alias": lambda: f"@{rest[0]}",
    }[kind]()
    return f"({text})" if own < tightness else text


def phrase(many: list[str], slop: int) -> str:
    if len(many) == 1:
        return many[0]
    return '"' + " ".join(many) + '"' + (f"~{slop}" if slop else "")


def texts(random: Random, mark: str = "") -> tuple[ReferenceToken, ...]:
    tokens: list[ReferenceToken] = []
    for word in random.choices([*WORDS, *UNSPACED], k=random.randint(0, 12)):
        gap = random.choice([" ", ", ", " | "])
        letters = word if word >= "\u3000" else [word]
        for at, plain in enumerate(letters):
            tokens.append(
                ReferenceToken(plain, random.choice(SPELLINGS[plain]), "" if at < len(letters) - 1 else gap)
            )
    return (*tokens, ReferenceToken(mark, mark, "")) if mark else tuple(tokens)


def updates(random: Random) -> tuple[list[Plain], dict[str, list[tuple[ReferenceToken, ...]]]]:
    """Claims with a title first and withdrawn ones last, and what stands in the other fields."""
    claims: list[Plain] = []
    heading = None
    for at in range(random.randint(1, 5)):
        role = "title" if at == 0 else random.choice(["sentence", "sentence", "bullet", "heading"])
        under = None if role in ("heading", "title") else heading
        novelty = random.choice(["new", "new", "changed", "repeated", None])
        claims.append(Plain(texts(random, f"m{at}"), role, under, novelty, random.random() < 0.1))
        heading = at if role == "heading" else heading
    if random.random() < 0.5:
        claims.append(Plain(texts(random, "gone"), "sentence", None, "withdrawn"))
    return claims, {scope: [texts(random)] for scope in ("url", "author", "tag")}


def real(claim: Plain, claims: list[Plain]) -> Claim:
    heading = "" if claim.heading is None else claims[claim.heading].text
    return Claim(claim.text, Role(claim.role), heading, Noise.BOILERPLATE if claim.is_noise else None)


def text_of(tokens: tuple[ReferenceToken, ...]) -> str:
    return "".join(token.spelling + token.gap for token in tokens).strip()


def spot_of(claim: Plain, start: int, end: int) -> tuple[int, int]:
    """The tokens that [start, end) of the claim's text spans."""
    starts, ends, at = {}, {}, 0
    for index, token in enumerate(claim.tokens):
        starts[at] = index
        ends[at + len(token.spelling)] = index
        at += len(token.spelling + token.gap)
    return starts[start], ends[end]


ALIAS_NODES = read_aliases(parse_yaml(ALIASES)[0])[0]


rules = st.tuples(
    queries,
    st.sampled_from(list(Within)),
    st.sets(st.sampled_from(["new", "changed", "repeated", "withdrawn"]), min_size=2),
)


@settings(max_examples=max(1, PAIRS // (UPDATES * RULES)), deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=st.lists(rules, min_size=RULES, max_size=RULES), seed=st.integers(0, 2**32))
def test_a_rule_holds_where_a_plain_reading_says_so(asked, seed):
    random = Random(seed)
    many = [updates(random) for _ in range(UPDATES)]
    kept = {}
    for at, (node, within, on) in enumerate(asked):
        query, faults = compile_query(written(node), ALIAS_NODES)
        if query is None:
            refused_rightly(node, within, on, many, faults)
        else:
            assert (
                evaluate(node, PlainDocument((), (), {}, dict.fromkeys(("url", "author", "tag"), ())), LISTS) is None
            )
            kept[Rule(f"r{at}", "r", query, on=frozenset(map(Novelty, on)), within=within)] = (node, on)
    together = RuleSet(tuple(kept))
    for claims, fields in many:
        found = outcomes(together, claims, fields)
        for rule, (node, on) in kept.items():
            assert found.get(rule.name) == match_reference(node, rule.within.value, on, claims, fields, LISTS)


def outcomes(
    rules: RuleSet, claims: list[Plain], fields: dict
) -> dict[str, tuple[set[int], set[tuple[int, int, int]]]]:
    """For each rule that holds the claims that fire and the words it met, with all rules looked up at once."""
    told = [claim for claim in claims if claim.novelty]
    findings = [Finding(real(c, claims), Novelty(c.novelty), 0.0, (), None, "s") for c in told]
    url, author, tag = (text_of(fields[scope][0]) for scope in ("url", "author", "tag"))
    update = Update("src", "e", 0.0, claims[0].text, url, "", author, (tag,))
    standing = [real(claim, claims) for claim in claims if claim.novelty != "withdrawn"]
    index = {id(claim): at for at, claim in enumerate(claims)}
    found = {}
    for match in rule_matches(rules, update, findings, standing):
        spots = set()
        for met in match.hits:
            assert told[met.finding_index].text[met.start : met.end] == met.words
            spots.add((index[id(told[met.finding_index])], *spot_of(told[met.finding_index], met.start, met.end)))
        found[match.rule] = ({index[id(told[at])] for at in match.finding_indexes}, spots)
    return found


def refused_rightly(node, within, on, many, faults):
    """A refused query holds for an empty text, or for none at all."""
    (sentence,) = {fault.message.split("`")[0] for fault in faults if not fault.warning}
    if sentence.startswith("this asks only for what must be absent"):
        empty = PlainDocument((), (), {}, dict.fromkeys(("url", "author", "tag"), ()))
        assert evaluate(node, empty, LISTS) is not None
    else:
        assert "can never hold" in sentence
        for claims, fields in many:
            assert match_reference(node, within.value, on, claims, fields, LISTS) is None
