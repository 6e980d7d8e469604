"""Golden files for rendered alerts: `golden/NAME.json` is the message, `golden/NAME.txt` the rendered texts.

After an intended change run `WRITE_GOLDEN=1 pytest tests/deliver/test_golden.py` and review the diff.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import NOON, builtin_templates
from rich.text import Text

from monitor.alerts.answer_links import answer_urls
from monitor.deliver.render import render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.model import Message
from monitor.serialize import alert_from_json

CASES = sorted((Path(__file__).parent / "golden").glob("*.json"))
LINE = "\n----------\n"


def read_message(case: Path) -> Message:
    alerts = json.loads(case.read_text("utf-8"))
    return Message("m1", "desk", "story-1", NOON, tuple(alert_from_json(alert) for alert in alerts))


def rendered_text(message: Message) -> str:
    """Return the subject and text of the mail, the terminal output, and the Slack blocks, one below the other."""
    templates, zone, web = builtin_templates(), ZoneInfo("Europe/Kyiv"), "https://claims.example"
    answers = answer_urls(message, web, b"golden")
    mail = render_message(message, "email", templates, RenderSettings(zone, web, answers=answers))
    terminal = render_message(message, "terminal", templates, RenderSettings(zone, web, answers=answers))
    slack = render_message(message, "slack", templates, RenderSettings(zone, web, answers=answers))
    blocks = "\n".join(json.dumps(block, ensure_ascii=False) for block in slack.blocks)
    return LINE.join([f"{mail.subject}\n\n{mail.text}", Text.from_markup(terminal.text, emoji=False).plain, blocks])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_each_golden_message_renders_as_before(case: Path) -> None:
    expected = case.with_suffix(".txt")
    if os.environ.get("WRITE_GOLDEN"):
        expected.write_text(rendered_text(read_message(case)), "utf-8")
    assert rendered_text(read_message(case)) == expected.read_text("utf-8")


def test_there_are_golden_messages() -> None:
    assert len(CASES) >= 8
