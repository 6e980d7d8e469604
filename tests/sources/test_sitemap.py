"""Sitemaps are read in words, each address as an entry; other XML as one line an element."""

from __future__ import annotations

import pytest

from monitor.errors import ParseError
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import parse_page
from monitor.sources.parse.pool import parse_as_feed
from monitor.sources.parse.sitemap import MAX_SITEMAP_ENTRIES, address_in_words
from monitor.text.split import split_claims

URL = "https://harbour.example/sitemap.xml"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
ADDRESSES = """<url><loc>https://harbour.example/news/ferry-sank-near-halvik</loc><lastmod>2026-11-28</lastmod></url>
<url><loc> https://harbour.example/article/4711?a=1&amp;b=2 </loc></url>
<url><loc>https://harbour.example/</loc></url>"""
NEWS = """<url><loc>https://harbour.example/n/7</loc><lastmod>2026-11-28T10:00:00Z</lastmod>
<news:news><news:publication><news:name>Harbour</news:name><news:language>de</news:language></news:publication>
<news:publication_date>2026-11-27T09:30:00+01:00</news:publication_date>
<news:title>Fähre &amp; Kran: beide gesunken</news:title></news:news>
<image:image><image:loc>https://harbour.example/i.jpg</image:loc>
<image:title>Der Kran im Wasser</image:title></image:image></url>"""


def parse(body: str | bytes, content_type: str = "application/xml", **options: str) -> Feed:
    body = body.encode() if isinstance(body, str) else body
    return parse_page(body, content_type, URL, ParseOptions("page", URL, **options))  # type: ignore[arg-type]


def lines(feed: Feed) -> list[str]:
    return [claim.text for entry in feed.entries for claim in split_claims(entry.title, entry.body)]


def urlset(content: str, attributes: str = f'xmlns="{SITEMAP}"') -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- made -->\n<urlset {attributes}>{content}</urlset>'


@pytest.mark.parametrize(
    "content_type", ["application/xml", "text/xml; charset=utf-8", "text/html", "text/plain", ""]
)
def test_each_address_of_a_sitemap_is_an_entry_in_words(content_type: str) -> None:
    first, second, third = parse(urlset(ADDRESSES), content_type).entries
    assert first.title == "Ferry sank near halvik (/news/ferry-sank-near-halvik)"
    assert first.key == first.url == "https://harbour.example/news/ferry-sank-near-halvik"
    assert first.published == 1795824000.0
    assert (second.title, second.published) == ("Page /article/4711?a=1&b=2", None)
    assert third.title == "Start page of harbour.example"


def test_a_news_sitemap_has_titles_dates_and_captions() -> None:
    feed = parse(urlset(NEWS, 'xmlns:news="x" xmlns:image="y"'))
    assert lines(feed) == ["Fähre & Kran: beide gesunken", "Der Kran im Wasser"]
    assert feed.entries[0].published == 1795768200.0


@pytest.mark.parametrize(
    "spelling",
    [
        lambda text: text.replace("news:", "n:").replace("image:", "IMG:"),
        lambda text: text.replace("<url>", "<s:url>").replace("</url>", "</s:url>").replace("loc>", "s:loc>"),
        lambda text: text.replace("<url>", "<URL>").replace("</url>", "</URL>"),
        lambda text: text.replace("&amp; Kran", "& Kran"),
        lambda text: text.replace("Fähre &amp; Kran", "<![CDATA[Fähre & Kran]]>"),
    ],
)
def test_namespaces_prefixes_and_bare_ampersands_do_not_matter(spelling) -> None:  # type: ignore[no-untyped-def]
    assert parse(spelling(urlset(NEWS, ""))).entries == parse(urlset(NEWS, "")).entries


def test_an_index_lists_its_sitemaps() -> None:
    index = (
        "<sitemapindex><sitemap><loc>/sitemap-posts-2.xml</loc><lastmod>2026-11-28</lastmod></sitemap></sitemapindex>"
    )
    (entry,) = parse(index).entries
    assert (entry.title, entry.url) == (
        "Sitemap posts 2 (/sitemap-posts-2.xml)", "https://harbour.example/sitemap-posts-2.xml",
    )  # fmt: skip


def test_addresses_are_readable_in_any_language() -> None:
    assert address_in_words("https://x.example/%D0%BF%D0%B0%D1%80%D0%BE%D0%BC_%D0%B7%D1%82%D0%BE%D0%BD.html") == (
        "Паром зтон (/паром_зтон.html)"
    )
    assert address_in_words("https://x.example/?p=12") == "Page /?p=12"


def test_a_sitemap_is_also_read_as_a_feed() -> None:
    body = urlset(ADDRESSES).encode()
    feed = parse_as_feed(body, "application/xml", URL, ParseOptions("feed", URL))
    assert feed.entries == parse(body).entries
    rss = b"<rss version='2.0'><channel><item><guid>1</guid><title>Pier closed</title></item></channel></rss>"
    assert [entry.title for entry in parse_as_feed(rss, "", URL, ParseOptions("feed", URL)).entries] == [
        "Pier closed"
    ]


def test_a_huge_sitemap_is_read_up_to_the_most_recent_addresses() -> None:
    count = MAX_SITEMAP_ENTRIES + 5
    day = "<lastmod>2026-11-28</lastmod>"
    urls = "".join(f"<url><loc>/p/a{n}</loc>{day if n >= 5 else ''}</url>" for n in range(count))
    feed = parse(urlset(urls))
    assert len(feed.entries) == MAX_SITEMAP_ENTRIES
    assert "https://harbour.example/p/a4" not in {entry.url for entry in feed.entries}
    with pytest.raises(ParseError, match="30,005 addresses, more than 30,000, and no dates"):
        parse(urlset(urls.replace(day, "")))


@pytest.mark.parametrize(
    "attack",
    [
        '<!DOCTYPE urlset [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + f"<urlset>{ADDRESSES}&b;</urlset>",
        '<!DOCTYPE urlset [<!ENTITY a SYSTEM "file:///etc/hostname">]><urlset><url><loc>/&a;</loc></url></urlset>',
        '<!DOCTYPE urlset [<!ENTITY % a SYSTEM "http://127.0.0.1/x"> %a;]><urlset></urlset>',
    ],
)
def test_entities_are_refused(attack: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse(attack)
    assert raised.value.code == "malformed"


def test_a_truncated_sitemap_is_an_error() -> None:
    with pytest.raises(ParseError, match="not well-formed"):
        parse(urlset(ADDRESSES)[:-20])


def test_deep_nesting_is_read() -> None:
    assert parse(urlset(ADDRESSES + "<x>" * 5000 + "deep" + "</x>" * 5000)).entries


PATCH = """<?xml version="1.0"?><patch xmlns="urn:x" xmlns:xsi="y" xsi:schemaLocation="a b"><title>Patch list</title>
<package version="01.04" size="3000"/><rate><code>USD</code><value>41.2</value></rate>
<note lang="en">Install it &amp; restart. It fixes a leak in the pump.</note><state>open</state></patch>"""


def test_other_xml_is_one_line_an_element() -> None:
    feed = parse(PATCH)
    assert feed.entries[0].title == "Patch list"
    assert lines(feed) == [
        "Patch list",
        "title: Patch list",
        "package: version 01.04, size 3000",
        "rate: code USD, value 41.2",
        "note: lang en, Install it & restart.",
        "It fixes a leak in the pump.",
        "state: open",
    ]


def test_the_encoding_is_that_of_the_declaration() -> None:
    body = '<?xml version="1.0" encoding="windows-1251"?><notice><pier state="закрыт"/></notice>'.encode("cp1251")
    assert lines(parse(body)) == ["pier: state закрыт"]


def test_selectors_and_malformed_xml_are_read_as_html() -> None:
    assert lines(parse(PATCH, each="rate code")) == ["USD"]
    assert any("01.04" in line for line in lines(parse('<?xml version="1.0"?><a><b>01.04</a>')))


def test_xhtml_is_a_page_and_a_feed_is_read_as_a_feed() -> None:
    xhtml = '<?xml version="1.0"?><!DOCTYPE html><html><title>T</title><body><p>Pier closed.</p></body></html>'
    assert lines(parse(xhtml, "application/xhtml+xml")) == ["T", "Pier closed."]
    items = "<item><guid>1</guid><title>Pier closed</title></item>"
    rss = f"<?xml version='1.0'?><rss version='2.0'><channel>{items}</channel></rss>"
    assert lines(parse(rss)) == ["Pier closed"]


def test_a_list_of_addresses_is_a_sitemap() -> None:
    text = "\ufeffhttps://port.example/\nhttps://port.example/news/ferry-sank\r\n\nhttps://port.example/news/p%C3%A9age\n"
    feed = parse_page(text.encode(), "text/plain", "https://port.example/sitemap.txt", ParseOptions("page"))
    assert [(entry.key, entry.title) for entry in feed.entries] == [
        ("https://port.example/", "Start page of port.example"),
        ("https://port.example/news/ferry-sank", "Ferry sank (/news/ferry-sank)"),
        ("https://port.example/news/p%C3%A9age", "Péage (/news/péage)"),
    ]


@pytest.mark.parametrize("text", ["https://port.example/a\nThe pier is closed.\n", "https://port.example/a\n"])
def test_a_text_with_other_lines_or_a_single_address_is_a_page(text: str) -> None:
    feed = parse_page(text.encode(), "text/plain", "https://port.example/notice", ParseOptions("page"))
    assert len(feed.entries) == 1
    assert feed.entries[0].body == text.strip()
