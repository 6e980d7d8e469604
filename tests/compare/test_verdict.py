"""What is new, changed or repeated, on sentences written for it; each case is judged in both directions."""

import pytest

from monitor.compare.verdict import judge
from monitor.model import ChangeKind, Novelty, Relation
from monitor.text.analysis import Synonyms, analyze

REVISION, ELSEWHERE = Relation.REVISION, Relation.ELSEWHERE


def verdict(before, now, context=REVISION, same=None):
    groups = Synonyms.from_mapping(same or {})
    return judge(analyze(before, groups), analyze(now, groups), context)


def changes(before, now, context=REVISION):
    return [(change.kind, change.before, change.after) for change in verdict(before, now, context).changes]


MOVED = [
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
    # 6: one word of substance
    (
        "Stay away from the border because of ongoing shelling.",
        "Stay away from the border because of ongoing talks.",
        ChangeKind.WORDING,
    ),
    # 7: a counter that runs
    (
        "The regional office has confirmed 8,000 dead.",
        "The regional office has confirmed 8,300 dead.",
        ChangeKind.NUMBER,
    ),
]


@pytest.mark.parametrize(("before", "now", "kind"), MOVED)
def test_a_moved_fact_is_changed_in_an_edit(before, now, kind):
    for one, other in ((before, now), (now, before)):
        said = verdict(one, other)
        assert said.novelty is Novelty.CHANGED
        assert kind in {change.kind for change in said.changes}


SAME = [
    # 8: a misspelt name
    ("Fighting went on near Torestk on Friday.", "Fighting went on near Toretsk on Friday."),
    # 9: the country said again
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


@pytest.mark.parametrize(("before", "now"), SAME)
def test_wording_alone_is_repeated_in_an_edit(before, now):
    assert verdict(before, now).novelty is Novelty.REPEATED
    assert verdict(now, before).novelty is Novelty.REPEATED


def test_the_same_toll_of_another_magnitude_moved_the_magnitude():  # 11
    said = changes(
        "Four killed by magnitude 6.1 quake in Nepal", "4 dead in 5.9-magnitude earthquake in Nepal", ELSEWHERE
    )
    assert said == [(ChangeKind.NUMBER, "magnitude 6.1", "5.9-magnitude")]


def test_a_projection_is_not_the_current_figure():  # 12
    said = verdict("The toll passed 9,000 on Sunday.", "The toll could pass 9,000 by Sunday.", ELSEWHERE)
    assert said.novelty is Novelty.CHANGED


def test_a_sentence_without_a_successor_has_no_likeness():  # 13: what is left of a deleted sentence is withdrawn
    gone, left = "Border guards confiscate phones at the Rusne crossing.", "Tap water is safe to drink."
    assert verdict(gone, left).novelty is Novelty.NEW


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
def test_a_moved_figure_is_told_as_it_stands(before, now, old, new, context):
    assert (ChangeKind.NUMBER, old, new) in changes(before, now, context)
    assert (ChangeKind.NUMBER, new, old) in changes(now, before, context)


def test_figures_of_each_others_things_have_moved():
    assert (
        verdict("3 dead, 4 injured in Lagos fire", "4 dead, 3 injured in Lagos fire", ELSEWHERE).novelty
        is Novelty.CHANGED
    )


RETOLD = [
    ("Police arrest five protesters in Milan", "Five protesters detained by police in Milan"),
    ("A strong quake hit Chile on Monday", "Powerful earthquake strikes Chile"),
    ("U.S. senators approve the budget bill", "US Senate passes budget bill"),
    ("DPRK soldiers stormed a village near Sudzha", "North Korean troops stormed a village near Sudzha"),
]


@pytest.mark.parametrize(("before", "now"), RETOLD)
def test_the_same_facts_in_other_words_are_repeated_elsewhere(before, now):
    assert verdict(before, now, ELSEWHERE).novelty is Novelty.REPEATED
    assert verdict(now, before, ELSEWHERE).novelty is Novelty.REPEATED


TURNED = [
    ("Ukrainian forces captured the village of Lyptsi.", "Ukrainian forces have not captured the village of Lyptsi."),
    ("The ministry confirmed the loss of a ship.", "The ministry denied the loss of a ship."),
    ("Sales of the drug went up in March.", "Sales of the drug went down in March."),
    ("The dam broke near Kursk.", "The dam broke near Belgorod."),
    ("Biden meets Xi for talks in Tokyo on trade.", "Biden meets Putin for talks in Tokyo on trade."),
    ("The army will leave the base.", "The army may leave the base."),
    ("Brazil beats Spain in the final.", "Spain beats Brazil in the final."),
    ("Росія визнала втрату корабля.", "Росія не визнала втрату корабля."),
    ("В городе есть свет.", "В городе нет света."),
    ("The team has not left and the boat sank.", "The team left and the boat has not sunk."),
]


@pytest.mark.parametrize(("before", "now"), TURNED)
@pytest.mark.parametrize("context", list(Relation))
def test_a_claim_turned_around_is_never_repeated(before, now, context):
    assert verdict(before, now, context).novelty is Novelty.CHANGED
    assert verdict(now, before, context).novelty is Novelty.CHANGED


def test_the_passive_turns_no_roles():
    assert (
        verdict("Brazil beats Spain in the final.", "Spain is beaten by Brazil in the final.", ELSEWHERE).novelty
        is Novelty.REPEATED
    )


def test_an_appended_figure_is_changed_though_all_old_words_stand():
    said = verdict("Acme releases its engine", "Acme releases its engine with 300 horsepower")
    assert said.novelty is Novelty.CHANGED


def test_another_claim_is_new():
    assert (
        verdict("A ferry sank off Zanzibar.", "Parliament in Oslo votes on the fishing quota.", ELSEWHERE).novelty
        is Novelty.NEW
    )


def test_a_toll_of_another_country_is_another_claim():
    assert (
        verdict("More than 33,000 dead after earthquake", "Quake kills 4 in Indonesia", ELSEWHERE).novelty
        is Novelty.NEW
    )


def test_words_of_one_alias_meet():
    same = {"dprk": ["DPRK", "North Korean*"], "wagner": ["Wagner Group", "PMC"]}
    before, now = "The Wagner Group recruits in Perm.", "The PMC recruits in Perm."
    assert verdict(before, now).novelty is Novelty.CHANGED
    assert verdict(before, now, same=same).novelty is Novelty.REPEATED


def test_an_alias_never_hides_a_place_of_another_list():
    same = {"north": ["Kharkiv", "Kharkov"]}
    assert verdict("Drones hit Kharkiv.", "Drones hit Odesa.", same=same).novelty is Novelty.CHANGED


def test_what_was_added_is_told_as_one_run_of_words():
    said = changes("Protests are expected in Lima.", "Protests are expected in Lima and near Callao harbour gate.")
    assert said == [(ChangeKind.ADDED, "", "near Callao harbour gate")]


def test_what_lies_beyond_the_part_that_is_read_is_not_called_a_repeat():
    long = "word " * 5_000
    assert verdict(long + "one", long + "other").novelty is Novelty.CHANGED


def test_one_day_and_the_same_names_tell_one_thing_in_freer_words():
    before = "President Marchenko stated on May 4 that the Polish army has sent Danish sailors in raids on Gotland."
    now = "On May 4, the Naval Office reported that Poland had begun using Danish sailors in raids on Gotland."
    assert verdict(before, now, ELSEWHERE).novelty is Novelty.REPEATED
    assert verdict(before, now.replace("May 4", "May 9"), ELSEWHERE).novelty is Novelty.CHANGED


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


def test_a_place_and_a_name_that_both_moved_are_told_in_one_order_always():
    before = "Live watch from Norway and Tormo opens today in the harbour hall"
    now = "Live watch from Chile and Brandel opens today in the harbour hall"
    assert changes(before, now, ELSEWHERE) == [
        (ChangeKind.PLACE, "Norway", "Chile"),
        (ChangeKind.NAME, "Tormo", "Brandel"),
    ]
