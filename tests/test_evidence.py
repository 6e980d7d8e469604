"""Evidence in words."""

import pytest

from monitor.evidence import Basis, Evidence, evidence_text


@pytest.mark.parametrize(
    ("evidence", "text"),
    [
        (None, ""),
        (Evidence(Basis.NOTHING_SIMILAR), "nothing similar was said"),
        (
            Evidence(Basis.NOT_ALL_SAID, ("court", "annulled"), "The tunnel was approved."),
            "not all of it was said; new: “court”, “annulled”; closest earlier claim: “The tunnel was approved.”",
        ),
        (
            Evidence(Basis.SAID_TOGETHER, together_with=("The pier burned.", "It reopened.")),
            "several claims together say it; also “The pier burned.” and “It reopened.”",
        ),
    ],
)
def test_evidence_is_one_line(evidence, text):
    assert evidence_text(evidence) == text


def test_a_long_claim_and_many_words_are_shortened():
    text = evidence_text(Evidence(Basis.NOT_ALL_SAID, tuple(f"w{i}" for i in range(20)), "word " * 100))
    assert "w5" in text
    assert "w6" not in text
    assert len(text) < 300
