"""Words fold as people write them, and offsets point into the text as it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ruleset.query.normalize import fold_letters, fold_query_word, folded_words, letter_origins, word_spans

SAME = [
    ("Soldiers", "soldiers"),
    ("sоldiers", "soldiers"),  # a Cyrillic о
    ("ΑΤΗΕΝS", "athens"),  # Greek capitals before a Latin S
    ("Росcия", "россия"),  # a Latin c
    ("ｔｒｏｏｐｓ", "troops"),
    ("Łódź", "lodz"),
    ("İstanbul", "istanbul"),
    ("naïve", "naive"),
    ("nai\u0308ve", "naive"),
    ("straße", "strasse"),
    ("sol\u200bdiers", "soldiers"),
    ("sol\u00addiers", "soldiers"),
    ("Жёлтый", "желтый"),
    ("أحمد", "احمد"),
    ("\u1107\u116e\u11a8", "북"),
    ("ﬁnd", "find"),
]


@pytest.mark.parametrize(("written", "folded"), SAME)
def test_a_spelling_folds_to_its_plain_word(written, folded):
    assert folded_words(written) == [folded]


@pytest.mark.parametrize("word", ["сосо", "НАТО", "йод", "їжак", "हिन्दी"])
def test_letters_of_a_words_own_script_stay(word):
    assert folded_words(word) == [word.lower()]


def test_scripts_without_spaces_give_a_word_for_each_character():
    assert folded_words("北朝鮮のKN-23") == ["北", "朝", "鮮", "の", "kn", "23"]
    assert folded_words("북한군 3명") == ["북", "한", "군", "3", "명"]
    assert folded_words("ｶﾞｽ") == ["ガ", "ス"]


def test_apostrophes_straight_or_curly_and_underscores_part_words():
    assert folded_words("Ukraine's") == folded_words("Ukraine’s") == ["ukraine", "s"]
    assert folded_words("_so_ don't") == ["so", "don", "t"]


@given(st.text())
def test_every_word_stands_where_its_span_says(text):
    assert [fold_query_word(text[start:end]) for start, end in word_spans(text)] == folded_words(text)


@given(st.text())
def test_a_flattened_text_knows_where_each_letter_came_from(text):
    flat, origin = fold_letters(text), letter_origins(text)

    assert len(origin) == len(flat) + 1
    assert list(origin) == sorted(origin) and origin[-1] == len(text)


@given(st.text(alphabet=st.characters(codec="ascii")), st.sampled_from(["é", "о", "朝"]))
def test_a_foreign_letter_elsewhere_does_not_change_how_a_text_is_cut(text, letter):
    assert folded_words(f"{text} {letter}")[:-1] == folded_words(text)
