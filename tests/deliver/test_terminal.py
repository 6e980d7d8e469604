"""The terminal notifier, on a pseudo-terminal and in a pipe."""

from __future__ import annotations

import os
import pty
import re
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import builtin_templates, make_message
from rich.text import Text

from monitor.deliver.channels.terminal import Terminal, TerminalSettings
from monitor.deliver.render import RenderedMessage, render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.errors import DeliveryError
from monitor.net.guard import Guard
from monitor.net.network import Network


def render_terminal() -> RenderedMessage:
    return render_message(make_message(), "terminal", builtin_templates(), RenderSettings(ZoneInfo("UTC")))


def make_terminal() -> Terminal:
    return Terminal(TerminalSettings(name="screen", type="terminal"), Network(Guard(())))


async def test_in_a_pipe_the_alert_is_plain_text_without_line_wrapping(capsys: pytest.CaptureFixture[str]) -> None:
    await make_terminal().send(make_message(), render_terminal())

    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "  Around 3,000 → Up to 12,000\n" in printed
    assert (
        "  before · wire · 13 Dec 2024, 12:00 UTC: Around 3,000 personnel from North Korea are in Kursk.\n" in printed
    )


async def test_on_a_terminal_the_alert_has_colors_and_wrapped_lines_keep_the_indent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        await make_terminal().send(make_message(), render_terminal())
        stream.flush()
        printed = os.read(master, 65536).decode()
        monkeypatch.undo()
    os.close(master)

    assert "\x1b[" in printed
    plain = re.sub(r"\x1b\[[0-9;]*m", "", printed).replace("\r\n", "\n")
    headline_lines = 2
    assert [line for line in plain.splitlines()[headline_lines:] if line.strip() and not line.startswith("  ")] == []
    assert max(len(line.rstrip()) for line in plain.splitlines()) <= 60


async def test_closed_standard_output_causes_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull, "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
    with pytest.raises(DeliveryError) as raised:
        await make_terminal().send(make_message(), render_terminal())
    monkeypatch.undo()

    assert not raised.value.permanent


def test_the_terminal_understands_the_markup_of_the_template() -> None:
    text = Text.from_markup(render_terminal().text, emoji=False)
    assert {str(span.style) for span in text.spans} >= {"bold", "dim", "red", "bold green"}
