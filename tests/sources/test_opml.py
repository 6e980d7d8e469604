"""Subscriptions as feed readers write them come in, go out, and come in again the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import ParseError
from monitor.sources.opml import Subscription, read_opml, write_opml

# Three manners: nested folders with titles; a flat list with categories and other letter case; folders within folders
# by `text` alone, in an encoding of its own.
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
READ = {
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


@pytest.mark.parametrize("file", READ, ids=["nested", "flat", "deep"])
def test_each_manner_is_read_and_comes_through_a_round_trip(file: bytes) -> None:
    found = read_opml(file)
    assert found == READ[file]
    assert read_opml(write_opml(found).encode()) == found


FILES = Path(__file__).parent / "opml"
HALVIK, PORT = "Ferries of Halvik", "Порт"
OF_READERS = {
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


@pytest.mark.parametrize("reader", OF_READERS)
def test_the_files_of_three_readers_come_through_a_round_trip(reader: str) -> None:
    found = read_opml((FILES / f"{reader}.opml").read_bytes())
    assert found == OF_READERS[reader]
    feeds = [one for one in found if one.is_feed]
    assert sorted(read_opml(write_opml(feeds).encode()), key=feeds.index) == feeds


@pytest.mark.parametrize(
    "url", ["feed:https://pier.example/rss", "feed://pier.example/rss", " http://pier.example/rss"]
)
def test_addresses_are_taken_as_readers_write_them(url: str) -> None:
    (found,) = read_opml(f"<opml><body><outline text='Pier' xmlUrl='{url}'/></body></opml>".encode())
    assert found.url.removeprefix("https:").removeprefix("http:") == "//pier.example/rss"


def test_what_titles_hold_is_text() -> None:
    odd = Subscription('A "quote" & <b>', "https://odd.example/?a=1&b=<2>", ("x & y",))
    assert read_opml(write_opml([odd]).encode()) == (odd,)


def test_what_is_no_web_address_is_no_subscription() -> None:
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
def test_hostile_or_broken_files_are_one_error(body: bytes, code: str) -> None:
    with pytest.raises(ParseError) as raised:
        read_opml(body)
    assert raised.value.code == code


def test_a_hundred_thousand_folders_within_one_another_are_read() -> None:
    deep = b"<opml><body>" + b"<outline>" * 100_000 + b"</outline>" * 100_000 + b"</body></opml>"
    assert read_opml(deep) == ()
