"""Exact case, `*`, SAME PARAGRAPH, FIRST and ATLEAST, as rules see them in whole updates."""

from __future__ import annotations

import pytest

from monitor.model import Finding, Novelty, Update
from monitor.ruleset.explain import explain_rule
from monitor.ruleset.match import match_rule
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.rule import Rule, Within
from monitor.text.split import split_claims

BODY = """
<p>The ferry left Halvik at noon. A gale was near. It reached Orsund late.</p>
<p>Tickets cost more. The gale closed two schools.</p>
<ul><li>A crew of nine. All are safe.</li><li>Sweden sent a boat.</li></ul>
"""


def fired_claims(
    query: str, within: Within = Within.CLAIM, title: str = "Storm at sea", body: str = BODY
) -> list[str]:
    compiled, faults = compile_query(query, {})
    assert compiled, faults
    claims = split_claims(title, body)
    findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in claims]
    rule = Rule("r", "r", compiled, within=within)
    match = match_rule(rule, Update("s", "e", 0.0, title, "", body), findings, claims)
    return [findings[index].claim.text for index in match.finding_indexes] if match else []


def why(query: str) -> str:
    claims = split_claims("Storm at sea", BODY)
    findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in claims]
    rule = Rule("r", "r", compile_query(query, {})[0])
    return explain_rule(rule, Update("s", "e", 0.0, "Storm at sea", "", BODY), findings, claims).why


@pytest.mark.parametrize(
    ("query", "text", "matches"),
    [
        ("=WHO", "The WHO replied.", True),
        ("=WHO", "Who replied?", False),
        ("=us", "They sent us the report.", True),
        ("=us", "The US sent a report.", False),
        ("=Apple*", "Apple’s phone", True),
        ("=Apple*", "an applet", False),
        ('="Orange County"', "floods in Orange County", True),
        ('="Orange County"', "an orange county", False),
        ('="Orange County"~1', "the Orange Coastal County", True),
        ("=Zélensky", "Zelensky spoke", True),
        ("=ŁÓDŹ", "LODZ is dark", True),
        ("=Łódź", "łódź", False),
        ("=KN-23", "a KN-23 missile", True),
        ("=KN-23", "a kn-23 missile", False),
        ("title:=US", "US", True),
        ("=US NEAR/2 tariff*", "US tariffs", True),
        ("=US NEAR/2 tariff*", "us and tariffs", False),
        ("=WHO > 20 km", "WHO 25 km away", True),
        ("=WHO > 20 km", "who 25 km away", False),
        ("~=WHO > 20", "WHO will hire 25", True),
        ("=WHO > 20", "WHO will hire 25", False),
        ("FIRST 5 (storm* between 3 and 5)", "Four storms came", True),
    ],
)
def test_exact_case_matches_only_words_that_are_written_alike(query: str, text: str, matches: bool) -> None:
    assert bool(fired_claims(query, title=text, body="")) is matches


def test_an_asterisk_matches_all_news_but_what_is_excluded() -> None:
    everything = fired_claims("*")
    assert everything[0] == "Storm at sea"
    assert len(everything) == 9
    assert fired_claims("* AND NOT (gale OR at OR of)") == [
        "It reached Orsund late.",
        "Tickets cost more.",
        "All are safe.",
        "Sweden sent a boat.",
    ]


def test_an_asterisk_shows_no_words() -> None:
    claims = split_claims("Storm at sea", BODY)
    findings = [Finding(claim, Novelty.NEW, 0.0, (), None, "s") for claim in claims]
    rule = Rule("r", "r", compile_query("* AND boat", {})[0])

    match = match_rule(rule, Update("s", "e", 0.0, "Storm at sea", "", BODY), findings, claims)

    assert match
    assert [hit.words for hit in match.hits] == ["boat"]


def test_same_paragraph_fires_on_each_sentence_with_one_of_the_words() -> None:
    assert fired_claims("halvik SAME PARAGRAPH gale") == ["The ferry left Halvik at noon.", "A gale was near."]
    assert fired_claims("halvik SAME PARAGRAPH schools") == []
    assert fired_claims("crew SAME PARAGRAPH safe") == ["A crew of nine.", "All are safe."]
    assert fired_claims("safe SAME PARAGRAPH boat") == []
    assert fired_claims("storm SAME PARAGRAPH ferry") == []  # the title is a paragraph of its own
    assert fired_claims("halvik SAME PARAGRAPH gale SAME PARAGRAPH orsund") == [
        "The ferry left Halvik at noon.",
        "A gale was near.",
        "It reached Orsund late.",
    ]


def test_a_paragraph_with_a_repeated_first_sentence_is_not_joined_to_the_previous_one() -> None:
    body = "<p>Snow fell. Roads are shut.</p><p>Snow fell. Trains run late.</p>"

    assert fired_claims("roads SAME PARAGRAPH trains", body=body) == []
    assert fired_claims("snow SAME PARAGRAPH roads", body=body) == ["Snow fell.", "Roads are shut."]


def test_first_counts_the_words_of_the_text_and_includes_the_title() -> None:
    assert fired_claims("FIRST 4 halvik") == ["The ferry left Halvik at noon."]
    assert fired_claims("FIRST 3 halvik") == []
    assert fired_claims("FIRST 8 gale") == ["A gale was near."]
    assert fired_claims("FIRST 7 gale") == []
    assert fired_claims("FIRST 1 storm") == ["Storm at sea"]
    assert fired_claims("FIRST 8 (gale OR schools)", Within.UPDATE) == ["A gale was near."]


def test_atleast_counts_where_the_rule_looks() -> None:
    assert fired_claims("ATLEAST 2 gale") == []
    assert fired_claims("ATLEAST 2 gale", Within.UPDATE) == ["A gale was near.", "The gale closed two schools."]
    assert fired_claims("ATLEAST 3 gale", Within.UPDATE) == []
    assert fired_claims("ATLEAST 2 (gale OR gal*)") == []  # one word, whichever terms match it


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("halvik SAME PARAGRAPH schools", "no match for `schools`"),
        ("storm SAME PARAGRAPH title:sea AND NOT storm", "excluded by NOT"),
        ("FIRST 2 halvik", "FIRST 2 does not match: “Halvik” is word 4 of the text"),
        ("ATLEAST 2 boat", "ATLEAST 2 does not match: “boat” occurs only 1 of 2 times"),
    ],
)
def test_the_missing_condition_is_explained(query: str, reason: str) -> None:
    assert reason in why(query)
