"""Cues of negation, certainty and scope are found, with the words they govern."""

import pytest

from monitor.model import ChangeKind
from monitor.text.analysis import analyze


def cues(text):
    return [(cue.kind, cue.value) for cue in analyze(text).cues]


CASES = [
    ("They have not left.", (ChangeKind.NEGATION, "not")),
    ("They don’t leave.", (ChangeKind.NEGATION, "not")),
    ("He has yet to appear.", (ChangeKind.NEGATION, "not")),
    ("Minsk denied it.", (ChangeKind.NEGATION, "not")),
    ("Вони не прийшли.", (ChangeKind.NEGATION, "not")),
    ("Город без света.", (ChangeKind.NEGATION, "not")),
    ("他们没到", (ChangeKind.NEGATION, "not")),
    ("They may leave.", (ChangeKind.CERTAINTY, "may")),
    ("It is very likely.", (ChangeKind.CERTAINTY, "very likely")),
    ("They reportedly left.", (ChangeKind.CERTAINTY, "reported")),
    ("all but two gates", (ChangeKind.SCOPE, "all but")),
    ("most of the gates", (ChangeKind.SCOPE, "most")),
    ("a few gates", (ChangeKind.SCOPE, "some")),
    ("only gates", (ChangeKind.SCOPE, "only")),
]


@pytest.mark.parametrize(("text", "cue"), CASES)
def test_a_cue_is_found(text, cue):
    assert cues(text) == [cue]


@pytest.mark.parametrize("text", ["They left in May.", "the most active volcano", "Not yet.".replace("Not ", "")])
def test_a_word_that_only_resembles_a_cue_is_not_one(text):
    assert cues(text) == []


def test_a_cue_at_the_end_governs_the_words_before_it():
    assert "rescu" in "".join(analyze("The rescue mission failed.").cues[0].governed)
