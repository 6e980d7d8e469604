"""Dates and places are recognized in the languages of CLDR, and English words are not taken for names of others."""

import importlib.util
from pathlib import Path

import pytest

from monitor.model import ChangeKind
from monitor.text.analysis import Synonyms, analyze, index_terms
from monitor.text.lexicon import cldr

ROOT = Path(__file__).parents[2]
DECEMBER_14 = (2024, 12, 14, None, None)
MONDAY = (None, None, None, 0, None)


def dates(text):
    return [date.parts() for date in analyze(text).dates]


def places(text):
    return [key for key, term in analyze(text).terms.items() if term.kind is ChangeKind.PLACE and key[0] == "@"]


def test_the_file_is_what_the_script_writes():
    pytest.importorskip("babel", reason="Babel, from the dev extra, has the data of CLDR")
    path = ROOT / "benchmarks/lexicon_from_cldr.py"
    spec = importlib.util.spec_from_file_location("lexicon_from_cldr", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    assert script.render() == Path(cldr.__file__).with_name("cldr.txt").read_bytes()


REPORTS = [
    ("uk", "14 грудня 2024 року міст у Румунії закрили", DECEMBER_14, "@romania"),
    ("ru", "14 декабря 2024 года паром пришёл из Грузии", DECEMBER_14, "@georgia"),
    ("el", "Στις 14 Δεκεμβρίου 2024 έφτασαν από την Ουκρανία", DECEMBER_14, "@ukraine"),
    ("ar", "وصلت السفينة من أوكرانيا في 14 ديسمبر 2024", DECEMBER_14, "@ukraine"),
    ("ar, Levant", "وصلت السفينة من أوكرانيا في 14 كانون الأول 2024", DECEMBER_14, "@ukraine"),
    ("he", "ב־14 דצמבר 2024 הגיעו מאוקראינה אל רומניה", DECEMBER_14, "@romania"),
    ("hi", "14 दिसंबर 2024 को जहाज़ यूक्रेन पहुँचा", DECEMBER_14, "@ukraine"),
    ("bn", "14 ডিসেম্বর 2024 ইউক্রেন", DECEMBER_14, "@ukraine"),
    ("ja", "2024年12月14日、船がウクライナに着いた", DECEMBER_14, "@ukraine"),
    ("zh", "2024年12月14日,船抵达乌克兰", DECEMBER_14, "@ukraine"),
    ("ko", "2024년 12월 14일 우크라이나 도착", DECEMBER_14, "@ukraine"),
    ("pt", "O navio chegou à Ucrânia em 14 de dezembro de 2024", DECEMBER_14, "@ukraine"),
    ("es", "El barco salió de Estados Unidos el 14 de diciembre de 2024", DECEMBER_14, "@united states"),
    ("de", "Das Schiff erreichte Österreich am 14. Dezember 2024", DECEMBER_14, "@austria"),
    ("vi", "Tàu đến Thái Lan ngày 14 tháng 12, 2024", DECEMBER_14, "@thailand"),
    ("pl", "Statek z Rumunia dotarł 14 grudnia 2024", DECEMBER_14, "@romania"),
]


@pytest.mark.parametrize(("text", "date", "place"), [report[1:] for report in REPORTS], ids=[r[0] for r in REPORTS])
def test_a_report_has_its_date_and_place(text, date, place):
    assert dates(text) == [date]
    assert places(text) == [place]


@pytest.mark.parametrize(
    "text",
    ["у понеділок", "в понедельник", "na segunda-feira", "सोमवार को", "月曜日に", "星期一", "월요일", "يوم الاثنين"],
)
def test_a_weekday_is_recognized_in_each_language(text):
    assert dates(text) == [MONDAY]


@pytest.mark.parametrize(
    ("text", "month"), [("في ديسمبر", 12), ("दिसंबर में", 12), ("em agosto", 8), ("im Oktober", 10), ("12月に", 12)]
)
def test_a_month_that_is_no_other_word_counts_without_a_number(text, month):
    assert dates(text) == [(None, month, None, None, None)]


@pytest.mark.parametrize("text", ["14 mars 2024", "14. märz 2024", "14 مارس 2024"])
def test_a_month_that_is_another_word_too_counts_beside_a_number(text):
    assert dates(text) == [(2024, 3, 14, None, None)]


@pytest.mark.parametrize(
    "text",
    [
        "Mars has ice.",
        "Two Mars rovers, 2 Mars rovers",
        "14 out of 20 crews set 12 records.",
        "The tenor Domingo sang; now 5 sing.",
        "They left 3 days ago.",
        "3日間",
    ],
)
def test_words_of_english_and_durations_are_not_months_or_weekdays(text):
    assert dates(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Island ferries stopped.",  # Iceland in German
        "Grenade thrown at a mill.",  # Grenada in French
        "Maurice sold the mill.",  # Mauritius in French
        "A suede coat burned.",  # Sweden in French, with an accent
        "Floods in New Jersey closed a road.",
        "Saint Kitts and Nevis opened a port.",  # several English words stay separate
        "マリアが町に着いた",  # the letters of Mali begin a name
        "Грузы пришли.",  # cargo, with the letters of Georgia
        "ирландия в нижнем регистре",
    ],
)
def test_a_word_that_only_resembles_a_territory_is_no_place(text):
    assert places(text) == []


def test_inflections_of_a_territory_share_its_key():
    assert places("Китай") == places("до Китаю") == places("из Китая") == ["@china"]
    assert places("Росія") == places("у Росії") == places("Россию") == ["@russia"]


def test_a_territory_without_aliases_has_its_code_as_key_in_all_languages():
    assert places("Malta votes.") == places("La Malte vote.") == places("マルタ") == ["@MT"]


def test_an_alias_that_names_a_territory_has_the_key_of_the_territory():
    synonyms = Synonyms.from_mapping({"island": ["Malta", "the island of knights"]})
    assert "@MT" in index_terms(analyze("The island of knights votes.", synonyms))


def test_words_with_vowel_signs_are_one_word():
    assert [term.word.text for term in analyze("हिंदी में किताब").terms.values()] == ["हिंदी", "में", "किताब"]
