"""Different spellings of a word fold to the same word, and offsets refer to the original text."""

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


@pytest.mark.parametrize(("spelling", "folded"), SAME)
def test_a_spelling_folds_to_its_plain_word(spelling, folded):
    assert folded_words(spelling) == [folded]


@pytest.mark.parametrize("word", ["сосо", "НАТО", "йод", "їжак", "हिन्दी"])
def test_letters_of_a_words_own_script_are_kept(word):
    assert folded_words(word) == [word.lower()]


def test_scripts_without_spaces_give_one_word_per_character():
    assert folded_words("北朝鮮のKN-23") == ["北", "朝", "鮮", "の", "kn", "23"]
    assert folded_words("북한군 3명") == ["북", "한", "군", "3", "명"]
    assert folded_words("ｶﾞｽ") == ["ガ", "ス"]


def test_apostrophes_and_underscores_separate_words():
    assert folded_words("Ukraine's") == folded_words("Ukraine’s") == ["ukraine", "s"]
    assert folded_words("_so_ don't") == ["so", "don", "t"]


@given(st.text())
def test_the_span_of_each_word_folds_to_it(text):
    assert [fold_query_word(text[start:end]) for start, end in word_spans(text)] == folded_words(text)


@given(st.text())
def test_a_folded_text_has_the_origin_of_each_letter(text):
    folded, origins = fold_letters(text), letter_origins(text)

    assert len(origins) == len(folded) + 1
    assert list(origins) == sorted(origins) and origins[-1] == len(text)


@given(st.text(alphabet=st.characters(codec="ascii")), st.sampled_from(["é", "о", "朝"]))
def test_a_non_ascii_letter_does_not_change_how_the_rest_is_split(text, letter):
    assert folded_words(f"{text} {letter}")[:-1] == folded_words(text)
