"""A feed is cut at its items only where parsing some of them is parsing all of them."""

from __future__ import annotations

import random
import re
import time
from dataclasses import replace
from html import escape

import pytest

from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.parse.feed import Feed, parse_feed
from monitor.sources.parse.feed_items import MAX_SPLIT_BYTES, MAX_SPLIT_ITEMS, FeedParts, split_items

URL = "https://harbour.example/feed.xml"
XML = "application/xml"
PORTS = "Halvik Marnholm Ostra Brevik Torvald Selby Aldor Kesten Lunde Varde".split()


def rss_item(number: int, text: str) -> str:
    return (
        f"<item><title>Ferry {number} to {text}</title><link>/ferries/{number}</link><guid>ferry-{number}</guid>"
        f"<pubDate>Mon, {number % 28 + 1:02} Dec 2025 08:00:00 GMT</pubDate><dc:creator>Desk</dc:creator>"
        f"<description>{escape(f'<p>It carries {number * 7} lorries to {text} &amp; back.</p>')}</description></item>"
    )


def cdata_item(number: int, text: str) -> str:
    """A text that holds what looks like items, comments and instructions."""
    said = f"<![CDATA[<p>{text}: <item> 3 < 5 </item> <!-- <?php -- ?> é</p>]]>"
    told = f"<guid>{number}</guid><title>{text}</title><description>{said}</description>"
    return f"<item>\n<!-- </item> -->\n{told}</item >"


def atom_entry(number: int, text: str) -> str:
    return (
        f"<entry><id>urn:ferry:{number}</id><title type='html'>Ferry {number} &amp;amp; {text}</title>"
        f"<link href='ferries/{number}'/><updated>2025-12-{number % 28 + 1:02}T08:00:00Z</updated>"
        f"<author><name>Desk {number % 3}</name></author><thr:total xmlns:thr='http://purl.org/syndication/thread/1.0'>"
        f"{number}</thr:total><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>It carries"
        f" <b>{number * 7}</b> lorries to {text}.</p></div></content></entry>"
    )


def rdf_item(number: int, text: str) -> str:
    return (
        f"<item rdf:about='https://harbour.example/{number}'><title>{text} {number}</title>"
        f"<link>https://harbour.example/{number}</link>"
        f"<dc:date>2025-12-{number % 28 + 1:02}T08:00:00Z</dc:date></item>"
    )


DC = "xmlns:dc='http://purl.org/dc/elements/1.1/'"
RDF = f"xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' {DC}"
KINDS = {
    "rss": (
        f"<?xml version='1.0' encoding='utf-8'?>\n<rss version='2.0' {DC}><channel><title>Harbour</title>"
        "<ttl>30</ttl><lastBuildDate>{at}</lastBuildDate><image><url>/logo.png</url><title>Harbour</title></image>",
        rss_item,
        "</channel></rss><!-- made in 0.{count} s -->\n",
    ),
    "cdata": ("<rss version='2.0'><channel><title>Harbour</title>\n", cdata_item, "</channel></rss>"),
    "atom": (
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://harbour.example/news/' xml:lang='en'>"
        "<title>Harbour</title><updated>{at}</updated><link rel='self' href='/feed'/>",
        atom_entry,
        "</feed>",
    ),
    "rdf": (
        f"<rdf:RDF {RDF}><channel rdf:about='/'><title>Harbour</title><items><rdf:Seq>"
        "{seq}</rdf:Seq></items></channel>",
        rdf_item,
        "<textinput rdf:about='/find'><title>Find</title><name>q</name></textinput></rdf:RDF>",
    ),
    "cyrillic": (
        f"<?xml version='1.0' encoding='windows-1251'?>\n<rss version='2.0' {DC}><channel>",
        lambda number, text: rss_item(number, f"порт {text}"),
        "</channel></rss>",
    ),
}


def body(kind: str, items: list[tuple[int, str]], at: str = "2025-12-01T08:00:00Z") -> bytes:
    """A feed of a kind with these items, made at a moment."""
    head, item, foot = KINDS[kind]
    seq = "".join(f'<rdf:li rdf:resource="https://harbour.example/{number}" />' for number, _ in items)
    text = head.format(at=at, seq=seq) + "\n ".join(item(*one) for one in items) + foot.format(count=len(items))
    return text.encode("windows-1251" if kind == "cyrillic" else "utf-8")


def parsed(body: bytes) -> Feed:
    return parse_feed(body, XML, URL)


def known_of(body: bytes) -> tuple[FeedParts, dict[str, Entry]]:
    """A feed at its items, and its entries by their marks."""
    found, feed = split_items(body, XML), parsed(body)
    assert found
    assert feed.is_separable
    assert len(found.items) == len(feed.entries)
    return found, dict(zip(found.item_hashes(), feed.entries, strict=True))


def in_parts(body: bytes, known: dict[str, Entry]) -> tuple[Feed, int]:
    """The feed by its unknown items alone, and how many there were."""
    found = split_items(body, XML)
    assert found
    marks = found.item_hashes()
    unseen = [item for mark, item in zip(marks, found.items, strict=True) if mark not in known]
    feed = parsed(found.with_items(unseen))
    left = iter(feed.entries)
    return replace(feed, entries=tuple(known.get(mark) or next(left) for mark in marks)), len(unseen)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_what_is_parsed_in_parts_is_what_is_parsed_whole(kind: str, seed: int) -> None:
    chance = random.Random(seed)
    items = list(enumerate(chance.choices(PORTS, k=8)))
    first, known = known_of(body(kind, items))
    for step in range(8):
        items.insert(chance.randrange(len(items)), (100 * (step + 1), chance.choice(PORTS)))
        edited = chance.randrange(len(items))
        items[edited] = (items[edited][0], f"{chance.choice(PORTS)} {step}")
        items.pop(chance.randrange(len(items)))
        chance.shuffle(items)
        now = body(kind, items, at=f"2025-12-02T08:{step:02}:00Z")
        found, count = in_parts(now, known)
        assert found == parsed(now)
        assert count <= 2
        again, more = known_of(now)
        assert again.skeleton_hash("") == first.skeleton_hash("")
        known |= more


def test_a_feed_that_is_cut_is_whole_again() -> None:
    now = body("rss", list(enumerate(PORTS)))
    found = split_items(now, XML)
    assert found
    assert len(found.items) == len(PORTS)
    assert found.with_items(found.items) == now.replace(b"\n <item>", b"<item>")


ITEM = "<item><guid>1</guid><title>A</title></item>"
OTHER = "<item><guid>2</guid><title>B</title></item>"


def rss(items: str, head: str = "<?xml version='1.0'?>\n", root: str = "<rss version='2.0'>") -> str:
    return f"{head}{root}<channel>{items}</channel></rss>"


@pytest.mark.parametrize(
    "text",
    [
        "",
        rss(""),
        '{"items": []}',
        rss(f"{ITEM}{ITEM}"),  # two of the same bytes
        rss(f"{ITEM} and {OTHER}"),
        rss(f"{ITEM}<title>T</title>{OTHER}"),
        rss(f"{ITEM}<!-- {OTHER} -->{OTHER}"),
        rss(f"{ITEM}<item>{OTHER}</item>"),
        rss(f"{ITEM}<item><entry><title>B</title></entry></item>"),
        rss(f"{ITEM}<item/>"),
        rss(f"{ITEM}<item/>{OTHER}"),
        rss(f"{ITEM}{OTHER}</item>"),
        rss(f"{ITEM}<item><title>B</title>"),
        rss(f"{ITEM}<item><title><![CDATA[B</title></item>"),
        rss(f"{ITEM}<item><title><!-- B</title></item>"),
        rss(f"{ITEM}{OTHER}", head="<!DOCTYPE rss [<!ENTITY a 'b'>]>"),
        rss(f"{ITEM}{OTHER}", root="<news>"),  # what version it is may be said by an item
        rss(f"{ITEM}{OTHER}", head="<?xml version='1.0' encoding='shift_jis'?>\n"),
        rss(f"{ITEM}{OTHER}", head="<?xml version='1.0' encoding='utf-16'?>\n"),
        rss("<item><p:a xmlns:p='urn:a'/></item><item><p:b xmlns:p='urn:b'/></item>"),
        rss("<item><p:a xmlns:p='urn:a'/></item><item><q:b xmlns:q='urn:a'/></item>"),
        rss("<item><p:a xmlns:p='urn:a'/></item><item><b xmlns='urn:a'/></item>"),
        rss("<item><title><?a encoding='x'?></title></item>", head="<?xml version='1.0' encoding='utf-8'?>"),
    ],
)
def test_what_is_odd_stays_whole(text: str) -> None:
    assert split_items(text.encode(), XML) is None


@pytest.mark.parametrize(
    ("declared", "content_type", "encoded"),
    [
        ("utf-8", XML, "cp1252"),  # not what it says
        ("", "text/xml", "utf-8"),
        ("", "application/xml; charset=windows-1251", "windows-1251"),
        ("utf-8", "application/xml; charset=windows-1251", "utf-8"),
        ("windows-1251", "application/xml; charset=utf-8", "utf-8"),
        ("windows-1251", XML, "utf-16"),
        ("no-such-charset", XML, "utf-8"),
    ],
)
def test_what_is_unsure_of_its_charset_stays_whole(declared: str, content_type: str, encoded: str) -> None:
    head = f"<?xml version='1.0' encoding='{declared}'?>\n" if declared else ""
    letter = "é" if encoded == "cp1252" else "порт"
    assert split_items(rss(f"<item><title>{letter}</title></item>", head=head).encode(encoded), content_type) is None


@pytest.mark.parametrize(
    ("declared", "content_type", "encoded"),
    [
        ("utf-8", "text/xml", "utf-8"),
        ("UTF-8", "application/rss+xml; charset=utf-8", "utf-8"),
        ("utf8", "", "utf-8-sig"),
        ("", "application/rss+xml", "utf-8"),
        ("", "text/html; charset='UTF-8'", "utf-8"),
        ("us-ascii", "text/xml", "ascii"),
        ("windows-1251", "text/xml", "windows-1251"),
        ("koi8-r", "application/xml; charset=KOI8-R", "koi8-r"),
    ],
)
def test_what_is_sure_of_its_charset_is_cut(declared: str, content_type: str, encoded: str) -> None:
    head = f"<?xml version='1.0' encoding='{declared}'?>\n" if declared else ""
    letter = "port" if encoded == "ascii" else "порт"
    now = rss(f"<item><title>{letter}</title></item>", head=head).encode(encoded)
    assert split_items(now, content_type)
    assert parse_feed(now, content_type, URL).entries[0].title == letter


def frame(head: str, foot: str = "</channel></rss>", *, told: str = "") -> str:
    return FeedParts(f"<rss version='2.0'><channel>{head}".encode(), (), foot.encode()).skeleton_hash(told)


SAME = frame("<title>A</title><pubDate>Mon</pubDate><!-- 1 -->")


def test_what_moves_with_every_item_is_no_part_of_the_frame() -> None:
    assert frame("<title>B, renamed</title><pubDate>Tue, 3 &amp; 4</pubDate><!-- <b> 2 -->") == SAME
    assert frame("<title>A</title><pubDate>Mon</pubDate>", "</channel></rss><!-- 1 s -->") == SAME


@pytest.mark.parametrize(
    "head",
    [
        "<title>A</title><pubDate>Mon</pubDate><ttl>5</ttl>",
        "<title xml:base='/x'>A</title><pubDate>Mon</pubDate>",
        "<title>A</title><pubDate>Mon</pubDate><language/>",
        "<title>A</title><pubDate><![CDATA[ <!-- Mon --> ]]></pubDate>",
    ],
)
def test_what_may_bear_on_entries_is_part_of_the_frame(head: str) -> None:
    assert frame(head) != SAME


def test_how_often_a_feed_changes_by_its_own_word_is_part_of_its_frame() -> None:
    for tag in ("ttl", "sy:updatePeriod", "sy:updateFrequency"):
        assert frame(f"<{tag}>1</{tag}>") != frame(f"<{tag}>2</{tag}>")


def test_what_is_told_beside_is_part_of_the_frame() -> None:
    assert frame("", told="https://a.example/") != frame("", told="https://b.example/")


DETAILS = (
    "<entry><id>{0}</id><title>A</title><content type='xhtml'><div>"
    "<summary>Tides <summary>today</summary></summary></div></content></entry>"
)


@pytest.mark.parametrize(
    "text",
    [
        f"<feed xmlns='http://www.w3.org/2005/Atom'>{DETAILS.format(1)}{DETAILS.format(2)}</feed>",
        rss(f"<content>C</content>{ITEM}{OTHER}"),
        rss(f"{ITEM}<item><guid>1</guid><title>B</title></item>"),  # they share an id
        rss(f"{ITEM}<item><guid>2</guid><title>B &nbsp;</title></item>"),
        rss(f"{ITEM}<item><guid>2</guid><p:title>B</p:title></item>"),
    ],
    ids=["markup that confuses", "content of the feed", "id", "ill", "prefix"],
)
def test_entries_that_depend_on_each_other_are_not_separable(text: str) -> None:
    assert not parsed(text.encode()).is_separable


def test_what_an_entry_is_relative_to_ends_with_it() -> None:
    first = "<item{} ><guid>1</guid><title{}>A</title><link>b</link></item>"
    second = "<item><guid>2</guid><link>b</link></item>"
    base = " xml:base='https://a.example/x/'"
    for one in (first.format(base, ""), first.format("", base)):
        found = parsed(rss(one + second).encode())
        assert found.is_separable
        assert [entry.url for entry in found.entries] == ["https://a.example/x/b", "https://harbour.example/b"]
    found = parsed(rss(first.format(base, "") + second, root=f"<rss version='2.0'{base}>").encode())
    assert [entry.url for entry in found.entries] == ["https://a.example/x/b"] * 2


def test_a_huge_feed_stays_whole_and_takes_no_time() -> None:
    many = rss("".join(f"<item><guid>{number}</guid></item>" for number in range(MAX_SPLIT_ITEMS)))
    assert split_items(many.encode(), XML)
    assert split_items(many.replace("</channel>", "<item></item></channel>").encode(), XML) is None
    hostile = [
        rss(ITEM + " " * MAX_SPLIT_BYTES),
        rss("<![CDATA[" * 200_000 + ITEM),
        rss("<!--" * 400_000 + ITEM),
        rss("<![CDATA[<!--]]>" * 100_000 + ITEM),
        rss("<item" * 400_000),
        rss("<?" * 900_000 + ITEM),
        rss("</item " * 250_000 + ITEM),
        rss(f"<item>{'xmlns:' * 300_000}</item>"),
        rss("<rdf:li resource=" * 100_000 + ITEM),
        rss(">" * 1_900_000 + ITEM),
    ]
    began = time.process_time()
    for text in hostile:
        if found := split_items(text.encode(), XML):
            found.skeleton_hash("")
    assert time.process_time() - began < 5


def test_mutated_feeds_in_parts_are_as_in_whole() -> None:
    """Bytes that change at random in a new item: what is taken for separable is read alike."""
    chance = random.Random(7)
    compared = 0
    for kind in KINDS:
        items = list(enumerate(PORTS[:4]))
        before = body(kind, items)
        _, known = known_of(before)
        frame = split_items(before, XML).skeleton_hash("")  # type: ignore[union-attr]
        whole = body(kind, [(9, "Selby"), *items])
        edges = [found.start() for found in re.finditer(rb"<(?:item|entry)[ >]", whole)]
        for _ in range(60):
            at = chance.randrange(edges[0], edges[1])
            put = chance.choice(
                [b"<", b">", b"&", b"]]>", b"</item>", b"<item>", b"<!--", b"<b>", b"\xc3", b"\0", b""]
            )
            now = whole[:at] + put + whole[at + chance.randrange(3) :]
            found = split_items(now, XML)
            if found is None or found.skeleton_hash("") != frame:
                continue
            try:
                feed, _ = in_parts(now, known)
            except (ParseError, StopIteration):
                continue
            if feed.is_separable and len(feed.entries) == len(found.items):
                assert feed == parsed(now)
                compared += 1
    assert compared > 30
