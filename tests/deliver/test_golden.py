"""What each kind of alert reads like: `NAME.json` is the message, `NAME.txt` what people get of it.

After a wanted change write the texts anew with `WRITE_GOLDEN=1 pytest tests/deliver/test_golden.py`, and read the
diff.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import NOON, builtin_templates
from rich.text import Text

from monitor.deliver.render import render_message
from monitor.model import Message
from monitor.serialize import alert_from_json

CASES = sorted((Path(__file__).parent / "golden").glob("*.json"))
LINE = "\n----------\n"


def read(case: Path) -> Message:
    alerts = json.loads(case.read_text("utf-8"))
    return Message("m1", "desk", "story-1", NOON, tuple(alert_from_json(alert) for alert in alerts))


def told(message: Message) -> str:
    """The mail's subject and text, what a terminal shows, and the texts of the Slack blocks, one under the other."""
    templates, zone, web = builtin_templates(), ZoneInfo("Europe/Kyiv"), "https://claims.example"
    mail = render_message(message, "email", templates, zone, web)
    terminal = render_message(message, "terminal", templates, zone, web)
    slack = render_message(message, "slack", templates, zone, web)
    blocks = "\n".join(json.dumps(block, ensure_ascii=False) for block in slack.blocks)
    return LINE.join([f"{mail.subject}\n\n{mail.text}", Text.from_markup(terminal.text, emoji=False).plain, blocks])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_alert_reads_as_it_did(case: Path) -> None:
    expected = case.with_suffix(".txt")
    if os.environ.get("WRITE_GOLDEN"):
        expected.write_text(told(read(case)), "utf-8")
    assert told(read(case)) == expected.read_text("utf-8")


def test_there_are_cases() -> None:
    assert len(CASES) >= 8
