"""The account of one story: who tells of it, and how its figures moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.alerts.chain import amount, before_it, moved
from monitor.alerts.voices import Voice, independent
from monitor.model import Finding, Moment, Novelty, Said, Stood


@dataclass(frozen=True, slots=True)
class Telling:
    """One finding of the story: what a source said, when, and where."""

    source: str
    at: Moment
    finding: Finding
    entry: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of a story. `figures` are the courses that its figures took, each oldest first."""

    id: str
    lead: str
    opened: Moment
    last: Moment
    voices: tuple[Voice, ...]
    figures: tuple[tuple[Stood, ...], ...]

    @property
    def independent(self) -> int:
        """How many sources tell of it on their own: one wire copy counts once, however many carry it."""
        return len(independent(self.voices))


def sayings(tellings: Sequence[Telling]) -> Iterator[Said]:
    """What was said of the story and may be news."""
    for telling in tellings:
        finding = telling.finding
        if finding.novelty is not Novelty.WITHDRAWN and not finding.claim.quiet:
            yield Said(finding.claim.text, telling.source, telling.entry, telling.at, finding.story, url=telling.url)


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a figure: the claims that state it before and after, and where it stood and stands."""

    earlier: str
    claim: str
    before: Stood
    now: Stood


def courses(tellings: Sequence[Telling]) -> tuple[tuple[Stood, ...], ...]:
    """How each figure moved, the one that moved most often first."""
    found: list[list[Step]] = []
    for step in steps(tellings):
        course = next((one for one in found if goes_on(one, step)), None)
        if course is None:
            found.append([step])
        elif step.before.value == course[-1].now.value or all(step.now.value != one.now.value for one in course):
            course.append(step)
    found.sort(key=len, reverse=True)
    return tuple((course[0].before, *(step.now for step in course)) for course in found)


def steps(tellings: Sequence[Telling]) -> Iterator[Step]:
    """Each move of a figure, in the order in which they were told."""
    for telling in tellings:
        finding = telling.finding
        if finding.novelty is not Novelty.CHANGED or finding.nearest is None:
            continue
        for change in filter(moved, finding.changes):
            before, value = before_it(change, finding.nearest), amount(change.after)
            if before is not None and value is not None and value != before.value:
                now = Stood(telling.at, value, change.after, telling.source)
                yield Step(finding.nearest.text, finding.claim.text, before, now)


def goes_on(course: Sequence[Step], step: Step) -> bool:
    """Is it the same figure: does the course stand where the step begins, or did a claim of it state that?"""
    if step.before.value == course[-1].now.value:
        return True
    stated = {(one.earlier, one.before.value) for one in course} | {(one.claim, one.now.value) for one in course}
    return (step.earlier, step.before.value) in stated
