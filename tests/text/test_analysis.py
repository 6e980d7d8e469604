"""Text analysis: terms match across spellings, inflections, synonyms and scripts."""

import pytest

from monitor.model import ChangeKind
from monitor.text.analysis import MAX_INDEX_TERMS, NO_SYNONYMS, Synonyms, analyze, consonant_key, index_terms

DPRK = Synonyms.from_mapping({"dprk": ["DPRK", "North Korean*"], "gur": ["GUR", "Defence Intelligence Directorate"]})


def terms(text, synonyms=NO_SYNONYMS):
    return set(index_terms(analyze(text, synonyms)))


def test_analyses_are_cached_by_text_and_synonyms():
    assert analyze("One boat sank.") is analyze("One boat sank.")
    assert analyze("One boat sank.", DPRK) is not analyze("One boat sank.")
    assert hash(DPRK) == hash(
        Synonyms.from_mapping({"gur": ["GUR", "Defence Intelligence Directorate"], "dprk": ["DPRK", "North Korean*"]})
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Polish miners", "miners from Poland"),
        ("US envoys", "American envoys"),
        ("the U.S. embassy", "the United States embassy"),
        ("DPRK units", "North Korean units"),
        ("GUR officers", "Defence Intelligence Directorate officers"),
        ("killed in floods", "dead in a flood"),
    ],
)
def test_words_with_one_meaning_share_a_term(one, other):
    assert terms(one, DPRK) & terms(other, DPRK) >= {term for term in terms(one, DPRK) if term[0] in "@="}
    assert any(term[0] in "@=" for term in terms(one, DPRK))


def test_us_in_capitals_is_the_country_and_us_in_lower_case_a_pronoun():
    assert "@united states" in terms("The US left")
    assert not terms("They told us") & {"@united states", "us"}


def test_misspelled_names_share_a_consonant_key():
    assert consonant_key("toretsk") == consonant_key("torestk")
    assert terms("near Torestk today") & terms("near Toretsk today") >= {consonant_key("toretsk")}


def test_index_terms_include_figures_and_exclude_stop_words_up_to_a_limit():
    index = index_terms(
        analyze("In the village of Lyptsi there were 3,000 " + " ".join(f"word{n}a" for n in range(99)))
    )
    assert "#3000" in index
    assert not {"in", "the", "of", "there", "were"} & set(index)
    assert len(index) == len(set(index)) == MAX_INDEX_TERMS


def test_names_places_and_other_words_have_different_kinds():
    kinds = {
        term.word.text: term.kind for term in analyze("Rescuers met Oksana near Sudzha in Poland.").terms.values()
    }
    assert kinds["Oksana"] is ChangeKind.NAME
    assert kinds["Sudzha"] is kinds["Poland"] is ChangeKind.PLACE
    assert kinds["Rescuers"] is ChangeKind.WORDING


def test_a_title_case_headline_has_no_names():
    assert {term.kind for term in analyze("Rescuers Find Missing Miners Alive Under Rubble").terms.values()} == {
        ChangeKind.WORDING
    }


@pytest.mark.parametrize(
    "text", ["", " ", "…!?", "俄罗斯没有派遣士兵", "لم ترسل روسيا", "ᚠᛇᚻ", "a\u0301\u200d\ufeff", "½ ² ٣ 𝟛"]
)
def test_text_of_any_script_is_analyzed(text):
    assert analyze(text).text == text
    assert len(index_terms(analyze(text))) <= 32


def test_inflections_of_ukrainian_and_russian_words_share_a_term():
    assert terms("загинули солдати") & terms("солдатів немає")
    assert terms("погибли солдаты") & terms("солдатами")
