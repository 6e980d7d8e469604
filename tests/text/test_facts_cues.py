"""Negation, certainty and scope are seen, with the words they govern."""

import pytest

from monitor.model import Kind
from monitor.text.words import read


def cues(text):
    return [(cue.kind, cue.value) for cue in read(text).cues]


CASES = [
    ("They have not left.", (Kind.NEGATION, "not")),
    ("They don’t leave.", (Kind.NEGATION, "not")),
    ("He has yet to appear.", (Kind.NEGATION, "not")),
    ("Minsk denied it.", (Kind.NEGATION, "not")),
    ("Вони не прийшли.", (Kind.NEGATION, "not")),
    ("Город без света.", (Kind.NEGATION, "not")),
    ("他们没到", (Kind.NEGATION, "not")),
    ("They may leave.", (Kind.CERTAINTY, "may")),
    ("It is very likely.", (Kind.CERTAINTY, "very likely")),
    ("They reportedly left.", (Kind.CERTAINTY, "reported")),
    ("all but two gates", (Kind.SCOPE, "all but")),
    ("most of the gates", (Kind.SCOPE, "most")),
    ("a few gates", (Kind.SCOPE, "some")),
    ("only gates", (Kind.SCOPE, "only")),
]


@pytest.mark.parametrize(("text", "cue"), CASES)
def test_a_cue_is_seen(text, cue):
    assert cues(text) == [cue]


@pytest.mark.parametrize("text", ["They left in May.", "the most active volcano", "Not yet.".replace("Not ", "")])
def test_what_only_looks_like_a_cue_is_none(text):
    assert cues(text) == []


def test_a_cue_knows_what_it_governs_before_it_if_nothing_follows():
    assert "rescu" in "".join(read("The rescue mission failed.").cues[0].over)
