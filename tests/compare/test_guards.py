"""Properties of any pair of claims: a changed figure or an added "not" is never called repeated."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.compare.verdict import judge
from monitor.model import Novelty, Relation
from monitor.text.analysis import analyze, index_terms

pytestmark = pytest.mark.slow

CONTEXTS = st.sampled_from(list(Relation))
WORDS = st.sampled_from(
    "Officials said Kherson residents left the town after floods while rescue teams from Odesa brought water food "
    "and boats near Snake Island because bridges roads were closed by heavy rain in Poland may only all most".split()
)
TEMPLATES = st.sampled_from(
    [
        "{} people were hurt when a bus left the road near Lviv.",
        "The river rose by {} metres overnight.",
        "Rescuers found {} of the missing miners alive.",
        "Prices went up {} percent in May.",
        "The ministry sent {} trucks, {} boats and three cranes.",
        "Up to {} volunteers signed up on Monday",
        "A curfew holds from {} pm.",
        "The reserve was founded in {} by farmers.",
        "загинули {} людей поблизу Львова",
        "пострадали {} человек",
        "{}名士兵受伤",
        "The toll could pass {}.",
        "{}",
    ]
)
FIGURES = st.one_of(
    st.integers(0, 3_000_000).map(str),
    st.integers(1000, 3_000_000).map("{:,}".format),
    st.decimals(0, 1000, places=1).map(str),
    st.sampled_from(
        ["two", "three", "eleven", "forty", "a dozen", "12K", "$1.5 million", "5 to 9", "first", "fifth", "2024"]
    ),
)


def value(figure: str) -> str:
    """Normalize spellings of one number ("7" and "7.0", "2000" and "2,000"), which are no change."""
    plain = figure.replace(",", "")
    return str(float(plain)) if plain.replace(".", "").isdigit() else plain


SPELLED = {
    "2.0": "two",
    "3.0": "three",
    "11.0": "eleven",
    "40.0": "forty",
    "12.0": "a dozen",
    "12000.0": "12K",
    "2024.0": "2024",
}


@settings(max_examples=400)
@given(TEMPLATES, FIGURES, FIGURES, CONTEXTS)
def test_a_changed_figure_is_never_repeated(template, one, other, context):
    before, now = template.format(one, one), template.format(other, one)
    values = {SPELLED.get(value(figure), value(figure)) for figure in (one, other)}
    if len(values) == 2:
        assert judge(analyze(before), analyze(now), context).novelty is not Novelty.REPEATED, (before, now)


@settings(max_examples=100)
@given(
    st.sampled_from(["Route A{} is closed.", "Two F-{}s landed.", "The Kh-{} fell short."]),
    st.integers(0, 999),
    st.integers(0, 999),
    CONTEXTS,
)
def test_a_changed_number_within_a_name_is_never_repeated(template, one, other, context):
    if one != other:
        assert (
            judge(analyze(template.format(one)), analyze(template.format(other)), context).novelty
            is not Novelty.REPEATED
        )


@settings(max_examples=300)
@given(
    st.lists(WORDS, min_size=1, max_size=14),
    st.data(),
    CONTEXTS,
    st.sampled_from(["not", "never", "no", "без", "не"]),
)
def test_an_added_or_removed_not_is_never_repeated(words, data, context, negation):
    index = data.draw(st.integers(0, len(words)))
    plain, negated = " ".join(words), " ".join([*words[:index], negation, *words[index:]])
    assert judge(analyze(plain), analyze(negated), context).novelty is not Novelty.REPEATED
    assert judge(analyze(negated), analyze(plain), context).novelty is not Novelty.REPEATED


@settings(max_examples=200)
@given(st.text(max_size=200), CONTEXTS)
def test_a_claim_repeats_itself_with_similarity_100(text, context):
    verdict = judge(analyze(text), analyze(text), context)
    assert (verdict.novelty, verdict.similarity, verdict.changes) == (Novelty.REPEATED, 100.0, ())


@settings(max_examples=300)
@given(st.text(max_size=120), st.text(max_size=120), CONTEXTS)
def test_any_two_texts_can_be_judged(one, other, context):
    verdict = judge(analyze(one), analyze(other), context)
    assert verdict.novelty in (Novelty.NEW, Novelty.CHANGED, Novelty.REPEATED)
    assert 0 <= verdict.similarity <= 100
    assert len(index_terms(analyze(one))) <= 32


@settings(max_examples=200)
@given(st.lists(WORDS, min_size=3, max_size=10), CONTEXTS)
def test_spacing_and_a_final_stop_are_never_news(words, context):
    plain = " ".join(words)
    assert judge(analyze(plain), analyze("  " + "  ".join(words) + "."), context).novelty is Novelty.REPEATED
