"""The explanation of a rule for an update: the step that failed and the first reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from monitor.model import Claim, Finding, Noise, Novelty, PriorClaim, Role, Update
from monitor.ruleset.document import cached_document
from monitor.ruleset.explain import NO_MATCH, RuleExplanation, explain_rule, match_score, why_no_match
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.query.operators import OPERATORS
from monitor.ruleset.rule import Rule, Within
from monitor.text.split import split_claims

APART = "in different claims or another order"
TEXT = "Around 300 ferries left the harbour of Halvik"


def rule(query: str, **more: object) -> Rule:
    compiled, faults = compile_query(query, {})
    assert compiled, faults
    return Rule("ferries", "Ferries", compiled, **more)  # type: ignore[arg-type]


def finding(text: str, novelty: Novelty = Novelty.NEW, noise: Noise | None = None) -> Finding:
    nearest = PriorClaim("Some 300 ferries left", "wire", "e", 0.0, "st") if novelty is Novelty.REPEATED else None
    return Finding(Claim(text, Role.SENTENCE, noise=noise), novelty, 0.0, (), nearest, "st")


def explained(rule: Rule, *findings: Finding, unchanged: Sequence[str] = ()) -> RuleExplanation:
    claims = [*(found.claim for found in findings), *(Claim(text, Role.SENTENCE) for text in unchanged)]
    return explain_rule(rule, Update("daily", "e1", 0.0, "The harbour today", "", ""), findings, claims)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("ferries AND bridge*", "no match for `bridge*`"),
        ("bridge* OR tunnel*", "no match for any of `bridge*`, `tunnel*`"),
        ("ferries AND (tunnel OR left AND bridge)", "no match for `bridge`"),
        ("ferries AND NOT harbour", "excluded by NOT: “harbour”"),
        ("ferries NEAR/2 Halvik", "NEAR/2 does not match: “ferries” and “Halvik” are 5 words apart"),
        ("left BEFORE/5 Halvik NEAR/9 bridge", "no match for `bridge`"),
        ("Halvik BEFORE/9 ferries", f"BEFORE/9 does not match: “Halvik” and “ferries” are {APART}"),
        ("ferries > 1000", "`ferries > 1000` does not match: the number stated for “ferries” is “Around 300”"),
        ("title:ferries", "no match for `title:ferries`"),
        ("a OR b OR c OR d OR e OR f OR g", "no match for any of `a`, `b`, `c`, `d`, `e`, `f` and 1 more"),
    ],
)
def test_a_query_that_does_not_match_is_explained_by_its_first_missing_term(query: str, why: str) -> None:
    explanation = explained(rule(query), finding(TEXT))
    assert (explanation.step, explanation.why) == ("query", why)


@pytest.mark.parametrize(
    ("query", "text", "why"),
    [
        (
            "worker* > 1000",
            "The yard will lay off 1,200 workers",
            "“1,200” is said of “workers”, but as a forecast; `~worker* > 1000` admits forecasts",
        ),
        ("worker* > 5000", "The yard may hire 1,200 workers", "“1,200” is said of “workers”, but as a forecast"),
        ("~worker* > 5000", "The yard may hire 1,200 workers", "the number stated for “workers” is “1,200”"),
        (
            "rate > 20",
            "The rate rose by 25 basis points",
            "“25 basis points”, near “rate”, has another unit; write the unit after the number",
        ),
        ("cost > $3m", "It cost €5m", "“€5m”, near “cost”, has another unit"),
        ("rate > 4%", "Down from 4.5%, the rate fell", "“4.5%”, near “rate”, is an earlier value"),
    ],
)
def test_a_number_that_does_not_count_is_explained(query: str, text: str, why: str) -> None:
    assert explained(rule(query), finding(text)).why == f"`{query}` does not match: {why}"


def test_a_forecast_that_fires_is_named() -> None:
    forecast = explained(rule("~worker* > 1000"), finding("The yard will lay off 1,200 workers"))
    fact = explained(rule("~worker* > 1000"), finding("The yard laid off 1,200 workers"))

    assert forecast.why == "a new claim fires; “1,200” is a forecast"
    assert fact.why == "a new claim fires"


def test_words_without_a_number_are_named() -> None:
    explanation = explained(rule("ferries > 1000"), finding("Ferries left"))
    assert explanation.why == "`ferries > 1000` does not match: no number is stated for “Ferries”"


def test_the_claim_that_matches_best_is_shown() -> None:
    explanation = explained(
        rule("ferries AND Halvik AND gale"), finding("Halvik is quiet"), finding(TEXT), finding("Snow")
    )
    assert (explanation.place, explanation.why) == (TEXT, "no match for `gale`")
    assert explained(rule("gale"), finding(TEXT)).place == ""


def test_each_term_has_the_words_that_it_matched_anywhere() -> None:
    explanation = explained(rule('ferr* OR "harbour of"~1 OR gale*'), finding(TEXT), finding("A ferry sank"))
    assert [(hits.term, hits.words) for hits in explanation.terms] == [
        ("ferr*", ("ferries", "ferry")),
        ('"harbour of"~1', ("harbour of",)),
        ("gale*", ()),
    ]


def test_a_rule_that_fires_is_explained_by_the_claim() -> None:
    explanation = explained(rule("ferries"), finding("Snow"), finding(TEXT, Novelty.CHANGED))
    assert (explanation.step, explanation.why, explanation.place) == ("holds", "a changed claim fires", TEXT)


def test_matched_words_that_are_not_news_are_explained() -> None:
    repeated = explained(rule("ferries"), finding(TEXT, Novelty.REPEATED))
    assert repeated.step == "novelty"
    assert repeated.why == (
        "the claim is repeated (earlier in wire: “Some 300 ferries left”); the rule fires on new, changed"
    )
    withdrawn = explained(rule("ferries"), finding(TEXT, Novelty.WITHDRAWN))
    assert withdrawn.why == "the claim is withdrawn; the rule fires on new, changed"
    question = explained(rule("ferries"), finding(TEXT, Novelty.REPEATED, Noise.QUESTION))
    assert question.why == "the claim is never news: question"
    unchanged = explained(rule("ferries"), finding("Snow"), unchanged=[TEXT])
    assert "the entry already had, word for word" in unchanged.why


def test_a_source_that_the_rule_excludes_is_named_first() -> None:
    explanation = explained(rule("gale", sources=("wire", "tag:sea")), finding(TEXT))
    assert (explanation.step, explanation.why) == ("source", "daily is not one of its sources: wire, tag:sea")


def test_within_update_terms_match_across_claims() -> None:
    findings = finding(TEXT), finding("Snow fell")
    assert explained(rule("ferries AND snow"), *findings).step == "query"
    assert explained(rule("ferries AND snow", within=Within.UPDATE), *findings).step == "holds"


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda operator: operator.word)
def test_every_form_of_the_query_language_is_explained(operator: object) -> None:
    for query, text in operator.counterexamples:  # type: ignore[attr-defined]
        if "@" not in query:
            explanation = explained(rule(query), *(finding(claim.text) for claim in split_claims("", text)))
            assert explanation.step == "query"
            assert explanation.why
            assert explanation.why != NO_MATCH


def test_an_operator_added_to_the_registry_is_explained_without_more_code() -> None:
    query = rule("ferries NEAR/2 Halvik").query
    near = OPERATORS["NEAR/n"].proximity
    assert near

    def far(left, right, n):  # type: ignore[no-untyped-def]
        return [] if near(left, right, n) else sorted([*left, *right])

    OPERATORS["FAR/n"] = replace(OPERATORS["NEAR/n"], word="FAR/n", proximity=far)
    try:
        document = cached_document(Update("s", "e", 0.0, "", "", ""), [finding(TEXT)], (), ())
        node = replace(query.root, proximity=far, distance=6)  # type: ignore[type-var]
        window = document.window(frozenset({0}))
        assert why_no_match(node, window).startswith("FAR/6 does not match: “ferries” and “Halvik”")
        assert 0 < match_score(node, window) < 1
    finally:
        del OPERATORS["FAR/n"]


def test_an_or_says_by_which_alternatives_it_matched_and_lacks_none() -> None:
    query = "(canoe OR ferries OR barge NEAR/3 tug) AND (Halvik OR tunnel) AND NOT yacht"
    explanation = explained(rule(query), finding(TEXT))
    assert explanation.branches == (
        "1 of 3 alternatives matched: `ferries`",
        "1 of 2 alternatives matched: `Halvik`",
    )
    assert [hit.term for hit in explanation.terms if not hit.is_spare] == ["ferries", "Halvik"]


def test_an_alternative_of_several_terms_is_named_by_all_of_them() -> None:
    explanation = explained(rule("canoe OR ferries NEAR/9 Halvik"), finding(TEXT))
    assert explanation.branches == ("1 of 2 alternatives matched: `ferries` with `Halvik`",)


def test_a_double_not_is_explained_without_words() -> None:
    why = explained(rule("ferries AND NOT (NOT canoe)"), finding(TEXT)).why
    assert why == "excluded by NOT, though nothing after it is in the text"


def test_an_alternative_with_a_number_is_named_by_its_comparison() -> None:
    explanation = explained(rule("ferries > 5000 OR ferries > 100"), finding(TEXT))
    assert explanation.branches == ("1 of 2 alternatives matched: `ferries > 100`",)


def test_the_terms_of_an_or_without_a_match_are_lacking() -> None:
    explanation = explained(rule("(canoe OR barge) AND ferries"), finding(TEXT))
    assert explanation.branches == ()
    assert [hit.term for hit in explanation.terms if not hit.words and not hit.is_spare] == ["canoe", "barge"]
