"""Claims that name different identifiers of one kind are about different things."""

import pytest

from monitor.compare.apart import is_formula_of, is_pointer
from monitor.compare.identifiers import title_different_things
from monitor.compare.lookup import LookupContext
from monitor.compare.verdict import judge
from monitor.model import ChangeKind, Novelty, PriorClaim, Relation, Update
from monitor.text.analysis import NO_SYNONYMS, analyze
from monitor.units import DAY


def verdict(before, now, relation=Relation.ELSEWHERE):
    return judge(analyze(before), analyze(now), relation)


OTHER_THINGS = [
    ("CVE-2031-20417: Acme Router buffer overflow", "CVE-2031-20991: Acme Router buffer overflow"),
    ("Lot 20417 of the almond milk is recalled.", "Lot 20991 of the almond milk is recalled."),
    ("The 61st Brigade holds the hills near Torvik.", "The 17th Brigade holds the hills near Torvik."),
    ("Flight 418 from Halvik landed in fog.", "Flight 977 from Halvik landed in fog."),
    ("The court dismissed case No. 31-1044 on costs.", "The court dismissed case No. 31-2210 on costs."),
    ("61-ша бригада утримує висоти біля села.", "17-та бригада утримує висоти біля села."),
    ("Acme Gateway 2.3.1 fixes a crash at start.", "Beta Proxy 5.0.4 fixes a crash at start."),
]


@pytest.mark.parametrize(("before", "now"), OTHER_THINGS)
def test_another_identifier_elsewhere_is_new(before, now):
    assert verdict(before, now).novelty is Novelty.NEW


@pytest.mark.parametrize(("before", "now"), OTHER_THINGS[:3])
def test_an_edit_may_change_an_identifier(before, now):
    assert verdict(before, now, Relation.REVISION).novelty is Novelty.CHANGED


def test_another_version_of_a_product_is_a_change():
    said = verdict("Acme Gateway 2.3.1 is the latest release.", "Acme Gateway 2.3.2 is the latest release.")
    assert said.novelty is Novelty.CHANGED
    assert [(c.kind, c.before, c.after) for c in said.changes] == [(ChangeKind.NAME, "2.3.1", "2.3.2")]


def test_a_moved_figure_about_the_same_identifier_is_a_change():
    said = verdict("Flight 418 had 112 people on board.", "Flight 418 had 114 people on board.")
    assert said.novelty is Novelty.CHANGED
    assert [(c.kind, c.before, c.after) for c in said.changes] == [(ChangeKind.NUMBER, "112", "114")]


def test_an_added_identifier_is_news_and_a_dropped_one_is_not():
    short = "The Halvik dairy recalls almond milk after an allergen was found."
    full = "The Halvik dairy recalls almond milk, lot 20417, after an allergen was found."
    assert verdict(short, full).novelty is Novelty.NEW
    assert verdict(full, short).novelty is Novelty.REPEATED


def test_another_link_is_no_news():
    before = "Storm Ida reached the coast of Halvik: https://example.org/s/1"
    now = "Storm Ida reached the coast of Halvik: https://example.net/p?id=977"
    assert verdict(before, now).novelty is Novelty.REPEATED


@pytest.mark.parametrize(
    ("before", "now", "apart"),
    [
        ("CVE-2031-20417: Acme Router", "CVE-2031-20991: Acme Router", True),
        ("Recall No. 417: kettles", "Recall No. 418: kettles", True),
        ("CVE-2031-20417: Acme Router", "Acme Router (CVE-2031-20417) exploited", False),
        ("Bulletin 12 of Storm Ida", "Bulletin 13 of Storm Ida", False),
        ("Gateway 2.3.1", "Gateway 2.3.2", False),
        ("Floods in Halvik", "CVE-2031-20991: Acme Router", False),
    ],
)
def test_titles_name_different_things(before, now, apart):
    assert title_different_things(before, now) is apart


def said_by(text, *entries):
    return [PriorClaim(text, "lab", entry, 0, "st-1", entry) for entry in entries]


def context(*, is_revision):
    update = Update("lab", "z", 30 * DAY, "Tolland recalls drills", "", "")
    return LookupContext(update, NoLedger(), NO_SYNONYMS, 30 * DAY, is_revision=is_revision)


class NoLedger:
    def candidates(self, terms, *, limit=0, sources=None):
        return []

    def entries_saying(self, update, texts, at_least):
        return []

    def exact_matches(self, texts, *, sources=None):
        return {}

    def own_claims(self, source, entry, texts):
        return {}


ADVICE = "Customers should stop using the affected product and return it to the shop."


@pytest.mark.parametrize(
    ("text", "entries", "is_formula"),
    [
        (ADVICE, "abc", True),
        (ADVICE, "ab", False),
        (ADVICE, "aaa", False),
        ("Risk: severe.", "abcd", False),
    ],
)
def test_a_long_sentence_of_many_entries_is_a_formula(text, entries, is_formula):
    assert is_formula_of(analyze(text), said_by(text, *entries), context(is_revision=True)) is is_formula


@pytest.mark.parametrize(
    ("text", "is_formula"),
    [
        ("The firm apologises for any trouble this causes.", True),
        ("The firm apologises to customers in Lyon.", False),  # a name
        ("The firm sold 300 of the drills in shops.", False),  # a figure, and a word of the title
        ("The firm apologises.", False),  # too short
    ],
)
def test_a_bare_sentence_of_another_entry_is_a_formula_in_a_new_entry(text, is_formula):
    assert is_formula_of(analyze(text), said_by(text, "a"), context(is_revision=False)) is is_formula
    assert not is_formula_of(analyze(text), said_by(text, "a"), context(is_revision=True))


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("For details, see https://example.org/a/17.", True),
        ("https://example.org/a ; https://example.org/b", True),
        ("For details, see the annex.", False),
        ("Three people died in the fire: https://example.org/a", False),
    ],
)
def test_a_claim_that_only_names_a_link_is_a_pointer(text, pointer):
    assert is_pointer(analyze(text)) is pointer
