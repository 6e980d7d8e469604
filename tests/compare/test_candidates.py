"""The choice of candidates to judge: quick analyses select the same as full analyses of all."""

import random
from heapq import nlargest

import pytest

from monitor.compare.candidates import MAX_JUDGED_CANDIDATES, MIN_SHARED_WEIGHT, top_candidates, weight_overlap
from monitor.text.analysis import NO_SYNONYMS, Synonyms, _analyze_quickly, analyze, analyze_quickly

ALIASES = Synonyms.from_mapping(
    {"guards": ["guards", "border guard*", "sentries"], "norway": ["Norway", "the Norwegian side"]}
)
OPENINGS = (
    "Norway said",
    "On 14 December the Norwegian side said",
    "The sentries deny",
    "Very likely",
    "U.S. envoys say",
)
MIDDLES = (
    "that at least 1.2 million US dollars were lost",
    "that border guards from North Korea and South Korea met",
    "that the Bosnia and Herzegovina office has not closed all but two crossings",
    "that between 10 and 12 thousand guards, about 5 km from Tormo, left",
    "that half of the 2,300 sentries may leave",
)
ENDS = (
    "near the harbour of Brandel.",
    "on Monday at 10 pm.",
    "until further notice.",
    "in the Democratic Republic of Congo.",
)
CLAIMS = [f"{opening} {middle} {end}" for opening in OPENINGS for middle in MIDDLES for end in ENDS]


@pytest.mark.parametrize("synonyms", [NO_SYNONYMS, ALIASES], ids=["plain", "aliases"])
def test_a_quick_analysis_never_underestimates_the_overlap(synonyms):
    estimates = [_analyze_quickly(claim, synonyms) for claim in CLAIMS]
    for claim in CLAIMS:
        now = analyze(claim, synonyms)
        for estimate, other in zip(estimates, CLAIMS, strict=True):
            assert estimate.terms.keys() >= analyze(other, synonyms).terms.keys()
            assert weight_overlap(estimate, now) >= weight_overlap(analyze(other, synonyms), now)


def test_top_candidates_are_those_of_analyzing_all_texts():
    rng = random.Random(5)
    for claim in rng.sample(CLAIMS, 20):
        now, texts = analyze(claim, ALIASES), set(rng.sample(CLAIMS, 20))
        shares = nlargest(
            MAX_JUDGED_CANDIDATES, ((weight_overlap(analyze(text, ALIASES), now), text) for text in texts)
        )
        assert top_candidates(now, texts, ALIASES) == [text for shared, text in shares if shared >= MIN_SHARED_WEIGHT]


def test_a_quick_analysis_returns_a_cached_full_analysis():
    text = "A text that nobody has looked at before stands here."
    assert analyze_quickly(text) is not (analysis := analyze(text))
    assert analyze_quickly(text) is analysis
