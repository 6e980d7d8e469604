"""Verdicts on made-up pairs of sentences; most cases are judged in both directions."""

import pytest

from monitor.compare.verdict import judge
from monitor.model import ChangeKind, Novelty, Relation
from monitor.text.analysis import Synonyms, analyze

REVISION, ELSEWHERE = Relation.REVISION, Relation.ELSEWHERE


def verdict(before, now, context=REVISION, same=None):
    synonyms = Synonyms.from_mapping(same or {})
    return judge(analyze(before, synonyms), analyze(now, synonyms), context)


def changes(before, now, context=REVISION):
    return [(change.kind, change.before, change.after) for change in verdict(before, now, context).changes]


CHANGED_FACTS = [
    # 1: scope
    (
        "The office advises against all travel to Northport.",
        "The office advises against all but essential travel to Northport.",
        ChangeKind.SCOPE,
    ),
    # 2: an age
    (
        "Men aged 21 to 55 must register before they leave.",
        "Men aged 25 to 55 must register before they leave.",
        ChangeKind.NUMBER,
    ),
    # 3: certainty
    (
        "Smugglers are very likely to use the eastern pass.",
        "Smugglers are likely to use the eastern pass.",
        ChangeKind.CERTAINTY,
    ),
    # 4: a time of day
    ("Ferries stop from 11:45 pm to 4 am.", "Ferries stop from 9 pm to 4 am.", ChangeKind.DATE),
    # 5: a date
    ("A rail strike is planned for 3 April.", "A rail strike is planned for 17 May.", ChangeKind.DATE),
    # 6: one significant word
    (
        "Stay away from the border because of ongoing shelling.",
        "Stay away from the border because of ongoing talks.",
        ChangeKind.WORDING,
    ),
    # 7: a rising count
    (
        "The regional office has confirmed 8,000 dead.",
        "The regional office has confirmed 8,300 dead.",
        ChangeKind.NUMBER,
    ),
]


@pytest.mark.parametrize(("before", "now", "kind"), CHANGED_FACTS)
def test_an_edited_fact_is_changed(before, now, kind):
    for one, other in ((before, now), (now, before)):
        judged = verdict(one, other)
        assert judged.novelty is Novelty.CHANGED
        assert kind in {change.kind for change in judged.changes}


REWORDED_EDITS = [
    # 8: a misspelled name
    ("Fighting went on near Torestk on Friday.", "Fighting went on near Toretsk on Friday."),
    # 9: the country named again
    ("The capital is the Polish city of Warsaw.", "The capital of Poland is the Polish city of Warsaw."),
    # 10: an editorial sentence reworded
    ("Novia is in an active volcanic zone.", "Novia is located in an active volcanic zone."),
    ("Avoid all travel to to the delta.", "Avoid all travel to the delta."),
    ("The Ferry Authority closed the pier.", "The ferry authority closed the pier."),
    ("Police warn of car-jacking on the ring road.", "Police warn of carjacking on the ring road."),
    ("Flood report - Northport River Board", "Flood map – Northport River Board"),
    ("Four bridges are closed.", "4 bridges are closed."),
    ("The European Space Agency postponed the start.", "The ESA postponed the start."),
]


@pytest.mark.parametrize(("before", "now"), REWORDED_EDITS)
def test_an_edit_of_wording_only_is_repeated(before, now):
    assert verdict(before, now).novelty is Novelty.REPEATED
    assert verdict(now, before).novelty is Novelty.REPEATED


def test_another_magnitude_with_the_same_toll_is_the_only_change():  # 11
    magnitude_changes = changes(
        "Four killed by magnitude 6.1 quake in Nepal", "4 dead in 5.9-magnitude earthquake in Nepal", ELSEWHERE
    )
    assert magnitude_changes == [(ChangeKind.NUMBER, "magnitude 6.1", "5.9-magnitude")]


def test_a_projection_is_changed_from_the_current_figure():  # 12
    judged = verdict("The toll passed 9,000 on Sunday.", "The toll could pass 9,000 by Sunday.", ELSEWHERE)
    assert judged.novelty is Novelty.CHANGED


def test_an_unrelated_sentence_is_not_a_successor():  # 13: so a deleted sentence is withdrawn
    deleted, remaining = "Border guards confiscate phones at the Rusne crossing.", "Tap water is safe to drink."
    assert verdict(deleted, remaining).novelty is Novelty.NEW


FIGURES = [
    ("Around 3,000 soldiers are in Kursk.", "Up to 12,000 soldiers are in Kursk.", "Around 3,000", "Up to 12,000"),
    ("Around 3,000 soldiers are in Kursk.", "Over 3,000 soldiers are in Kursk.", "Around 3,000", "Over 3,000"),
    ("The fund holds $1.5 million.", "The fund holds $2.5 million.", "$1.5 million", "$2.5 million"),
    ("Rates rose 4 percent.", "Rates rose 5%.", "4 percent", "5%"),
    ("Twenty-three trucks crossed.", "Thirty trucks crossed.", "Twenty-three", "Thirty"),
    ("Загинули 12 людей.", "Загинули 15 людей.", "12", "15"),
]


@pytest.mark.parametrize(("before", "now", "old", "new"), FIGURES)
@pytest.mark.parametrize("context", list(Relation))
def test_a_changed_figure_is_quoted_with_its_bound_and_unit(before, now, old, new, context):
    assert (ChangeKind.NUMBER, old, new) in changes(before, now, context)
    assert (ChangeKind.NUMBER, new, old) in changes(now, before, context)


def test_figures_that_swap_what_they_count_are_changed():
    assert (
        verdict("3 dead, 4 injured in Lagos fire", "4 dead, 3 injured in Lagos fire", ELSEWHERE).novelty
        is Novelty.CHANGED
    )


REWORDED_REPORTS = [
    ("Police arrest five protesters in Milan", "Five protesters detained by police in Milan"),
    ("A strong quake hit Chile on Monday", "Powerful earthquake strikes Chile"),
    ("U.S. senators approve the budget bill", "US Senate passes budget bill"),
    ("DPRK soldiers stormed a village near Sudzha", "North Korean troops stormed a village near Sudzha"),
]


@pytest.mark.parametrize(("before", "now"), REWORDED_REPORTS)
def test_the_same_facts_in_other_words_are_repeated_elsewhere(before, now):
    assert verdict(before, now, ELSEWHERE).novelty is Novelty.REPEATED
    assert verdict(now, before, ELSEWHERE).novelty is Novelty.REPEATED


CONTRADICTIONS = [
    ("Ukrainian forces captured the village of Lyptsi.", "Ukrainian forces have not captured the village of Lyptsi."),
    ("The ministry confirmed the loss of a ship.", "The ministry denied the loss of a ship."),
    ("Sales of the drug went up in March.", "Sales of the drug went down in March."),
    ("The army will leave the base.", "The army may leave the base."),
    ("Brazil beats Spain in the final.", "Spain beats Brazil in the final."),
    ("Росія визнала втрату корабля.", "Росія не визнала втрату корабля."),
    ("В городе есть свет.", "В городе нет света."),
    ("The team has not left and the boat sank.", "The team left and the boat has not sunk."),
]


@pytest.mark.parametrize(("before", "now"), CONTRADICTIONS)
@pytest.mark.parametrize("context", list(Relation))
def test_a_contradicted_claim_is_changed(before, now, context):
    assert verdict(before, now, context).novelty is Novelty.CHANGED
    assert verdict(now, before, context).novelty is Novelty.CHANGED


OTHER_EVENTS = [
    ("The dam broke near Kursk.", "The dam broke near Belgorod."),
    ("Biden meets Xi for talks in Tokyo on trade.", "Biden meets Putin for talks in Tokyo on trade."),
    ("Norway sends six F-16 jets to the base.", "Norway sends six F-35 jets to the base."),
]


@pytest.mark.parametrize(("before", "now"), OTHER_EVENTS)
def test_another_place_or_person_is_a_change_in_an_edit_and_new_elsewhere(before, now):
    assert verdict(before, now, REVISION).novelty is Novelty.CHANGED
    assert verdict(before, now, ELSEWHERE).novelty is Novelty.NEW


def test_the_passive_does_not_swap_roles():
    assert (
        verdict("Brazil beats Spain in the final.", "Spain is beaten by Brazil in the final.", ELSEWHERE).novelty
        is Novelty.REPEATED
    )


def test_an_added_figure_is_changed_if_all_old_words_remain():
    judged = verdict("Acme releases its engine", "Acme releases its engine with 300 horsepower")
    assert judged.novelty is Novelty.CHANGED


def test_an_unrelated_claim_is_new():
    assert (
        verdict("A ferry sank off Zanzibar.", "Parliament in Oslo votes on the fishing quota.", ELSEWHERE).novelty
        is Novelty.NEW
    )


def test_a_toll_of_another_country_is_new():
    assert (
        verdict("More than 33,000 dead after earthquake", "Quake kills 4 in Indonesia", ELSEWHERE).novelty
        is Novelty.NEW
    )


def test_words_of_one_alias_are_equal():
    same = {"dprk": ["DPRK", "North Korean*"], "wagner": ["Wagner Group", "PMC"]}
    before, now = "The Wagner Group recruits in Perm.", "The PMC recruits in Perm."
    assert verdict(before, now).novelty is Novelty.CHANGED
    assert verdict(before, now, same=same).novelty is Novelty.REPEATED


def test_an_alias_does_not_hide_a_change_to_a_place_outside_it():
    same = {"north": ["Kharkiv", "Kharkov"]}
    assert verdict("Drones hit Kharkiv.", "Drones hit Odesa.", same=same).novelty is Novelty.CHANGED


def test_added_words_are_one_change():
    added = changes("Protests are expected in Lima.", "Protests are expected in Lima and near Callao harbour gate.")
    assert added == [(ChangeKind.ADDED, "", "near Callao harbour gate")]


def test_a_difference_beyond_the_analyzed_part_is_changed():
    long = "word " * 5_000
    assert verdict(long + "one", long + "other").novelty is Novelty.CHANGED


def test_the_same_day_and_names_allow_freer_wording():
    before = "President Marchenko stated on May 4 that the Polish army has sent Danish sailors in raids on Gotland."
    now = "On May 4, the Naval Office reported that Poland had begun using Danish sailors in raids on Gotland."
    assert verdict(before, now, ELSEWHERE).novelty is Novelty.REPEATED
    assert verdict(before, now.replace("May 4", "May 9"), ELSEWHERE).novelty is Novelty.NEW


@pytest.mark.parametrize("context", list(Relation))
@pytest.mark.parametrize(
    ("before", "now", "old", "new"),
    [
        ("The harbour master denied the sale.", "The harbour master confirmed the sale.", "denied", "confirmed"),
        ("The sale was confirmed.", "The sale was denied.", "confirmed", "denied"),
        ("The port has not reopened.", "The port may have reopened.", "not", "may"),
    ],
)
def test_a_denial_that_becomes_a_confirmation_is_one_change(before, now, old, new, context):
    assert verdict(before, now, context).novelty is Novelty.CHANGED
    assert changes(before, now, context) == [(ChangeKind.NEGATION, old, new)]


def test_a_denial_of_one_thing_and_a_doubt_of_another_are_two_changes():
    before, now = "The port denied the sale and the dredging.", "The port sells and the dredging may stop."
    assert {ChangeKind.NEGATION, ChangeKind.CERTAINTY} <= {kind for kind, _, _ in changes(before, now)}
