"""OPML files of feed readers are read, and survive a round trip."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import ParseError
from monitor.sources.opml import Subscription, read_opml, write_opml

# Three styles: folders with titles; a flat list with categories and unusual letter case; nested folders with only
# `text`, in another encoding.
NESTED = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>Subscriptions in a reader</title></head><body>
<outline text="Harbours" title="Harbours">
  <outline type="rss" text="Halvik" title="Ferries of Halvik" xmlUrl="https://halvik.example/feed?a=1&amp;b=2"
           htmlUrl="https://halvik.example/"/>
  <outline type="rss" text="Northport" xmlUrl="https://northport.example/rss.xml"/>
</outline>
<outline type="rss" text="Loose" xmlUrl="https://loose.example/atom.xml"/>
</body></opml>"""
FLAT = b"""<opml version="2.0"><body>
<outline text="Halvik" type="atom" xmlurl="https://halvik.example/a" category="/harbours/north,ferries"/>
<outline text="" type="RSS" XMLURL="http://untitled.example/"/>
</body></opml>"""
DEEP = """<?xml version="1.0" encoding="windows-1251"?><opml version="1.1"><body><outline text="Порты">
<outline text="Север"><outline text="Паром" xmlUrl="https://parom.example/rss"/></outline></outline>
<outline text="A note that is no feed"/><outline text="A link" type="link" url="https://link.example/"/>
</body></opml>""".encode("cp1251")
EXPECTED = {
    NESTED: (
        Subscription("Ferries of Halvik", "https://halvik.example/feed?a=1&b=2", ("Harbours",)),
        Subscription("Northport", "https://northport.example/rss.xml", ("Harbours",)),
        Subscription("Loose", "https://loose.example/atom.xml"),
    ),
    FLAT: (
        Subscription("Halvik", "https://halvik.example/a", ("harbours", "north", "ferries")),
        Subscription("http://untitled.example/", "http://untitled.example/"),
    ),
    DEEP: (Subscription("Паром", "https://parom.example/rss", ("Порты", "Север")),),
}


@pytest.mark.parametrize("file", EXPECTED, ids=["nested", "flat", "deep"])
def test_each_style_of_opml_survives_a_round_trip(file: bytes) -> None:
    subscriptions = read_opml(file)
    assert subscriptions == EXPECTED[file]
    assert read_opml(write_opml(subscriptions).encode()) == subscriptions


FILES = Path(__file__).parent / "opml"
HALVIK, PORT = "Ferries of Halvik", "Порт"
EXPECTED_BY_READER = {
    "freshrss": (
        Subscription(HALVIK, "https://halvik.example/feed?a=1&b=2", ("Harbours & coast",)),
        Subscription('Pier "North"', "https://pier.example/notices", ("Harbours & coast",), is_feed=False),
        Subscription("Loose", "http://loose.example/atom.xml", ("Uncategorized",)),
    ),
    "inoreader": (
        Subscription(HALVIK, "https://halvik.example/feed", ("Harbours", "Weather")),
        Subscription(PORT, "https://port.example/rss", ("Harbours",)),
        Subscription("Loose", "https://loose.example/atom.xml"),
    ),
    "netnewswire": (
        Subscription(HALVIK, "https://halvik.example/feed.json"),
        Subscription("https://untitled.example/feed", "https://untitled.example/feed", ("Harbours", "North")),
        Subscription("Pier", "https://pier.example/rss", ("Harbours",)),
    ),
}


@pytest.mark.parametrize("reader", EXPECTED_BY_READER)
def test_the_files_of_three_feed_readers_survive_a_round_trip(reader: str) -> None:
    subscriptions = read_opml((FILES / f"{reader}.opml").read_bytes())
    assert subscriptions == EXPECTED_BY_READER[reader]
    feeds = [subscription for subscription in subscriptions if subscription.is_feed]
    assert sorted(read_opml(write_opml(feeds).encode()), key=feeds.index) == feeds


@pytest.mark.parametrize(
    "url", ["feed:https://pier.example/rss", "feed://pier.example/rss", " http://pier.example/rss"]
)
def test_feed_urls_with_the_feed_scheme_are_accepted(url: str) -> None:
    (subscription,) = read_opml(f"<opml><body><outline text='Pier' xmlUrl='{url}'/></body></opml>".encode())
    assert subscription.url.removeprefix("https:").removeprefix("http:") == "//pier.example/rss"


def test_special_characters_in_titles_survive_a_round_trip() -> None:
    subscription = Subscription('A "quote" & <b>', "https://odd.example/?a=1&b=<2>", ("x & y",))
    assert read_opml(write_opml([subscription]).encode()) == (subscription,)


def test_outlines_without_an_http_url_are_skipped() -> None:
    body = b"<opml><body><outline text='x' xmlUrl='file:///etc/passwd'/><outline xmlUrl='feed'/></body></opml>"
    assert read_opml(body) == ()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<!DOCTYPE o [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]><opml><outline text='&b;'/></opml>", "malformed"),
        (b"<!DOCTYPE o [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><opml>&a;</opml>", "malformed"),
        (b"<opml><body><outline text='x'></body></opml>", "malformed"),
        (b"", "malformed"),
        (b"<?xml version='1.0' encoding='no-such'?><opml/>", "malformed"),
        (b"<html><body>Log in</body></html>", "not_opml"),
    ],
)
def test_a_hostile_or_broken_file_is_one_error(body: bytes, code: str) -> None:
    with pytest.raises(ParseError) as raised:
        read_opml(body)
    assert raised.value.code == code


def test_a_hundred_thousand_nested_folders_are_read() -> None:
    deep = b"<opml><body>" + b"<outline>" * 100_000 + b"</outline>" * 100_000 + b"</body></opml>"
    assert read_opml(deep) == ()
