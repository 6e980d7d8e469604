"""`monitor sources add`, `import`, `export` and `test`, on a loopback site."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from kit.command_line import Monitor
from kit.servers import LoopbackServer

from monitor.config_file.load import read_config
from monitor.sources.opml import read_opml

CONFIG = """# mine
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "halvik"
url = "https://halvik.example/feed"   # the harbour
tags = ["harbour", "north"]
[[sources]]
name = "hidden"
url = "https://wire.example/feed?key=${KEY}"
[[sources]]
name = "notices"
url = "https://halvik.example/notices"
kind = "page"
[web]"""
DATE = "<pubDate>Mon, 0{0} Dec 2025 06:00:00 GMT</pubDate>"
ITEMS = [
    f"<item><guid isPermaLink='false'>{n}</guid><title>Ferry {n} has left</title>{DATE.format(n)}</item>"
    for n in range(1, 6)
]
FEED = f"<rss version='2.0'><channel><title>Ferries: All!</title>{''.join(ITEMS)}</channel></rss>"
PAGE = "<html><title>Port</title><link rel=alternate type=application/rss+xml href=/news.xml><p>Open.</p></html>"


class LoopbackSite(LoopbackServer):
    """A server with `pages` by path."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = {"/": PAGE, "/news.xml": FEED, "/plain": "<html><p>The pier is closed.</p><p>Is it?</p></html>"}

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        page = self.pages.get(to.path)
        self.reply(to, 200 if page else 404, (page or "").encode(), content_type="text/html")


@pytest.fixture(scope="module")
def site() -> Iterator[LoopbackSite]:
    with LoopbackSite() as running_site:
        yield running_site


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY", "secret-value")
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    path.chmod(0o640)
    return path


def urls_by_name(path: Path) -> dict[str, str]:
    return {source.name: source.url for source in read_config(path, env={"KEY": "x"}).sources}


def test_add_finds_the_feed_of_a_site_and_appends_it(config: Path, run_monitor: Monitor, site: LoopbackSite) -> None:
    code, out, err = run_monitor("sources", "add", site.url, "--yes")
    assert (code, err) == (0, "")
    assert f"1. Ferries: All! (entries: 5)  {site.url}news.xml\n     2025-12-05  Ferry 5 has left\n" in out
    assert config.read_text().startswith(CONFIG + "\n\n[[sources]]\n"), "existing text must stay unchanged"
    assert urls_by_name(config)["ferries-all"] == f"{site.url}news.xml"
    assert config.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in config.parent.iterdir()] == ["config.toml"]


def test_a_feed_in_the_config_is_not_added_again(config: Path, run_monitor: Monitor, site: LoopbackSite) -> None:
    run_monitor("sources", "add", f"{site.url}news.xml", "--yes", "--name", "ferries")
    before = config.read_text()
    code, _, err = run_monitor("sources", "add", site.url, "--yes")
    assert (code, config.read_text()) == (2, before)
    assert err == f"monitor: {site.url}news.xml is already in the config, as ferries\n"


def test_a_duplicate_or_invalid_name_is_reported_and_nothing_is_added(
    config: Path, run_monitor: Monitor, site: LoopbackSite
) -> None:
    for name, message in (("halvik", "duplicate name; first used on line 5"), ("tag:x", "expected a name")):
        code, _, err = run_monitor("sources", "add", site.url, "--yes", "--name", name)
        assert code == 2
        assert message in err
        assert config.read_text() == CONFIG
        assert len(list(config.parent.iterdir())) == 1


def test_a_site_without_feeds_is_reported(config: Path, run_monitor: Monitor, site: LoopbackSite) -> None:
    code, out, err = run_monitor("sources", "add", f"{site.url}plain", "--yes")
    assert (code, out) == (1, "")
    assert "no feed found" in err
    assert run_monitor("sources", "add", f"{site.url}missing", "--yes")[0] == 2
    assert config.read_text() == CONFIG


def test_import_skips_known_feeds_and_export_writes_all(config: Path, run_monitor: Monitor) -> None:
    Path("in.opml").write_text(
        "<opml version='2.0'><body><outline text='Ports'><outline text='Halvik' xmlUrl='http://halvik.example/feed'/>"
        "<outline text='Halvik' xmlUrl='https://other.example/${x}'/><outline text='A\"b' xmlUrl='https://b.example/'/>"
        "<outline text='again' xmlUrl='https://b.example/?utm_source=x'/></outline></body></opml>"
    )
    code, out, err = run_monitor("sources", "import", "in.opml")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "skipped http://halvik.example/feed: already in the config, as halvik",
        "skipped https://b.example/?utm_source=x: already in the config, as a-b",
        "added 2 sources to config.toml",
    ]
    assert urls_by_name(config)["halvik-2"] == "https://other.example/${x}"

    code, out, err = run_monitor("sources", "export", "out.opml")
    assert (code, out) == (0, "wrote out.opml (3 feeds)\n")
    assert err == "skipped hidden: its URL contains a secret\nskipped notices: kind is page, not feed\n"
    text = Path("out.opml").read_bytes()
    assert b"secret-value" not in text
    assert [(feed.title, feed.tags) for feed in read_opml(text)] == [
        ("halvik", ("harbour", "north")),
        ("halvik-2", ("Ports",)),
        ("a-b", ("Ports",)),
    ]
    assert run_monitor("sources", "export", "out.opml")[0] == 2, "existing files must not be overwritten"
    assert run_monitor("sources", "import", "out.opml")[1].endswith("added 0 sources to config.toml\n")
    assert run_monitor("sources", "export")[1].encode() == text


@pytest.mark.parametrize("reader", ["freshrss", "inoreader", "netnewswire"])
def test_opml_of_other_readers_round_trips(config: Path, run_monitor: Monitor, reader: str) -> None:
    file = Path(__file__).parent.parent / "sources" / "opml" / f"{reader}.opml"
    code, out, err = run_monitor("sources", "import", str(file))
    assert (code, err) == (0, "")
    imported = {outline.url for outline in read_opml(file.read_bytes()) if outline.is_feed}
    exported = {outline.url for outline in read_opml(run_monitor("sources", "export")[1].encode())}
    configured = {"https://halvik.example/feed"}
    assert exported == imported | configured
    assert ("not a feed" in out) == (reader == "freshrss")


def test_an_invalid_opml_file_is_reported_in_one_line(config: Path, run_monitor: Monitor) -> None:
    Path("in.opml").write_text("<opml><body>")
    assert run_monitor("sources", "import", "in.opml") == (
        2,
        "",
        "monitor: in.opml: invalid XML in line 1: no element found\n",
    )
    assert run_monitor("sources", "import", "missing.opml")[0] == 2


def test_sources_test_shows_claims(config: Path, run_monitor: Monitor, site: LoopbackSite) -> None:
    code, out, err = run_monitor("sources", "test", f"{site.url}news.xml", "--json")
    assert (code, err) == (0, "")
    first = json.loads(out)[0]
    assert (first["entry"], first["published"]) == ("1", "2025-12-01T06:00:00Z")
    assert first["claims"] == [{"text": "Ferry 1 has left", "role": "title", "heading": "", "quiet": None}]

    code, out, _ = run_monitor("sources", "test", f"{site.url}plain")
    assert code == 0
    assert "  sentence The pier is closed.\n" in out
    assert "(question: never news)" in out


def test_sources_test_shows_articles_and_their_errors(config: Path, run_monitor: Monitor, site: LoopbackSite) -> None:
    lines = [f"The ferry number {n} has left the pier of Halvik with many people on board." for n in range(4)]
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    article = f"<html><body><article><h1>Ferries</h1>{paragraphs}</article></body></html>"
    items = "".join(
        f"<item><guid>{path}</guid><title>Ferry {path}</title><link>{site.url}{path}</link></item>" for path in "ab"
    )
    feed = f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>"
    site.pages |= {"/short.xml": feed, "/a": article}
    added = f'\n[[sources]]\nname = "short"\nurl = "{site.url}short.xml"\nfull_text = true\n'
    config.write_text(CONFIG + added)
    code, out, err = run_monitor("sources", "test", "short")

    assert code == 0
    assert lines[2] in out
    assert "Ferry b" in out
    assert err == f"article not read: {site.url}b was not found (HTTP 404)\n"


def test_sources_test_of_an_unreadable_source_exits_1(config: Path, run_monitor: Monitor, site: LoopbackSite) -> None:
    assert run_monitor("sources", "test", f"{site.url}missing")[0] == 1
    assert run_monitor("sources", "test", "halvk") == (
        2,
        "",
        'monitor: unknown source "halvk"; did you mean "halvik"?\n',
    )


def test_the_config_option_works_before_and_after_the_subcommand(config: Path, run_monitor: Monitor) -> None:
    config.rename("other.toml")
    before, after = (
        run_monitor("sources", *order) for order in (("-c", "other.toml", "export"), ("export", "-c", "other.toml"))
    )
    assert before == after
    assert before[0] == 0
    assert run_monitor("sources", "-c", "other.toml", "--json")[0] == 0


def test_a_config_that_cannot_be_changed_is_one_sentence(
    config: Path, run_monitor: Monitor, site: LoopbackSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda _, mode: mode != os.W_OK)  # as root, no file is read-only
    before = config.read_text()
    code, _, error = run_monitor("sources", "add", "--yes", site.url)

    assert (code, error) == (
        2,
        "monitor: nothing was added, because config.toml cannot be changed: Permission denied\n",
    )
    assert config.read_text() == before
