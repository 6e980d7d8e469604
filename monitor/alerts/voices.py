"""Who says something on their own, and who only carries somebody else's words.

An agency's text that ten sources carry is one source. It is known by the words alone: who says of a story nothing but
what others said before in the same words repeats them. Of one claim that holds for long sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from monitor.model import Alert, AlertFinding, Moment, Novelty, Said
from monitor.text.key import text_key

NAMED = 3  # sources that are named as copies
NO_CHANCE = 160  # characters from which two sources do not come to the same words, as they do in a headline or quote


@dataclass(frozen=True, slots=True)
class Voice:
    """A source that is heard: its first saying, in how many claims, and whom it repeats word for word.

    `copies` is "" for an independent source: one that says at least one claim that nobody said before it.
    """

    first: Said
    claims: int
    copies: str

    @property
    def source(self) -> str:
        """Whose voice it is."""
        return self.first.source


def voices(sayings: Iterable[Said], shortest: int = 0) -> tuple[Voice, ...]:
    """The sources of these sayings, earliest first; of one moment in the order given. What is shorter than `shortest`
    characters is nobody's copy."""
    first: dict[str, str] = {}  # who said each claim first
    said: dict[str, list[Said]] = {}
    for saying in sorted(sayings, key=lambda saying: saying.at):
        if len(saying.text) >= shortest:
            first.setdefault(text_key(saying.text), saying.source)
        said.setdefault(saying.source, []).append(saying)
    return tuple(voice(own, first) for own in said.values())


def voice(own: Sequence[Said], first: Mapping[str, str]) -> Voice:
    """What a source contributes; `first` says who said each claim first."""
    keys = dict.fromkeys(text_key(saying.text) for saying in own)
    copied = [first.get(key, own[0].source) for key in keys]
    return Voice(own[0], len(keys), "" if own[0].source in copied else copied[0])


def on_one_claim(sayings: Iterable[Said]) -> tuple[Voice, ...]:
    """The sources that say one claim, in whatever words.

    An entry that carries another source's sentence says it on its own neither by a headline above it nor afterwards.
    """
    told = sorted(sayings, key=lambda said: said.at)
    first: dict[str, str] = {}
    carried: dict[tuple[str, str], Moment] = {}  # since when an entry carries what another source said
    for said in told:
        if len(said.text) >= NO_CHANCE and first.setdefault(text_key(said.text), said.source) != said.source:
            carried.setdefault((said.source, said.entry), said.at)

    def counts(said: Said) -> bool:
        copied = first.get(text_key(said.text), said.source) != said.source
        return copied or said.at < carried.get((said.source, said.entry), inf)

    return voices(filter(counts, told), NO_CHANCE)


def independent(heard: Iterable[Voice]) -> list[Voice]:
    """Those that say it on their own."""
    return [voice for voice in heard if not voice.copies]


def too_few(heard: Sequence[Voice], needed: int) -> str:
    """How many of the sources needed say it on their own, and who only repeats them; "" if they are enough."""
    own = len(independent(heard))
    if own >= needed:
        return ""
    copies = [f"{voice.source} repeats {voice.copies} word for word" for voice in heard if voice.copies]
    return "; ".join((f"{own} of {needed} independent sources", *copies[:NAMED]))


def with_voices(alert: Alert, sayings_of: Callable[[str], Iterable[Said]]) -> Alert:
    """The alert with who else says so, by the sayings that are known of each claim."""
    told = (replace(one, also_said_by=also_said(one, sayings_of(one.claim))) for one in alert.findings)
    return replace(alert, findings=tuple(told))


def also_said(finding: AlertFinding, sayings: Iterable[Said]) -> tuple[Said, ...]:
    """The first saying of each other source that says on its own what an alert tells of, and has not taken it back.

    What one source says no longer others may say still; then they repeat nobody.
    """
    gone = finding.novelty is Novelty.WITHDRAWN
    standing = (said for said in sayings if said.gone is None or (said.source == finding.source and not gone))
    return tuple(voice.first for voice in independent(on_one_claim(standing)) if voice.source != finding.source)
