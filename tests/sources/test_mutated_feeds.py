"""Feeds with random damage give entries or a ParseError. The variable MUTATIONS sets how many are tried."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.parse.feed import parse_feed
from monitor.sources.parse.identity import content_hash, oldest_first

MUTATIONS = int(os.environ.get("MUTATIONS", "400"))
GOLDEN = Path(__file__).parent / "golden"
SEEDS = [path.read_bytes() for path in sorted(GOLDEN.iterdir()) if path.suffix != ".expected"]
TOKENS = (
    b"""
<item>|</item>|<title>|</channel>|<![CDATA[|]]>|<!--|-->|<entry>|</entry>|<height>x</height>|xmlns:a=''|type='xhtml'
&#x110000;|&#99999999999;|&#xD800;|&#0;|&nope;|&amp;|&#|\0|\xff|\xed\xa0\x80|{|}|[|]|"|:|null|1e999|<!DOCTYPE x [
<georss:point>1 2</georss:point>|<gml:pos>x</gml:pos>|<media:content url='x' height='9e9'/>|xml:base='http://[::1'
<pubDate>Mon, 99 Foo 0000</pubDate>|<dc:date>10000-01-01</dc:date>|<?xml version='1.0' encoding='punycode'?>
<content type='application/octet-stream' mode='base64'>!</content>|<link href='//'/>
""".replace(b"\n", b"|")
    .strip(b"|")
    .split(b"|")
)


def mutated_feed(rng: random.Random) -> bytes:
    """A golden feed with one to eight pieces removed, doubled, reversed, overwritten or inserted."""
    body = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randint(1, 8)):
        start = rng.randrange(len(body) + 1)
        end = min(len(body), start + rng.choice((1, 1, 2, 10, 100)))
        piece = bytes(body[start:end])
        body[start:end] = rng.choice((b"", piece * 2, piece[::-1], rng.randbytes(len(piece)), rng.choice(TOKENS)))
    return bytes(body)


def is_valid(entry: Entry) -> bool:
    """Return whether an entry can be stored, hashed and shown."""
    "".join((entry.key, entry.title, entry.url, entry.body, entry.author, *entry.tags, content_hash(entry))).encode()
    assert "\0" not in entry.key + entry.title + entry.url + entry.body + entry.author
    return bool(entry.key) and (not entry.url or entry.url.lower().startswith(("http://", "https://")))


@pytest.mark.parametrize("part", range(4))
def test_damaged_feeds_give_entries_or_one_error(part: int) -> None:
    for number in range(part, MUTATIONS, 4):
        body = mutated_feed(random.Random(number))
        try:
            feed = parse_feed(body, "application/xml; charset=utf-8", "https://base.example/feed")
        except ParseError as error:
            assert str(error).isprintable(), number
            continue
        assert all(map(is_valid, feed.entries)), number
        assert len({entry.key for entry in feed.entries}) == len(feed.entries) == len(oldest_first(feed.entries)), (
            number
        )
