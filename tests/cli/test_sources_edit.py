"""`sources add`, `import`, `export` and `test`, against a site on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from kit.servers import LoopbackServer

from monitor.cli.app import run_command_line
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
Monitor = Callable[..., tuple[int, str, str]]


class Site(LoopbackServer):
    """Serves `pages` by path."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = {"/": PAGE, "/news.xml": FEED, "/plain": "<html><p>The pier is closed.</p><p>Is it?</p></html>"}

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        page = self.pages.get(to.path)
        self.reply(to, 200 if page else 404, (page or "").encode(), content_type="text/html")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as opened:
        yield opened


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY", "secret-value")
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    path.chmod(0o640)
    return path


@pytest.fixture
def run_monitor(capsys: pytest.CaptureFixture[str]) -> Monitor:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run_command_line(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def sources(path: Path) -> dict[str, str]:
    return {source.name: source.url for source in read_config(path, env={"KEY": "x"}).sources}


def test_the_feed_of_a_site_is_found_shown_and_added_at_the_end(
    config: Path, run_monitor: Monitor, site: Site
) -> None:
    code, out, err = run_monitor("sources", "add", site.url, "--yes")
    assert (code, err) == (0, "")
    assert f"1. Ferries: All! (entries: 5)  {site.url}news.xml\n     2025-12-05  Ferry 5 has left\n" in out
    assert config.read_text().startswith(CONFIG + "\n\n[[sources]]\n"), "what was there stays as it was"
    assert sources(config)["ferries-all"] == f"{site.url}news.xml"
    assert config.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in config.parent.iterdir()] == ["config.toml"]


def test_what_is_followed_already_is_not_added_again(config: Path, run_monitor: Monitor, site: Site) -> None:
    run_monitor("sources", "add", f"{site.url}news.xml", "--yes", "--name", "ferries")
    before = config.read_text()
    code, _, err = run_monitor("sources", "add", site.url, "--yes")
    assert (code, config.read_text()) == (2, before)
    assert err == f"monitor: {site.url}news.xml is followed already, as ferries\n"


def test_a_name_that_is_taken_or_cannot_be_is_told_and_nothing_is_added(
    config: Path, run_monitor: Monitor, site: Site
) -> None:
    for name, told in (("halvik", "another source has this name, on line 5"), ("tag:x", "expected a name")):
        code, _, err = run_monitor("sources", "add", site.url, "--yes", "--name", name)
        assert code == 2
        assert told in err
        assert config.read_text() == CONFIG
        assert len(list(config.parent.iterdir())) == 1


def test_a_site_without_feeds_is_said(config: Path, run_monitor: Monitor, site: Site) -> None:
    code, out, err = run_monitor("sources", "add", f"{site.url}plain", "--yes")
    assert (code, out) == (1, "")
    assert "no feed was found" in err
    assert run_monitor("sources", "add", f"{site.url}missing", "--yes")[0] == 2
    assert config.read_text() == CONFIG


def test_an_opml_file_is_imported_without_what_is_followed_and_exported_again(
    config: Path, run_monitor: Monitor
) -> None:
    Path("in.opml").write_text(
        "<opml version='2.0'><body><outline text='Ports'><outline text='Halvik' xmlUrl='http://halvik.example/feed'/>"
        "<outline text='Halvik' xmlUrl='https://other.example/${x}'/><outline text='A\"b' xmlUrl='https://b.example/'/>"
        "<outline text='again' xmlUrl='https://b.example/?utm_source=x'/></outline></body></opml>"
    )
    code, out, err = run_monitor("sources", "import", "in.opml")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "left out http://halvik.example/feed: it is followed already, as halvik",
        "left out https://b.example/?utm_source=x: it is followed already, as a-b",
        "added 2 sources to config.toml",
    ]
    assert sources(config)["halvik-2"] == "https://other.example/${x}"

    code, out, err = run_monitor("sources", "export", "out.opml")
    assert (code, out) == (0, "wrote out.opml (3 feeds)\n")
    assert err == "left out hidden: its address holds a secret\nleft out notices: a page is no feed\n"
    text = Path("out.opml").read_bytes()
    assert b"secret-value" not in text
    assert [(one.title, one.tags) for one in read_opml(text)] == [
        ("halvik", ("harbour", "north")),
        ("halvik-2", ("Ports",)),
        ("a-b", ("Ports",)),
    ]
    assert run_monitor("sources", "export", "out.opml")[0] == 2, "nothing is overwritten"
    assert run_monitor("sources", "import", "out.opml")[1].endswith("added 0 sources to config.toml\n")
    assert run_monitor("sources", "export")[1].encode() == text


@pytest.mark.parametrize("reader", ["freshrss", "inoreader", "netnewswire"])
def test_what_another_reader_follows_comes_in_and_goes_out_again(
    config: Path, run_monitor: Monitor, reader: str
) -> None:
    file = Path(__file__).parent.parent / "sources" / "opml" / f"{reader}.opml"
    code, out, err = run_monitor("sources", "import", str(file))
    assert (code, err) == (0, "")
    there = {one.url for one in read_opml(file.read_bytes()) if one.is_feed}
    exported = {one.url for one in read_opml(run_monitor("sources", "export")[1].encode())}
    followed = {"https://halvik.example/feed"}
    assert exported == there | followed
    assert ("it is no feed" in out) == (reader == "freshrss")


def test_a_file_that_is_no_opml_is_one_clear_line(config: Path, run_monitor: Monitor) -> None:
    Path("in.opml").write_text("<opml><body>")
    assert run_monitor("sources", "import", "in.opml") == (
        2,
        "",
        "monitor: in.opml: line 1 of the file is not XML: no element found\n",
    )
    assert run_monitor("sources", "import", "missing.opml")[0] == 2


def test_what_would_be_stored_is_shown_as_claims(config: Path, run_monitor: Monitor, site: Site) -> None:
    code, out, err = run_monitor("sources", "test", f"{site.url}news.xml", "--json")
    assert (code, err) == (0, "")
    first = json.loads(out)[0]
    assert (first["entry"], first["published"]) == ("1", "2025-12-01T06:00:00Z")
    assert first["claims"] == [{"text": "Ferry 1 has left", "role": "title", "heading": "", "quiet": None}]

    code, out, _ = run_monitor("sources", "test", f"{site.url}plain")
    assert code == 0
    assert "  sentence The pier is closed.\n" in out
    assert "(question: never news)" in out


def test_full_text_is_shown_with_what_is_wrong_with_it(config: Path, run_monitor: Monitor, site: Site) -> None:
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
    assert err == f"without its article: {site.url}b has nothing at this address (HTTP 404)\n"


def test_a_source_that_cannot_be_read_is_a_finding_of_the_test(
    config: Path, run_monitor: Monitor, site: Site
) -> None:
    assert run_monitor("sources", "test", f"{site.url}missing")[0] == 1
    assert run_monitor("sources", "test", "halvk") == (
        2,
        "",
        'monitor: there is no source "halvk"; did you mean "halvik"?\n',
    )


def test_the_config_may_be_named_before_or_after(config: Path, run_monitor: Monitor) -> None:
    config.rename("other.toml")
    before, after = (
        run_monitor("sources", *order) for order in (("-c", "other.toml", "export"), ("export", "-c", "other.toml"))
    )
    assert before == after
    assert before[0] == 0
    assert run_monitor("sources", "-c", "other.toml", "--json")[0] == 0
