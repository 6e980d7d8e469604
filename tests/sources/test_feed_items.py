"""A feed is split into items only if parsing some of them gives the same entries as parsing all of them."""

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
TOWNS = "Halvik Marnholm Ostra Brevik Torvald Selby Aldor Kesten Lunde Varde".split()


def rss_item(number: int, text: str) -> str:
    return (
        f"<item><title>Ferry {number} to {text}</title><link>/ferries/{number}</link><guid>ferry-{number}</guid>"
        f"<pubDate>Mon, {number % 28 + 1:02} Dec 2025 08:00:00 GMT</pubDate><dc:creator>Desk</dc:creator>"
        f"<description>{escape(f'<p>It carries {number * 7} lorries to {text} &amp; back.</p>')}</description></item>"
    )


def cdata_item(number: int, text: str) -> str:
    """A text that contains what looks like items, comments and processing instructions."""
    description = f"<![CDATA[<p>{text}: <item> 3 < 5 </item> <!-- <?php -- ?> é</p>]]>"
    fields = f"<guid>{number}</guid><title>{text}</title><description>{description}</description>"
    return f"<item>\n<!-- </item> -->\n{fields}</item >"


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


def feed_body(kind: str, items: list[tuple[int, str]], at: str = "2025-12-01T08:00:00Z") -> bytes:
    """A feed with these items, updated at `at`."""
    head, make_item, foot = KINDS[kind]
    seq = "".join(f'<rdf:li rdf:resource="https://harbour.example/{number}" />' for number, _ in items)
    markup = "\n ".join(make_item(number, text) for number, text in items)
    feed = head.format(at=at, seq=seq) + markup + foot.format(count=len(items))
    return feed.encode("windows-1251" if kind == "cyrillic" else "utf-8")


def parse_whole(body: bytes) -> Feed:
    return parse_feed(body, XML, URL)


def split_and_parse(body: bytes) -> tuple[FeedParts, dict[str, Entry]]:
    """The items of a feed, and its entries by the hash of their item."""
    parts, feed = split_items(body, XML), parse_whole(body)
    assert parts
    assert feed.is_separable
    assert len(parts.items) == len(feed.entries)
    return parts, dict(zip(parts.item_hashes(), feed.entries, strict=True))


def parse_in_parts(body: bytes, known: dict[str, Entry]) -> tuple[Feed, int]:
    """Parse only the unknown items of a feed. Return the whole feed, and the number of unknown items."""
    parts = split_items(body, XML)
    assert parts
    hashes = parts.item_hashes()
    unknown_items = [item for item_hash, item in zip(hashes, parts.items, strict=True) if item_hash not in known]
    feed = parse_whole(parts.with_items(unknown_items))
    new_entries = iter(feed.entries)
    entries = tuple(known.get(item_hash) or next(new_entries) for item_hash in hashes)
    return replace(feed, entries=entries), len(unknown_items)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_a_feed_parsed_in_parts_equals_the_feed_parsed_as_a_whole(kind: str, seed: int) -> None:
    rng = random.Random(seed)
    items = list(enumerate(rng.choices(TOWNS, k=8)))
    first, known = split_and_parse(feed_body(kind, items))
    for step in range(8):
        items.insert(rng.randrange(len(items)), (100 * (step + 1), rng.choice(TOWNS)))
        edited = rng.randrange(len(items))
        items[edited] = (items[edited][0], f"{rng.choice(TOWNS)} {step}")
        items.pop(rng.randrange(len(items)))
        rng.shuffle(items)
        body = feed_body(kind, items, at=f"2025-12-02T08:{step:02}:00Z")
        feed, unknown_count = parse_in_parts(body, known)
        assert feed == parse_whole(body)
        assert unknown_count <= 2
        parts, new_known = split_and_parse(body)
        assert parts.skeleton_hash("") == first.skeleton_hash("")
        known |= new_known


def test_a_split_feed_can_be_joined_again() -> None:
    body = feed_body("rss", list(enumerate(TOWNS)))
    parts = split_items(body, XML)
    assert parts
    assert len(parts.items) == len(TOWNS)
    assert parts.with_items(parts.items) == body.replace(b"\n <item>", b"<item>")


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
        rss(f"{ITEM}{ITEM}"),  # identical items
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
        rss(f"{ITEM}{OTHER}", root="<news>"),  # the version may be declared in an item
        rss(f"{ITEM}{OTHER}", head="<?xml version='1.0' encoding='shift_jis'?>\n"),
        rss("<item><p:a xmlns:p='urn:a'/></item><item><p:b xmlns:p='urn:b'/></item>"),
        rss("<item><p:a xmlns:p='urn:a'/></item><item><q:b xmlns:q='urn:a'/></item>"),
        rss("<item><p:a xmlns:p='urn:a'/></item><item><b xmlns='urn:a'/></item>"),
    ],
)
def test_an_unusual_feed_is_not_split(text: str) -> None:
    assert split_items(text.encode(), XML) is None


@pytest.mark.parametrize(
    ("declared", "content_type", "encoded"),
    [
        ("utf-8", "text/xml", "utf-8"),
        ("UTF-8", "application/rss+xml; charset=utf-8", "utf-8"),
        ("utf8", "", "utf-8-sig"),
        ("", "application/rss+xml", "utf-8"),
        ("", "text/html; charset='UTF-8'", "utf-8"),
        ("windows-1251", "text/xml", "windows-1251"),
        ("koi8-r", "application/xml; charset=KOI8-R", "koi8-r"),
        ("", "application/xml; charset=windows-1251", "windows-1251"),
        ("windows-1251", XML, "utf-16"),
        ("utf-16", XML, "utf-8"),
        ("utf-8", XML, "windows-1251"),  # the rest are wrong declarations
        ("utf-8", "application/xml; charset=windows-1251", "utf-8"),
        ("windows-1251", "application/xml; charset=utf-8", "utf-8"),
        ("no-such-charset", XML, "utf-8"),
    ],
)
def test_a_feed_is_split_after_it_was_decoded(declared: str, content_type: str, encoded: str) -> None:
    head = f"<?xml version='1.0' encoding='{declared}'?>\n" if declared else ""
    titles = ["Порт закрыт до понедельника", "Паром стоит у причала"]
    body = rss("".join(f"<item><title>{title}</title></item>" for title in titles), head=head).encode(encoded)
    parts = split_items(body, content_type)
    assert parts
    assert [entry.title for entry in parse_feed(body, content_type, URL).entries] == titles
    for title, item in zip(titles, parts.items, strict=True):
        (entry,) = parse_feed(parts.with_items([item]), content_type, URL).entries
        assert entry.title == title


@pytest.mark.parametrize("declared", ["shift_jis", "gb2312", "euc-kr", "big5", "iso-2022-jp"])
def test_a_feed_that_declares_an_east_asian_charset_is_not_split(declared: str) -> None:
    body = rss(f"{ITEM}{OTHER}", head=f"<?xml version='1.0' encoding='{declared}'?>\n").encode()
    assert split_items(body, XML) is None
    assert split_items(rss(f"{ITEM}{OTHER}").encode(), f"{XML}; charset={declared}") is None


def skeleton_hash(head: str, foot: str = "</channel></rss>", *, extra: str = "") -> str:
    return FeedParts(f"<rss version='2.0'><channel>{head}".encode(), (), foot.encode()).skeleton_hash(extra)


SKELETON_HASH = skeleton_hash("<title>A</title><pubDate>Mon</pubDate><!-- 1 -->")


def test_titles_dates_and_comments_are_not_part_of_the_skeleton() -> None:
    assert skeleton_hash("<title>B, renamed</title><pubDate>Tue, 3 &amp; 4</pubDate><!-- <b> 2 -->") == SKELETON_HASH
    assert skeleton_hash("<title>A</title><pubDate>Mon</pubDate>", "</channel></rss><!-- 1 s -->") == SKELETON_HASH


@pytest.mark.parametrize(
    "head",
    [
        "<title>A</title><pubDate>Mon</pubDate><ttl>5</ttl>",
        "<title>A</title><pubDate>Mon</pubDate><language>en-in</language>",
        "<title xml:base='/x'>A</title><pubDate>Mon</pubDate>",
        "<title>A</title><pubDate>Mon</pubDate><language/>",
        "<title>A</title><pubDate><![CDATA[ <!-- Mon --> ]]></pubDate>",
    ],
)
def test_markup_that_may_affect_entries_is_part_of_the_skeleton(head: str) -> None:
    assert skeleton_hash(head) != SKELETON_HASH


def test_the_declared_update_interval_is_part_of_the_skeleton() -> None:
    for tag in ("ttl", "sy:updatePeriod", "sy:updateFrequency"):
        assert skeleton_hash(f"<{tag}>1</{tag}>") != skeleton_hash(f"<{tag}>2</{tag}>")


def test_extra_text_is_part_of_the_skeleton() -> None:
    assert skeleton_hash("", extra="https://a.example/") != skeleton_hash("", extra="https://b.example/")


NESTED_MARKUP = (
    "<entry><id>{0}</id><title>A</title><content type='xhtml'><div>"
    "<summary>Tides <summary>today</summary></summary></div></content></entry>"
)


@pytest.mark.parametrize(
    "text",
    [
        f"<feed xmlns='http://www.w3.org/2005/Atom'>{NESTED_MARKUP.format(1)}{NESTED_MARKUP.format(2)}</feed>",
        rss(f"<content>C</content>{ITEM}{OTHER}"),
        rss(f"{ITEM}<item><guid>1</guid><title>B</title></item>"),  # the same id
        rss(f"{ITEM}<item><guid>2</guid><title>B &nbsp;</title></item>"),
        rss(f"{ITEM}<item><guid>2</guid><p:title>B</p:title></item>"),
    ],
    ids=["nested markup", "content of the feed", "same id", "not well-formed", "prefix"],
)
def test_entries_that_depend_on_each_other_are_not_separable(text: str) -> None:
    assert not parse_whole(text.encode()).is_separable


def test_the_base_url_of_an_item_does_not_affect_the_next() -> None:
    first = "<item{} ><guid>1</guid><title{}>A</title><link>b</link></item>"
    second = "<item><guid>2</guid><link>b</link></item>"
    base = " xml:base='https://a.example/x/'"
    for first_item in (first.format(base, ""), first.format("", base)):
        feed = parse_whole(rss(first_item + second).encode())
        assert feed.is_separable
        assert [entry.url for entry in feed.entries] == ["https://a.example/x/b", "https://harbour.example/b"]
    feed = parse_whole(rss(first.format(base, "") + second, root=f"<rss version='2.0'{base}>").encode())
    assert [entry.url for entry in feed.entries] == ["https://a.example/x/b"] * 2


def test_a_huge_feed_is_not_split_and_hostile_ones_are_scanned_in_time() -> None:
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
    started_at = time.process_time()
    for text in hostile:
        if parts := split_items(text.encode(), XML):
            parts.skeleton_hash("")
    assert time.process_time() - started_at < 5


def test_mutated_feeds_parsed_in_parts_equal_those_parsed_as_a_whole() -> None:
    """Change random bytes of a new item: if the feed is separable, the results are equal."""
    rng = random.Random(7)
    compared = 0
    for kind in KINDS:
        items = list(enumerate(TOWNS[:4]))
        before = feed_body(kind, items)
        _, known = split_and_parse(before)
        expected_hash = split_items(before, XML).skeleton_hash("")  # type: ignore[union-attr]
        whole = feed_body(kind, [(9, "Selby"), *items])
        item_starts = [match.start() for match in re.finditer(rb"<(?:item|entry)[ >]", whole)]
        for _ in range(60):
            at = rng.randrange(item_starts[0], item_starts[1])
            inserted = rng.choice(
                [b"<", b">", b"&", b"]]>", b"</item>", b"<item>", b"<!--", b"<b>", b"\xc3", b"\0", b""]
            )
            mutated = whole[:at] + inserted + whole[at + rng.randrange(3) :]
            parts = split_items(mutated, XML)
            if parts is None or parts.skeleton_hash("") != expected_hash:
                continue
            try:
                feed, _ = parse_in_parts(mutated, known)
            except (ParseError, StopIteration):
                continue
            if feed.is_separable and len(feed.entries) == len(parts.items):
                assert feed == parse_whole(mutated)
                compared += 1
    assert compared > 30
