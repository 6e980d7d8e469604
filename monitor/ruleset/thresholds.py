"""A rule's `figures:`: follows numbers through prose and detects when one crosses its limit."""

from __future__ import annotations

from monitor.model import Finding, Novelty
from monitor.ruleset.query.figures import number_for_word
from monitor.ruleset.query.nodes import MatchWindow
from monitor.ruleset.query.segments import SegmentIndex
from monitor.ruleset.rule import FollowedFigure, Rule
from monitor.text.stated_numbers import NumberKind, StatedNumber


def threshold_crossings(rule: Rule, finding: Finding) -> tuple[str, ...]:
    """Describe each figure of the rule that crosses its limit with this finding: `personnel: up to 12,000`."""
    if finding.novelty not in (Novelty.NEW, Novelty.CHANGED) and not finding.returned_from:
        return ()
    earlier_text = finding.returned_from
    if finding.nearest and finding.novelty is Novelty.CHANGED:
        earlier_text = finding.nearest.text
    return tuple(
        crossing for figure in rule.figures if (crossing := crossing_text(figure, earlier_text, finding.claim.text))
    )


def crossing_text(figure: FollowedFigure, earlier_text: str, current_text: str) -> str:
    """Describe how a figure crosses its limit from the earlier text to the current one, "" if it does not."""
    current, earlier = highest_figure_in(figure, current_text), highest_figure_in(figure, earlier_text)
    if current is None or not exceeds(figure, current) or (earlier is not None and exceeds(figure, earlier)):
        return ""
    prefix = f"{earlier_text[earlier.start : earlier.end]} → " if earlier else ""
    return f"{figure.name}: {prefix}{current_text[current.start : current.end]}"


def highest_figure_in(figure: FollowedFigure, text: str) -> StatedNumber | None:
    """Return the number that a text states for the figure's words, no forecast; the highest of several."""
    index = SegmentIndex((text,))
    spans = figure.query.root.evaluate(MatchWindow(index, frozenset({0}))) or []
    locations = (index.locate(first, last) for first, last, _ in spans)
    numbers = [number_for_word(text, start, end, figure.dimension) for _, start, end in locations]
    stated = [number for number in numbers if number and number.kind is NumberKind.STATED]
    return max(stated, key=lambda number: number.range_in(figure.dimension)[1], default=None)


def exceeds(figure: FollowedFigure, number: StatedNumber) -> bool:
    """Return whether the number is past one of the figure's limits."""
    low, high = number.range_in(figure.dimension)
    return (figure.above is not None and high > figure.above) or (figure.below is not None and low < figure.below)
