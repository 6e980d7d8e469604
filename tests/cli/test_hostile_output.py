"""Control characters in what feeds and services send reach no log, no terminal and no JSON."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer
from kit.command_line import Monitor
from kit.config import (
    FERRIES_RULE,
    loopback_config,
    notify_table,
    source_table,
    terminal_table,
    webhook_table,
    write_folder,
)
from kit.sample_store import SECRET_TOKEN
from kit.servers import LoopbackServer

from monitor.cli.app import run_command_line
from monitor.cli.output import safe_json

HOSTILE = "Ferry zq7\n2026-01-01T00:00:00Z info forged \x1b]0;owned\x07\x1b[2J \x9b31m\x85\u2028\u202eevil"
LISTINGS = (
    "alerts",
    "sources",
    "deliveries",
    "status",
    "search zq7",
    "silence list",
    "answers",
    "rules",
    "explain 1",
)


class HostileServer(LoopbackServer):
    """Fails with a hostile status line, header and body."""

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        to.send_response_only(403, "No\x1b[2J\x9bway")
        to.send_header("x-reason", "a\x1b[2Jb")
        to.end_headers()
        to.wfile.write(HOSTILE.encode())
        to.close_connection = True


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    bulletin = Bulletin("1 \x9b", HOSTILE, f"<p>{HOSTILE}</p>", link="https://a.example/\x9b31m")
    references = HOSTILE.encode("ascii", "xmlcharrefreplace").decode()  # as an XML 1.0 parser may let through
    with FeedServer(bulletin, Bulletin("2", "Ferry two"), validators=False) as feed, HostileServer() as hostile:
        feed.bulletins.append(Bulletin("3", references.replace("&#27;", "&#155;")))
        config = loopback_config(
            source_table("bulletins", feed.url, first_poll="alert"),
            source_table("broken", f"{hostile.url}%0a%1b[2Jforged?%0aforged"),
            webhook_table("hook", hostile.url),
            terminal_table("screen"),
            notify_table("hook", "screen"),
        )
        write_folder(tmp_path, config, FERRIES_RULE)
        yield tmp_path


def is_plain(line: str) -> bool:
    """Whether a line can neither control a terminal nor change the direction of the text."""
    return all(unicodedata.category(char) not in ("Cc", "Zl", "Zp", "Cs") and char != "\u202e" for char in line)


def test_nothing_hostile_reaches_the_log_or_an_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["run", "--once"]) == 0
    out, err = capsys.readouterr()
    assert "zq7" in out, "the terminal channel shows the alert"
    assert "poll failed" in err
    assert "403" in err
    assert [line for line in (out + err).split("\n") if not is_plain(line)] == []
    assert not [line for line in err.split("\n") if line.startswith("2026-01-01")]
    shown = 0
    for listing in LISTINGS:
        for options in ([], ["--json"]):
            assert run_command_line([*listing.split(), *options]) == 0, listing
            out = capsys.readouterr().out
            assert [line for line in out.split("\n") if not is_plain(line)] == [], (listing, options)
            if options:
                json.loads(out)
            shown += "zq7" in out
    assert shown >= 6


def test_json_escapes_what_a_terminal_would_act_on_and_keeps_every_value() -> None:
    value = {"claim": "\x9b31m \x85 \u202e \u200b \x7f \ud800", "name": "Ærø 🚢"}
    shown = safe_json(value, indent=2)

    assert json.loads(shown) == value
    assert all(line.isprintable() for line in shown.split("\n"))
    assert "Ærø 🚢" in shown


@pytest.mark.usefixtures("in_news_folder")
@pytest.mark.parametrize("listing", LISTINGS)
def test_no_listing_shows_the_secret_in_the_address_of_a_source(run_monitor: Monitor, listing: str) -> None:
    for options in ([], ["--json"]):
        code, out, err = run_monitor(*listing.split(), *options)
        assert code == 0
        assert SECRET_TOKEN not in out + err
    assert "wire.example/feed" in run_monitor("sources", "--json")[1]
