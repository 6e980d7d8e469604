"""Which findings of an update a rule fires on, and which words matched."""

import time

import pytest
from kit.rules import rule_matches

from monitor.model import Claim, Finding, Noise, Novelty, Role, Update
from monitor.ruleset.match import match_rule
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.rule import Rule, RuleSet, Within

NEW, CHANGED, REPEATED, WITHDRAWN = Novelty.NEW, Novelty.CHANGED, Novelty.REPEATED, Novelty.WITHDRAWN
TITLE = "Assessment of the day"


def rule(query: str, **keys: object) -> Rule:
    compiled, faults = compile_query(query, {})
    assert compiled, faults
    return Rule("r", "R", compiled, **keys)


def update(**keys: object) -> Update:
    return Update(**{"source": "isw", "entry": "e", "at": 0.0, "title": TITLE, "url": "", "text": "", **keys})


def claim(text: str, role: Role = Role.SENTENCE, heading: str = "", noise: Noise | None = None) -> Claim:
    return Claim(text, role, heading, noise)


def finding(content: Claim | str, novelty: Novelty = NEW) -> Finding:
    return Finding(claim(content) if isinstance(content, str) else content, novelty, 0.0, (), None, "story")


def fired(rule: Rule, *findings: Finding, claims: tuple[Claim, ...] = (), tags: tuple[str, ...] = (), **keys: object):
    match = match_rule(rule, update(**keys), findings, claims, tags)
    return match.finding_indexes if match else None


def test_a_match_has_the_findings_and_the_matched_words():
    findings = [finding("Nothing."), finding("Up to 12,000 North  Korean soldiers are there.")]

    match = match_rule(rule('"north korea*" AND soldier* > 10000'), update(), findings)

    assert match and match.finding_indexes == (1,)
    assert [(hit.finding_index, hit.words, hit.term) for hit in match.hits] == [
        (1, "Up to 12,000", "soldier* > 10000"),
        (1, "North  Korean", '"north korea*"'),
        (1, "soldiers", "soldier*"),
    ]
    assert all(findings[1].claim.text[hit.start : hit.end] == hit.words for hit in match.hits)


def test_a_negation_has_no_matched_words():
    match = match_rule(rule("troops AND NOT football"), update(), [finding("Troops left.")])

    assert match and [hit.words for hit in match.hits] == ["Troops"]


def test_only_findings_with_a_novelty_in_on_fire():
    assert fired(rule("troops"), finding("Troops left.", REPEATED)) is None
    assert fired(rule("troops"), finding("Troops left.", CHANGED)) == (0,)
    assert fired(rule("troops", on=frozenset([REPEATED])), finding("Troops left.", REPEATED)) == (0,)


def test_a_noise_claim_never_fires_but_its_words_can_complete_a_match():
    question = finding(claim("Troops in Kursk?", noise=Noise.QUESTION))

    assert fired(rule("troops"), question) is None
    assert fired(rule("troops AND arrived", within=Within.UPDATE), question, finding("They arrived.")) == (1,)


def test_a_withdrawn_claim_fires_only_if_on_names_it():
    withdrawn = finding("Troops left.", WITHDRAWN)

    assert fired(rule("troops"), withdrawn) is None
    assert fired(rule("troops", on=frozenset([WITHDRAWN])), withdrawn) == (0,)


def test_within_update_sees_withdrawn_claims_only_if_on_names_them():
    findings = (finding("Troops left.", WITHDRAWN), finding("Kursk is quiet."))
    with_withdrawn = rule("troops AND kursk", within=Within.UPDATE, on=frozenset([NEW, WITHDRAWN]))

    assert fired(rule("troops AND kursk", within=Within.UPDATE), *findings) is None
    assert fired(with_withdrawn, *findings) == (0, 1)


def test_within_claim_all_terms_must_be_in_one_claim():
    assert fired(rule("troops AND kursk"), finding("Troops left."), finding("Kursk is quiet.")) is None


def test_within_passage_the_heading_and_the_previous_claim_count():
    passage = rule("troops AND kursk", within=Within.PASSAGE)
    before, after = claim("Kursk is quiet."), claim("Troops left it.")

    assert fired(passage, finding(after), claims=(before, after)) == (0,)
    assert fired(passage, finding(after), claims=(before, claim("Rain."), after)) is None
    assert fired(passage, finding(claim("Troops left.", heading="Around Kursk"))) == (0,)


def test_within_passage_news_fires_through_the_claim_that_follows():
    before, after = claim("Troops left."), claim("Kursk is quiet.")

    assert fired(rule("troops AND kursk", within=Within.PASSAGE), finding(before), claims=(before, after)) == (0,)


def test_words_only_in_old_claims_do_not_fire():
    old, new = claim("Troops left Kursk."), claim("Rain fell.")

    assert fired(rule("troops AND kursk", within=Within.UPDATE), finding(new), claims=(old, new)) is None
    assert fired(rule("troops AND rain", within=Within.UPDATE), finding(new), claims=(old, new)) == (0,)


def test_the_title_scope_matches_for_every_claim_but_fires_only_through_the_title():
    title = claim("Kursk report", Role.TITLE)
    body = finding("Troops left.")

    assert fired(rule("title:kursk AND troops"), body, title="Kursk report") == (0,)
    assert fired(rule("title:kursk AND troops"), body, claims=(title, body.claim), title="Kursk report") == (0,)
    assert fired(rule("title:kursk"), body, title="Kursk report") is None
    assert fired(rule("title:kursk"), finding(title), body, title="Kursk report") == (0,)


def test_the_text_scope_excludes_the_title():
    title = claim("Troops", Role.TITLE)

    assert fired(rule("text:troops"), finding(title)) is None
    assert fired(rule("text:troops"), finding("Troops left.")) == (0,)


def test_url_author_and_tags_of_entry_and_source_can_match():
    tagged = update(url="https://example.org/kursk-live", author="Ann Lee", tags=("war",))
    findings = [finding("Troops left.")]

    for query in ("url:kursk", 'author:"ann lee"', "tag:war", "tag:osint"):
        assert match_rule(rule(f"{query} AND troops"), tagged, findings, tags=("osint",))
    assert match_rule(rule("kursk AND troops"), tagged, findings) is None


def test_a_rule_selects_sources_by_name_or_tag():
    troops = finding("Troops left.")

    assert fired(rule("troops", sources=("bbc",)), troops) is None
    assert fired(rule("troops", sources=("bbc", "isw")), troops) == (0,)
    assert fired(rule("troops", sources=("tag:war",)), troops, tags=("war",)) == (0,)


def test_phrases_and_proximity_do_not_cross_claims():
    findings = (finding("They saw North"), finding("Korea troops"))

    assert fired(rule('"north korea"', within=Within.UPDATE), *findings) is None
    assert fired(rule("north NEAR/9 korea", within=Within.UPDATE), *findings) is None
    assert fired(rule("north SAME SENTENCE korea", within=Within.UPDATE), *findings) is None
    assert fired(rule("north AND korea", within=Within.UPDATE), *findings) == (0, 1)


def test_equal_claims_are_matched_to_findings_in_order():
    equal = claim("Troops left.")

    match = match_rule(rule("troops"), update(), [finding(equal), finding(equal, REPEATED)], (equal, equal))

    assert match and match.finding_indexes == (0,)


def test_the_novelty_of_the_given_findings_decides():
    repeated, new = finding("Troops left.", REPEATED), finding("Troops left.", NEW)

    assert fired(rule("troops"), repeated) is None
    assert fired(rule("troops"), new) == (0,)


def test_chinese_terms_match_inside_a_run_but_not_across_a_space():
    assert fired(rule("朝鮮"), finding("北朝鮮軍が到着")) == (0,)
    assert fired(rule("朝鮮"), finding("北朝 鮮軍")) is None
    assert fired(rule("朝鮮"), finding("北朝\u200b鮮軍")) == (0,)


def test_regexes_support_every_script_and_match_whole_words():
    assert fired(rule(r"/\w+град/"), finding("У Белгороді та Волгоград.")) == (0,)
    assert fired(rule("/kursk/"), finding("Kurskaya oblast")) is None
    assert fired(rule("/朝鮮/"), finding("北朝鮮軍が到着")) == (0,)
    assert fired(rule("/café/"), finding("The CAFE, closed")) == (0,)
    match = match_rule(rule("/cve-[0-9-]+/"), update(), [finding("See CVE-2026-1,CVE-2026-22.")])
    assert match and [hit.words for hit in match.hits] == ["CVE-2026-1", "CVE-2026-22"]


def test_a_regex_with_catastrophic_backtracking_elsewhere_runs_in_linear_time():
    started = time.process_time()

    assert fired(rule("/((a+)+)+b/"), finding("a" * 100_000 + " b")) is None
    assert time.process_time() - started < 1


LONG = {
    'a* NEAR/1000 (a* OR "a a"~100)': "aa " * 10_000,
    '"a a a a a a"~100': "a " * 10_000,
    "troop* > 3": "3 troops " * 5_000,
    "troop* > 4": "3" + " troops" * 10_000,
    "/(a|b)+c/": "ab" * 20_000,
    "aaaaaa~2": " ".join(f"a{n}" for n in range(10_000)),
    "aa BEFORE/9 aa BEFORE/9 aa SAME SENTENCE aa": "aa " * 10_000,
    "朝鮮": "朝" * 20_000,
    "/(\\w+\\s?)+z/": "aa " * 10_000,
    "/(x+x+)+y/": "x" * 20_000 + "é",
    "aaaaaaa~3": "aaaa" * 10_000,
}


@pytest.mark.parametrize(("query", "text"), LONG.items())
def test_no_text_makes_matching_slow(query, text):
    started = time.process_time()

    rule_matches(RuleSet((rule(query.replace("a*", "aa*")),)), update(), [finding(text)])

    assert time.process_time() - started < 2


def test_each_rule_that_matches_gives_one_match():
    rules = RuleSet((rule("troops"), rule("rain"), rule("kursk OR troops")))

    assert len(rule_matches(rules, update(), [finding("Troops left.")])) == 2


def test_without_findings_nothing_matches():
    assert rule_matches(RuleSet((rule("troops"),)), update(), []) == ()
