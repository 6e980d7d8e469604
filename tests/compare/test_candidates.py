"""Which of many earlier claims are worth judging: seen at a glance, the same that reading them all would find."""

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
CLAIMS = [f"{one} {two} {three}" for one in OPENINGS for two in MIDDLES for three in ENDS]


@pytest.mark.parametrize("same", [NO_SYNONYMS, ALIASES], ids=["plain", "aliases"])
def test_claims_share_no_more_than_a_glance_says(same):
    seen = [_analyze_quickly(claim, same) for claim in CLAIMS]
    for claim in CLAIMS:
        now = analyze(claim, same)
        for before, other in zip(seen, CLAIMS, strict=True):
            assert before.terms.keys() >= analyze(other, same).terms.keys()
            assert weight_overlap(before, now) >= weight_overlap(analyze(other, same), now)


def test_the_closest_are_those_that_reading_all_would_find():
    chance = random.Random(5)
    for claim in chance.sample(CLAIMS, 20):
        now, texts = analyze(claim, ALIASES), set(chance.sample(CLAIMS, 20))
        shares = nlargest(
            MAX_JUDGED_CANDIDATES, ((weight_overlap(analyze(text, ALIASES), now), text) for text in texts)
        )
        assert top_candidates(now, texts, ALIASES) == [text for shared, text in shares if shared >= MIN_SHARED_WEIGHT]


def test_a_text_that_was_read_is_seen_as_it_was_read():
    text = "A text that nobody has looked at before stands here."
    assert analyze_quickly(text) is not (reading := analyze(text))
    assert analyze_quickly(text) is reading
