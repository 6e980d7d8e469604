"""`monitor import`: sources and filters of other tools, and what is left out."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.app import run_command_line
from monitor.config.models import SourceConfig
from monitor.config_file.load import read_config
from monitor.ruleset.load import load_rules

CONFIG = '# mine\n[[sources]]\nname = "harbour"\nurl = "https://halvik.example/old"\n'
URLWATCH = r"""
name: Halvik notices
url: https://halvik.example/notices
tags: [harbour]
filter:
  - css: main .notices
  - html2text
  - keep_lines_containing: ferr(y|ies)
  - delete_lines_containing: {text: Updated (daily)}
  - re.sub: {pattern: x, repl: y}
  - xpath: //p
max_tries: 3
data: {page: 1}
headers: {Accept-Language: nb, Authorization: Bearer abc}
---
name: Known
url: https://halvik.example/old
---
navigate: https://app.example/board
filter: element-by-id:board,strip
---
command: ls -l
name: Files
---
{url: "https://halvik.example/news/rss.xml", ssl_no_verify: true}
---
{url: "ftp://halvik.example/list"}
---
{url: "https://halvik.example/paused", enabled: false}
"""
WATCH = {
    "url": "https://shop.example/kettle",
    "title": "Kettle",
    "tags": ["t-1"],
    "include_filters": [".price", "xpath://div", "#stock"],
    "subtractive_selectors": ["footer"],
    "trigger_text": ["back in stock", "/price: \\d+/i"],
    "ignore_text": ["3 people (now)", "/viewed \\d+ times/"],
    "time_between_check": {"weeks": None, "days": None, "hours": 2, "minutes": 30, "seconds": None},
    "time_between_check_use_default": False,
    "headers": {"Accept": "text/html", "X-Api-Key": "abc"},
    "notification_urls": ["mailto://me:secret@mail.example"],
}
WATCHES = {
    "settings": {
        "application": {"tags": {"t-1": {"title": "Shops"}}},
        "requests": {"time_between_check": {"hours": 3}},
    },
    "watching": {
        "a": WATCH,
        "b": {"url": "https://shop.example/api", "include_filters": ["json:$.items"]},
        "c": {"url": "https://shop.example/gone", "paused": True},
        "d": {"url": "https://shop.example/post", "method": "POST", "body": "q=kettle", "trigger_text": ["/[/"]},
    },
}
FEEDS = [
    {
        "feed_url": "https://wire.example/feed",
        "title": "The wire",
        "category": {"id": 2, "title": "Agencies"},
        "keeplist_rules": "(?i)strike|lockout",
        "block_filter_entry_rules": "EntryTitle=(?i)football\nEntryURL=/sport/",
        "scraper_rules": "article",
        "user_agent": "reader/1",
        "username": "me",
        "password": "secret",
    },
    {"feed_url": "https://wire.example/sport", "title": "Sport", "blocklist_rules": "cricket"},
    {"feed_url": "https://wire.example/old", "title": "Old", "disabled": True},
]

Import = Callable[[str, bytes | str], list[str]]


@pytest.fixture
def import_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Import:
    """Import a file of a tool; return the lines printed. The result must be a valid config with valid rules."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/mine.yaml").write_text("name: halvik-notices-filter\nmatch: dam\n")

    def call(tool: str, content: bytes | str) -> list[str]:
        (tmp_path / "export").write_bytes(content if isinstance(content, bytes) else content.encode())
        assert run_command_line(["import", tool, "export"]) == 0
        output = capsys.readouterr()
        assert output.err == ""
        assert run_command_line(["check"]) == 0
        capsys.readouterr()
        return output.out.splitlines()

    return call


def sources(folder: Path) -> dict[str, SourceConfig]:
    assert (folder / "config.toml").read_text().startswith(CONFIG)
    return {source.name: source for source in read_config(folder / "config.toml", env={}).sources}


def queries(folder: Path) -> dict[tuple[str, ...], str]:
    """The queries of the rules by their sources."""
    rules, problems = load_rules(folder / "rules", builtin_aliases=None)
    assert problems == ()
    return {rule.sources: rule.query.text for rule in rules.rules if rule.sources}


def plain(source: SourceConfig, *keys: str) -> dict[str, Any]:
    return {key: getattr(source, key) for key in keys}


def test_the_jobs_of_urlwatch_become_sources_and_rules(import_file: Import, tmp_path: Path) -> None:
    lines = import_file("urlwatch", URLWATCH)
    found = sources(tmp_path)
    assert plain(found["halvik-notices"], "kind", "select", "ignore", "tags", "method") == {
        "kind": "page",
        "select": "main .notices",
        "ignore": (r"Updated\ \(daily\)",),
        "tags": ("harbour",),
        "method": None,
    }
    assert {name: value.get_secret_value() for name, value in found["halvik-notices"].headers.items()} == {
        "Accept-Language": "nb"
    }
    assert found["app-example-board"].select == "#board"
    assert found["halvik-example-news-rss-xml"].kind == "feed"
    assert queries(tmp_path)["halvik-notices",] == "/ferr(y|ies)/"
    assert lines[0] == "added halvik-notices: https://halvik.example/notices (page)"
    for left_out in ("header Authorization", "filter re.sub", "filter xpath", "max_tries", "ssl_no_verify"):
        assert sum(line.startswith(f"  left out `{left_out}`: ") for line in lines) == 1
    assert [line for line in lines if line.startswith("skipped")] == [
        "skipped https://halvik.example/old: already in the config, as harbour",
        "skipped Files: it runs a command; only addresses can be polled",
        "skipped ftp://halvik.example/list: expected a URL that starts with https:// or http://",
        "skipped https://halvik.example/paused: it is disabled there",
    ]
    assert lines[-2].endswith("and 1 rule to rules/imported-urlwatch.yaml; skipped 4")


def backup(documents: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, document in documents.items():
            archive.writestr(name, json.dumps(document))
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(WATCHES).encode(),
        backup({"url-watches.json": WATCHES, "a/history.txt": "x"}),
        backup(
            {
                "changedetection.json": {"settings": WATCHES["settings"]},
                **{f"{name}/watch.json": watch for name, watch in WATCHES["watching"].items()},
            }
        ),
    ],
    ids=["json", "backup", "newer backup"],
)
def test_the_watches_of_changedetection_become_sources_and_rules(
    import_file: Import, tmp_path: Path, content: bytes
) -> None:
    lines = import_file("changedetection", content)
    found = sources(tmp_path)
    assert plain(found["kettle"], "kind", "select", "ignore", "tags", "every") == {
        "kind": "page",
        "select": ".price, #stock",
        "ignore": (r"3\ people\ \(now\)", r"viewed \d+ times"),
        "tags": ("Shops",),
        "every": 9000.0,
    }
    assert list(found["kettle"].headers) == ["Accept"]
    assert plain(found["shop-example-api"], "kind", "every") == {"kind": "json", "every": 10800.0}
    assert found["shop-example-post"].method == "POST"
    assert queries(tmp_path) == {("kettle",): '"back in stock" OR /price: \\d+/'}
    text = "\n".join(lines)
    assert "secret" not in text.replace("may be a secret", "").replace("they are secrets", "")
    for left_out in ("include_filters xpath://div", "subtractive_selectors", "notification_urls", "header X-Api-Key"):
        assert f"  left out `{left_out}`: " in text
    assert "  left out `filter /[/`: it is no valid query: " in text
    assert "skipped https://shop.example/gone: it is paused there" in text


def test_the_feeds_of_miniflux_become_sources_and_rules(import_file: Import, tmp_path: Path) -> None:
    lines = import_file("miniflux", json.dumps(FEEDS))
    found = sources(tmp_path)
    assert plain(found["the-wire"], "kind", "tags", "auth") == {"kind": "feed", "tags": ("Agencies",), "auth": None}
    assert queries(tmp_path) == {
        ("the-wire",): r"(title:/strike|lockout/) AND NOT title:/football/ AND NOT url:/\/sport\//"
    }
    assert "  left out `blocklist_rules`: add `AND NOT title:/cricket/` to the rules of this source" in lines
    assert any(line.startswith("  left out `username`: it is a login") for line in lines)
    assert "skipped https://wire.example/old: it is disabled there" in lines
    assert "secret" not in (tmp_path / "config.toml").read_text()


def test_an_opml_export_is_read_too(import_file: Import, tmp_path: Path) -> None:
    outline = '<outline text="News"><outline type="rss" text="Wire" xmlUrl="https://wire.example/feed"/></outline>'
    import_file("miniflux", f'<?xml version="1.0"?><opml version="2.0"><body>{outline}</body></opml>')
    assert sources(tmp_path)["wire"].tags == ("News",)
    assert queries(tmp_path) == {}


def test_a_second_import_adds_nothing_and_overwrites_nothing(import_file: Import, tmp_path: Path) -> None:
    import_file("miniflux", json.dumps(FEEDS))
    config, rules = (tmp_path / "config.toml").read_bytes(), (tmp_path / "rules/imported-miniflux.yaml").read_bytes()
    assert import_file("miniflux", json.dumps(FEEDS))[-1] == "added 0 sources to config.toml; skipped 3"
    assert (tmp_path / "config.toml").read_bytes() == config
    moved = [{**FEEDS[0], "feed_url": "https://wire.example/moved"}]
    assert import_file("miniflux", json.dumps(moved))[-2].endswith("rules/imported-miniflux-2.yaml; skipped 0")
    assert (tmp_path / "rules/imported-miniflux.yaml").read_bytes() == rules


@pytest.mark.parametrize(
    ("tool", "content"),
    [
        ("urlwatch", "a: [1"),
        ("urlwatch", "!!python/object:os.system {}"),
        ("changedetection", "{}"),
        ("changedetection", "[" * 100_000),
        ("changedetection", "PK\x03\x04 broken"),
        ("miniflux", "<rss/>"),
        ("miniflux", '"feeds"'),
        ("opml", "{}"),
    ],
)
def test_another_file_is_reported_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tool: str, content: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "export").write_text(content)
    assert run_command_line(["import", tool, "export"]) == 2
    output = capsys.readouterr()
    assert (output.out, output.err.count("\n")) == ("", 1)
    assert "unexpected" not in output.err
    assert (tmp_path / "config.toml").read_text() == CONFIG
