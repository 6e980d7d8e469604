"""The script of the demo: nine steps of a small feed, and the expected result of each.

The feed has short daily reports and one question-and-answer page that is revised over several days. The texts are in
`reports/`. A step publishes one of them or edits a published one. Everything is made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_DEMO_FOLDER = Path(__file__).resolve().parent
DEMO_RULES_FOLDER = _DEMO_FOLDER / "rules"  # contains the demo's only rule file
REPORTS_FOLDER = _DEMO_FOLDER / "reports"

ENTRY_TITLES = {
    "questions": "What is known about foreign troops near the border with Ukraine?",
    "brief-12": "Eastern brief, December 12",
    "brief-14": "Eastern brief, December 14",
    "brief-15": "Eastern brief, December 15",
    "brief-16": "Eastern brief, December 16",
}


class ExpectedOutcome(StrEnum):
    """The expected result of a step."""

    BASELINE = "baseline"
    NEW = "new"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class ScriptedEdit:
    """Replaces `old`, which occurs once in the entry `key`, by `new`; "" deletes it."""

    key: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One change of the feed. `caption` describes it, `hint` says what to look for."""

    caption: str
    hint: str
    expected: ExpectedOutcome
    publish: tuple[str, ...] = ()
    edits: tuple[ScriptedEdit, ...] = ()


SCRIPT = (
    DemoStep(
        "The feed is read for the first time: one report and the questions page.",
        "A first reading is the baseline. Nobody is alerted to old news.",
        ExpectedOutcome.BASELINE,
        publish=("questions", "brief-12"),
    ),
    DemoStep(
        "A new report says that North Korean soldiers have stormed a village.",
        "One alert, marked new. The report's other two takeaways match no rule.",
        ExpectedOutcome.NEW,
        publish=("brief-14",),
    ),
    DemoStep(
        "The questions page now reports the assault too, in other words.",
        "The same thing in other words: expect silence.",
        ExpectedOutcome.SILENCE,
        edits=(
            ScriptedEdit(
                "questions",
                "a Ukrainian deputy minister said.</p>",
                "a Ukrainian deputy minister said.\n"
                "On December 14 the president of Ukraine said that DPRK troops had stormed the village of Plekhova\n"
                "alongside marines from Russia.</p>",
            ),
        ),
    ),
    DemoStep(
        "The questions page raises its figure from around 3,000 to up to 12,000.",
        "Nearly the same words, but news: one alert, marked changed, with the old and the new figure.",
        ExpectedOutcome.CHANGED,
        edits=(ScriptedEdit("questions", "Around 3,000 North Korean", "Up to 12,000 North Korean"),),
    ),
    DemoStep(
        "The report of December 14 corrects a misspelled village: Plekhova is Plekhovo.",
        "A corrected spelling is not news: expect silence.",
        ExpectedOutcome.SILENCE,
        edits=(ScriptedEdit("brief-14", "Plekhova", "Plekhovo"),),
    ),
    DemoStep(
        "A report about wheat and sleeping cars comes out.",
        "New, but no rule asks for it: expect silence.",
        ExpectedOutcome.SILENCE,
        publish=("brief-15",),
    ),
    DemoStep(
        "The questions page corrects a date: the first clash was on November 5, not 4.",
        "A correction: one alert, marked changed, with both dates.",
        ExpectedOutcome.CHANGED,
        edits=(ScriptedEdit("questions", "November 4", "November 5"),),
    ),
    DemoStep(
        "A late report repeats the old figure of around 3,000.",
        "It was said before, in another entry: not a change back. Expect silence.",
        ExpectedOutcome.SILENCE,
        publish=("brief-16",),
    ),
    DemoStep(
        "The questions page drops the sentence about three generals without comment.",
        "A withdrawn claim is news too: one alert, marked withdrawn.",
        ExpectedOutcome.WITHDRAWN,
        edits=(
            ScriptedEdit(
                "questions",
                "\nThree generals of North Korea's General Staff command the troops, according to two diplomats.",
                "",
            ),
        ),
    ),
)


def published_entries(steps: Sequence[DemoStep]) -> Mapping[str, str]:
    """Return the feed after these steps: the HTML of each entry by its key, in order of publication."""
    bodies: dict[str, str] = {}
    for step in steps:
        for key in step.publish:
            bodies[key] = (REPORTS_FOLDER / f"{key}.html").read_text(encoding="utf-8")
        for edit in step.edits:
            bodies[edit.key] = bodies[edit.key].replace(edit.old, edit.new)
    return bodies
