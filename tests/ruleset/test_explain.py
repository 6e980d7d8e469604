"""What a rule made of an update: how far it came, and the first thing that was missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from monitor.model import Claim, Finding, Noise, Novelty, PriorClaim, Role, Update
from monitor.ruleset.document import cached_document
from monitor.ruleset.explain import RuleExplanation, explain_rule, match_score, why_no_match
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.query.operators import OPERATORS
from monitor.ruleset.rule import Rule, Within
from monitor.text.split import split_claims

OTHERWISE = "in other claims, or in another order"
TEXT = "Around 300 ferries left the harbour of Halvik"


def rule(query: str, **more: object) -> Rule:
    compiled, faults = compile_query(query, {})
    assert compiled, faults
    return Rule("ferries", "Ferries", compiled, **more)  # type: ignore[arg-type]


def finding(text: str, novelty: Novelty = Novelty.NEW, quiet: Noise | None = None) -> Finding:
    said = PriorClaim("Some 300 ferries left", "wire", "e", 0.0, "st") if novelty is Novelty.REPEATED else None
    return Finding(Claim(text, Role.SENTENCE, noise=quiet), novelty, 0.0, (), said, "st")


def explained(rule: Rule, *findings: Finding, unmoved: Sequence[str] = ()) -> RuleExplanation:
    claims = [*(f.claim for f in findings), *(Claim(text, Role.SENTENCE) for text in unmoved)]
    return explain_rule(rule, Update("daily", "e1", 0.0, "The harbour today", "", ""), findings, claims)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("ferries AND bridge*", "`bridge*` meets nothing"),
        ("bridge* OR tunnel*", "none of `bridge*`, `tunnel*` meets anything"),
        ("ferries AND (tunnel OR left AND bridge)", "`bridge` meets nothing"),
        ("ferries AND NOT harbour", "NOT is not kept: “harbour” stands there"),
        ("ferries NEAR/2 Halvik", "NEAR/2 is too far: “ferries” and “Halvik” stand 5 apart"),
        ("left BEFORE/5 Halvik NEAR/9 bridge", "`bridge` meets nothing"),
("Halvik BEFORE/9 ferries", f"BEFORE/9 does not hold: “Halvik” and “ferries” stand {OTHERWISE}"),
        ("ferries > 1000", "`ferries > 1000` does not hold: “Around 300” is said of “ferries”"),
        ("title:ferries", "`title:ferries` meets nothing"),
        ("a OR b OR c OR d OR e OR f OR g", "none of `a`, `b`, `c`, `d`, `e`, `f` and 1 more meets anything"),
    ],
)  # fmt: skip
def test_a_query_that_did_not_hold_says_the_first_thing_missing(query: str, why: str) -> None:
    found = explained(rule(query), finding(TEXT))
    assert (found.step, found.why) == ("query", why)


def test_words_that_no_number_is_said_of_are_named() -> None:
    found = explained(rule("ferries > 1000"), finding("Ferries left"))
    assert found.why == "`ferries > 1000` does not hold: no number is said of “Ferries”"


def test_the_claim_that_came_nearest_is_shown() -> None:
    found = explained(rule("ferries AND Halvik AND gale"), finding("Halvik is quiet"), finding(TEXT), finding("Snow"))
    assert (found.place, found.why) == (TEXT, "`gale` meets nothing")
    assert explained(rule("gale"), finding(TEXT)).place == ""


def test_terms_tell_the_words_they_met_anywhere_and_those_that_met_none() -> None:
    found = explained(rule('ferr* OR "harbour of"~1 OR gale*'), finding(TEXT), finding("A ferry sank"))
    assert [(one.term, one.words) for one in found.terms] == [
        ("ferr*", ("ferries", "ferry")),
        ('"harbour of"~1', ("harbour of",)),
        ("gale*", ()),
    ]


def test_a_rule_that_holds_says_which_claim_fires() -> None:
    found = explained(rule("ferries"), finding("Snow"), finding(TEXT, Novelty.CHANGED))
    assert (found.step, found.why, found.place) == ("holds", "a changed claim fires", TEXT)


def test_words_that_are_no_news_say_why() -> None:
    repeated = explained(rule("ferries"), finding(TEXT, Novelty.REPEATED))
    assert repeated.step == "novelty"
    assert repeated.why == (
        "the claim is repeated (wire said so before: “Some 300 ferries left”); the rule is for new, changed"
    )
    withdrawn = explained(rule("ferries"), finding(TEXT, Novelty.WITHDRAWN))
    assert withdrawn.why == "the claim is withdrawn; the rule is for new, changed"
    quiet = explained(rule("ferries"), finding(TEXT, Novelty.REPEATED, Noise.QUESTION))
    assert quiet.why == "the claim is never news: question"
    unmoved = explained(rule("ferries"), finding("Snow"), unmoved=[TEXT])
    assert "had said them before, word for word" in unmoved.why


def test_a_source_that_is_not_listened_to_is_named_first() -> None:
    found = explained(rule("gale", sources=("wire", "tag:sea")), finding(TEXT))
    assert (found.step, found.why) == ("source", "does not listen to daily: it listens to wire, tag:sea")


def test_within_an_update_terms_meet_over_claims() -> None:
    findings = finding(TEXT), finding("Snow fell")
    assert explained(rule("ferries AND snow"), *findings).step == "query"
    assert explained(rule("ferries AND snow", within=Within.UPDATE), *findings).step == "holds"


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda operator: operator.word)
def test_every_form_of_the_language_is_explained(operator: object) -> None:
    for query, text in operator.counterexamples:  # type: ignore[attr-defined]
        if "@" not in query:
            found = explained(rule(query), *(finding(claim.text) for claim in split_claims("", text)))
            assert found.step == "query"
            assert found.why
            assert "it does not hold" not in found.why


def test_an_operator_added_to_the_registry_is_explained_without_more_code() -> None:
    query = rule("ferries NEAR/2 Halvik").query
    apart = OPERATORS["NEAR/n"].proximity
    assert apart

    def far(left, right, n):  # type: ignore[no-untyped-def]
        return [] if apart(left, right, n) else sorted([*left, *right])

    OPERATORS["FAR/n"] = replace(OPERATORS["NEAR/n"], word="FAR/n", proximity=far)
    try:
        page = cached_document(Update("s", "e", 0.0, "", "", ""), [finding(TEXT)], (), ())
        node = replace(query.root, proximity=far, distance=6)  # type: ignore[type-var]
        document = page.window(frozenset({0}))
        assert why_no_match(node, document).startswith("FAR/6 does not hold: “ferries” and “Halvik”")
        assert 0 < match_score(node, document) < 1
    finally:
        del OPERATORS["FAR/n"]
