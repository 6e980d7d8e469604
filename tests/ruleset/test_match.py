"""Which findings of an update a rule fires on, and because of which words."""

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


def claim(text: str, role: Role = Role.SENTENCE, heading: str = "", quiet: Noise | None = None) -> Claim:
    return Claim(text, role, heading, quiet)


def finding(said: Claim | str, novelty: Novelty = NEW) -> Finding:
    return Finding(claim(said) if isinstance(said, str) else said, novelty, 0.0, (), None, "story")


def fired(rule: Rule, *findings: Finding, claims: tuple[Claim, ...] = (), tags: tuple[str, ...] = (), **keys: object):
    found = match_rule(rule, update(**keys), findings, claims, tags)
    return found.finding_indexes if found else None


def test_a_match_names_the_findings_and_the_words_as_they_stand():
    said = [finding("Nothing."), finding("Up to 12,000 North  Korean soldiers are there.")]

    found = match_rule(rule('"north korea*" AND soldier* > 10000'), update(), said)

    assert found and found.finding_indexes == (1,)
    assert [(met.finding_index, met.words, met.term) for met in found.hits] == [
        (1, "Up to 12,000", "soldier* > 10000"),
        (1, "North  Korean", '"north korea*"'),
        (1, "soldiers", "soldier*"),
    ]
    assert all(said[1].claim.text[met.start : met.end] == met.words for met in found.hits)


def test_words_of_a_negation_are_not_among_the_words_met():
    found = match_rule(rule("troops AND NOT football"), update(), [finding("Troops left.")])

    assert found and [met.words for met in found.hits] == ["Troops"]


def test_only_news_of_a_kind_in_on_fires():
    assert fired(rule("troops"), finding("Troops left.", REPEATED)) is None
    assert fired(rule("troops"), finding("Troops left.", CHANGED)) == (0,)
    assert fired(rule("troops", on=frozenset([REPEATED])), finding("Troops left.", REPEATED)) == (0,)


def test_a_quiet_claim_never_fires_but_may_stand_beside_what_does():
    quiet = finding(claim("Troops in Kursk?", quiet=Noise.QUESTION))

    assert fired(rule("troops"), quiet) is None
    assert fired(rule("troops AND arrived", within=Within.UPDATE), quiet, finding("They arrived.")) == (1,)


def test_a_withdrawn_claim_fires_only_if_asked_for():
    gone = finding("Troops left.", WITHDRAWN)

    assert fired(rule("troops"), gone) is None
    assert fired(rule("troops", on=frozenset([WITHDRAWN])), gone) == (0,)


def test_within_update_sees_withdrawn_claims_only_if_on_names_them():
    said = (finding("Troops left.", WITHDRAWN), finding("Kursk is quiet."))
    asked = rule("troops AND kursk", within=Within.UPDATE, on=frozenset([NEW, WITHDRAWN]))

    assert fired(rule("troops AND kursk", within=Within.UPDATE), *said) is None
    assert fired(asked, *said) == (0, 1)


def test_within_claim_all_words_meet_in_one_claim():
    assert fired(rule("troops AND kursk"), finding("Troops left."), finding("Kursk is quiet.")) is None


def test_within_passage_the_heading_and_the_claim_before_count():
    passage = rule("troops AND kursk", within=Within.PASSAGE)
    before, after = claim("Kursk is quiet."), claim("Troops left it.")

    assert fired(passage, finding(after), claims=(before, after)) == (0,)
    assert fired(passage, finding(after), claims=(before, claim("Rain."), after)) is None
    assert fired(passage, finding(claim("Troops left.", heading="Around Kursk"))) == (0,)


def test_news_in_the_claim_before_fires_through_the_claim_that_completes_it():
    before, after = claim("Troops left."), claim("Kursk is quiet.")

    assert fired(rule("troops AND kursk", within=Within.PASSAGE), finding(before), claims=(before, after)) == (0,)


def test_words_that_stand_only_in_old_claims_do_not_fire():
    old, new = claim("Troops left Kursk."), claim("Rain fell.")

    assert fired(rule("troops AND kursk", within=Within.UPDATE), finding(new), claims=(old, new)) is None
    assert fired(rule("troops AND rain", within=Within.UPDATE), finding(new), claims=(old, new)) == (0,)


def test_title_is_seen_from_every_claim_and_fires_only_for_itself():
    title = claim("Kursk report", Role.TITLE)
    body = finding("Troops left.")

    assert fired(rule("title:kursk AND troops"), body, title="Kursk report") == (0,)
    assert fired(rule("title:kursk AND troops"), body, claims=(title, body.claim), title="Kursk report") == (0,)
    assert fired(rule("title:kursk"), body, title="Kursk report") is None
    assert fired(rule("title:kursk"), finding(title), body, title="Kursk report") == (0,)


def test_text_is_what_is_not_title():
    title = claim("Troops", Role.TITLE)

    assert fired(rule("text:troops"), finding(title)) is None
    assert fired(rule("text:troops"), finding("Troops left.")) == (0,)


def test_url_author_and_tags_of_entry_and_source_are_seen():
    where = update(url="https://example.org/kursk-live", author="Ann Lee", tags=("war",))
    said = [finding("Troops left.")]

    for query in ("url:kursk", 'author:"ann lee"', "tag:war", "tag:osint"):
        assert match_rule(rule(f"{query} AND troops"), where, said, tags=("osint",))
    assert match_rule(rule("kursk AND troops"), where, said) is None


def test_a_rule_listens_to_its_sources_by_name_or_tag():
    said = finding("Troops left.")

    assert fired(rule("troops", sources=("bbc",)), said) is None
    assert fired(rule("troops", sources=("bbc", "isw")), said) == (0,)
    assert fired(rule("troops", sources=("tag:war",)), said, tags=("war",)) == (0,)


def test_phrases_and_nearness_stop_at_the_edge_of_a_claim():
    said = (finding("They saw North"), finding("Korea troops"))

    assert fired(rule('"north korea"', within=Within.UPDATE), *said) is None
    assert fired(rule("north NEAR/9 korea", within=Within.UPDATE), *said) is None
    assert fired(rule("north SAME SENTENCE korea", within=Within.UPDATE), *said) is None
    assert fired(rule("north AND korea", within=Within.UPDATE), *said) == (0, 1)


def test_equal_claims_are_told_apart_by_their_order():
    twice = claim("Troops left.")

    found = match_rule(rule("troops"), update(), [finding(twice), finding(twice, REPEATED)], (twice, twice))

    assert found and found.finding_indexes == (0,)


def test_findings_may_carry_the_novelty_that_a_listener_hears():
    old, heard = finding("Troops left.", REPEATED), finding("Troops left.", NEW)

    assert fired(rule("troops"), old) is None
    assert fired(rule("troops"), heard) == (0,)


def test_chinese_terms_are_met_inside_a_run_but_not_across_a_gap():
    assert fired(rule("朝鮮"), finding("北朝鮮軍が到着")) == (0,)
    assert fired(rule("朝鮮"), finding("北朝 鮮軍")) is None
    assert fired(rule("朝鮮"), finding("北朝\u200b鮮軍")) == (0,)


def test_regexes_know_every_script_and_span_whole_words():
    assert fired(rule(r"/\w+град/"), finding("У Белгороді та Волгоград.")) == (0,)
    assert fired(rule("/kursk/"), finding("Kurskaya oblast")) is None
    assert fired(rule("/朝鮮/"), finding("北朝鮮軍が到着")) == (0,)
    assert fired(rule("/café/"), finding("The CAFE, closed")) == (0,)
    found = match_rule(rule("/cve-[0-9-]+/"), update(), [finding("See CVE-2026-1,CVE-2026-22.")])
    assert found and [met.words for met in found.hits] == ["CVE-2026-1", "CVE-2026-22"]


def test_a_regex_that_hangs_other_engines_takes_no_time():
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
def test_no_text_makes_a_rule_slow(query, text):
    started = time.process_time()

    rule_matches(RuleSet((rule(query.replace("a*", "aa*")),)), update(), [finding(text)])

    assert time.process_time() - started < 2


def test_match_gives_one_match_for_each_rule_that_holds():
    rules = RuleSet((rule("troops"), rule("rain"), rule("kursk OR troops")))

    found = rule_matches(rules, update(), [finding("Troops left.")])

    assert len(found) == 2


def test_nothing_is_matched_when_nothing_is_found():
    assert rule_matches(RuleSet((rule("troops"),)), update(), []) == ()
