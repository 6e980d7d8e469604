"""A rule's `figures:`: numbers followed through prose, and when one crosses the limit that the rule set for it."""

from __future__ import annotations

from monitor.model import Finding, Novelty
from monitor.ruleset.figures import said_of
from monitor.ruleset.query import Document
from monitor.ruleset.reading import Reading
from monitor.ruleset.rule import Figure, Rule
from monitor.text.facts.numbers import Quantity


def crossings(rule: Rule, finding: Finding) -> tuple[str, ...]:
    """For people, each figure of the rule that crosses its limit with this finding: `personnel: up to 12,000`."""
    if finding.novelty not in (Novelty.NEW, Novelty.CHANGED):
        return ()
    before = finding.nearest.text if finding.nearest and finding.novelty is Novelty.CHANGED else ""
    return tuple(said for figure in rule.figures if (said := crossing(figure, before, finding.claim.text)))


def crossing(figure: Figure, before: str, now: str) -> str:
    """How the figure crosses its limit from what was said before, "" if it does not."""
    said, earlier = figure_in(figure, now), figure_in(figure, before)
    if said is None or not beyond(figure, said) or (earlier is not None and beyond(figure, earlier)):
        return ""
    was = f"{before[earlier.start : earlier.end]} → " if earlier else ""
    return f"{figure.name}: {was}{now[said.start : said.end]}"


def figure_in(figure: Figure, text: str) -> Quantity | None:
    """The number that the text says of the figure's words; the highest if it says several."""
    reading = Reading((text,))
    spans = figure.of.root.meet(Document(reading, frozenset({0}))) or []
    places = (reading.place(first, last) for first, last, _ in spans)
    said = [quantity for _, start, end in places if (quantity := said_of(text, start, end))]
    return max(said, key=lambda quantity: quantity.high, default=None)


def beyond(figure: Figure, said: Quantity) -> bool:
    """Is it past one of the figure's limits?"""
    above = figure.above is not None and said.high > figure.above
    return above or (figure.below is not None and said.low < figure.below)
