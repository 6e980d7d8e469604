"""Feeds of every kind are parsed. Each file in golden/ has one quirk, and its expected result next to it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from monitor.errors import ParseError
from monitor.sources.parse.feed import Feed, escape_bare_ampersands, parse_feed

GOLDEN = Path(__file__).parent / "golden"
URL = "https://base.example/dir/feed.xml"
FEEDS = sorted(path for path in GOLDEN.iterdir() if not path.name.endswith(".expected"))


def parse(body: str | bytes, content_type: str = "application/xml") -> Feed:
    return parse_feed(body.encode() if isinstance(body, str) else body, content_type, URL)


def feed_json(feed: Feed) -> dict[str, object]:
    return {
        "title": feed.title,
        "entries": [
            {
                "key": entry.key,
                "title": entry.title,
                "url": entry.url,
                "body": entry.body,
                "author": entry.author,
                "tags": list(entry.tags),
                "published": entry.published,
                "article": entry.article,
                "known": entry.known_hash,
            }
            for entry in feed.entries
        ],
        "ttl": feed.ttl,
        "warnings": list(feed.warnings),
        "separable": feed.is_separable,
        "imprint": feed.fingerprint,
    }


def rss(items: str, head: str = "") -> str:
    return f"<?xml version='1.0'?>{head}<rss version='2.0'><channel><title>T</title>{items}</channel></rss>"


def error_code(body: str | bytes, content_type: str = "application/xml") -> str:
    with pytest.raises(ParseError) as raised:
        parse(body, content_type)
    return raised.value.code


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_a_golden_feed_is_parsed_as_expected(path: Path) -> None:
    actual = json.loads(json.dumps(feed_json(parse(path.read_bytes()))))

    assert actual == json.loads(path.with_name(f"{path.name}.expected").read_text(encoding="utf-8"))


# Bodies that are not feeds


@pytest.mark.parametrize("body", ["", " \n\t ", "\ufeff", "\0\0"])
def test_an_empty_body_is_an_error(body: str) -> None:
    assert error_code(body) == "empty_body"


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in</body></html>",
        "\ufeff  <!doctype HTML public '-//W3C//DTD HTML 4.01//EN'>\n<p>x",
        "<!-- cached -->\n<HTML lang=en><body>Are you a robot?</body></HTML>",
        "<?xml version='1.0'?><!-- a --><!-- b --><html xmlns='http://www.w3.org/1999/xhtml'><body/></html>",
        "Service temporarily unavailable",
        "<note><to>nobody</to></note>",
        "[]",
        '{"error": "login required"}',
        '{"version": "1.0", "name": "a package"}',
        "\x89PNG\r\n\x1a\n",
    ],
)
@pytest.mark.parametrize("content_type", ["text/html", "application/rss+xml", ""])
def test_a_body_that_is_not_a_feed_is_an_error(body: str, content_type: str) -> None:
    assert error_code(body, content_type) == "not_a_feed"


def test_the_error_says_what_kind_of_page_was_served_instead_of_a_feed() -> None:
    page = "<!doctype html><title>Harbour</title><p>Please confirm that you are not a robot.</p>"
    with pytest.raises(ParseError, match="not a feed: a captcha was served"):
        parse(page)
    with pytest.raises(ParseError, match="not a feed: the response is an HTML page"):
        parse("<!doctype html><title>Harbour</title><div id=root></div><script src=a.js></script>")


def test_a_feed_without_entries_is_a_feed() -> None:
    assert parse(rss("")) == Feed("T", (), None, ())
    assert parse("<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title></feed>").entries == ()


def test_a_feed_that_mentions_html_is_a_feed() -> None:
    assert parse(rss("<item><title>The &lt;html&gt; tag</title></item>")).entries[0].title == "The <html> tag"


# Charsets


@pytest.mark.parametrize(
    ("declared", "content_type"),
    [
        ("utf-8", "application/xml; charset=undefined"),
        ("utf-8", "application/xml; charset=no-such-charset"),
        ("utf-8", "application/xml; charset=utf-16"),
        ("utf-8", "text/plain; charset=iso-8859-1"),
        ("punycode", "application/xml"),
        ("undefined", "application/xml"),
        ("windows-1251", "application/xml; charset=utf-8"),
    ],
)
def test_a_feed_with_a_wrong_or_unknown_charset_is_parsed(declared: str, content_type: str) -> None:
    body = rss("<item><title>Bridge open</title></item>").replace("?>", f" encoding='{declared}'?>", 1)

    assert [entry.title for entry in parse(body, content_type).entries] == ["Bridge open"]


# Bare ampersands


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("R&D of Halvik", "R&D of Halvik"),
        ("Salt & pepper, AT&T & Q&A", "Salt & pepper, AT&T & Q&A"),
        ("R&amp;D of Halvik", "R&D of Halvik"),
        ("R&#38;D &#x26; more", "R&D & more"),
        ("Fish &amp; chips & peas", "Fish & chips & peas"),
        ("Caf&eacute; & bar", "Café & bar"),
        ("&lt;b&gt;R&D&lt;/b&gt;", "R&D"),
        ("<![CDATA[R&D of Halvik]]>", "R&D of Halvik"),
        ("<![CDATA[R&amp;D]]> & more", "R&D & more"),
        ("A & <!-- b & c --> d", "A & d"),
        ("Ferry &", "Ferry &"),
        ("&&amp;&", "&&&"),
    ],
)
@pytest.mark.parametrize("rest", ["", "<description>not <br> closed</description>"])
def test_a_bare_ampersand_is_read_as_an_ampersand(markup: str, title: str, rest: str) -> None:
    (entry,) = parse(rss(f"<item><title>{markup}</title>{rest}</item>")).entries

    assert entry.title == title


def test_bare_ampersands_in_links_and_texts_are_kept() -> None:
    link = "https://harbour.example/?a=1&b=2&copy=3"
    text = "R&D: &lt;a href='?a=1&b=2'&gt;more&lt;/a&gt;"
    (item,) = parse(rss(f"<item><link>{link}</link><description>{text}</description></item>")).entries
    entry_markup = f"<entry><link href='{link}'/><summary>R&D</summary></entry>"
    (entry,) = parse(f"<feed xmlns='http://www.w3.org/2005/Atom'>{entry_markup}</feed>").entries

    assert item.url == entry.url == link
    assert item.body == "R&D: <a href='?a=1&b=2'>more</a>"
    assert entry.body == "R&D"


def test_a_feed_with_a_bare_ampersand_is_well_formed() -> None:
    feed = parse(rss("<item><guid>1</guid><title>R&D</title></item>"))

    assert feed.warnings == ()
    assert feed.is_separable


@pytest.mark.parametrize(
    "body", [b"&lt;" * 10, b"<a>&amp;&nbsp;&#10;&#xA;</a>", b"<![CDATA[a & b]]>", b"<!-- & --> x"]
)
def test_only_bare_ampersands_are_escaped(body: bytes) -> None:
    assert escape_bare_ampersands(body) == body


@pytest.mark.parametrize("piece", [b"&", b"&a", b"& <![CDATA[", b"& <!--", b"&#", b"&amp"])
def test_ampersands_are_escaped_in_linear_time(piece: bytes) -> None:
    started_at = time.process_time()
    escape_bare_ampersands(piece * (10**6 // len(piece)))
    assert time.process_time() - started_at < 3


# Dates


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("Mon, 15 Dec 2025 10:00:00 GMT", 1765792800.0),
        ("Mon, 15 Dec 2025 12:00:00 +0200", 1765792800.0),
        ("2025-12-15T10:00:00Z", 1765792800.0),
        ("Fri, 01 Jan 2038 00:00:00 GMT", 2145916800.0),
        ("Mon, 15 Dec 10000 10:00:00 GMT", None),
        ("0000-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("Mon, 99 Foo 2025 99:00:00 XYZ", None),
        ("", None),
    ],
)
def test_valid_dates_are_parsed_and_invalid_ones_dropped(date: str, at: float | None) -> None:
    (entry,) = parse(rss(f"<item><title>x</title><pubDate>{date}</pubDate></item>")).entries

    assert entry.published == at


# Hostile input


def test_entities_are_not_expanded_and_external_ones_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    entities = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    bomb = rss("<item><title>x &l11;</title></item>", f"<!DOCTYPE r [<!ENTITY l0 'ha'>{entities}]>")
    external = f"<!DOCTYPE r [<!ENTITY x SYSTEM 'file://{secret}'><!ENTITY % p SYSTEM 'file://{secret}'> %p;]>"
    started_at = time.monotonic()
    for body in (bomb, rss("<item><title>a &x; b</title></item>", external)):
        try:
            assert "SECRET" not in str(parse(body))
        except ParseError as error:
            assert error.code == "malformed"
    assert time.monotonic() - started_at < 15


def test_a_body_that_is_a_file_path_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "feed.xml").write_text(rss("<item><title>SECRET</title></item>"))
    monkeypatch.chdir(tmp_path)

    assert error_code("feed.xml") == "not_a_feed"
    assert error_code(str(tmp_path / "feed.xml")) == "not_a_feed"


def test_text_has_no_nul_characters_or_surrogates() -> None:
    (entry,) = parse(rss("<item><title>a&#0;b&#xD800;c&#x110000;d</title><guid>g&#0;</guid></item>")).entries

    assert "\0" not in entry.title + entry.key
    entry.title.encode()


@pytest.mark.parametrize(
    "body",
    [
        '{"version": "https://jsonfeed.org/version/1", "items": ' + "[" * 10**6,
        '{"version": "https://jsonfeed.org/version/1", "items": [{"id": NaN}]}',
        '{"version": "https://jsonfeed.org/version/1", "items": [' + "9" * 5000 + "]}",
        '{"version": "1.0", ',
        "{\xff}",
    ],
)
def test_hostile_json_is_one_error(body: str) -> None:
    assert error_code(body) == "malformed"


def test_the_last_of_two_json_keys_counts() -> None:
    body = '{"version": "1", "items": [], "items": [{"id": "a", "title": "x", "title": "y"}]}'

    assert [entry.title for entry in parse(body).entries] == ["y"]


def test_an_id_does_not_depend_on_the_url_of_the_feed() -> None:
    body = rss("<item><guid>note-7</guid><title>Bridge open</title><link>/notes/7</link></item>").encode()
    (first,) = parse_feed(body, "", "https://a.example/feed").entries
    (second,) = parse_feed(body, "", "https://b.example/feed").entries

    assert first.key == second.key == "note-7"
    assert (first.url, second.url) == ("https://a.example/notes/7", "https://b.example/notes/7")


@pytest.mark.parametrize(("content", "text"), [("QnJpZGdlIG9wZW4=", "Bridge open"), ("iVBORw0KGgo=", "")])
def test_content_of_unknown_type_is_kept_if_it_is_text(content: str, text: str) -> None:
    markup = f"<entry><content type='application/octet-stream'>{content}</content></entry>"
    (entry,) = parse(f"<feed xmlns='http://www.w3.org/2005/Atom'>{markup}</feed>").entries

    assert entry.body == text
