from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Entry
from monitor.sources.parse.identity import canonical_url, content_hash, entry_key, oldest_first, with_unique_keys

PAGE = "https://news.example/story?id=7"


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example/story?id=7",
        "HTTPS://News.Example:443/story?id=7",
        "http://news.example:80/story?id=7#comments",
        "https://news.example./story?id=7&utm_source=rss&UTM_Medium=feed",
        "https://news.example/story?fbclid=Iw&id=7&gclid=x&mc_cid=1&_ga=2.1",
        "https://news.example/story;jsessionid=A1B2?id=7",
        "https://news.example/story?id=7&PHPSESSID=abc&jsessionid=x",
        " https://news.example/story?id=7 ",
    ],
)
def test_all_urls_of_a_page_have_the_same_canonical_url(url: str) -> None:
    assert canonical_url(url) == PAGE


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://x.example", "https://x.example/"),
        ("https://x.example:8443/a", "https://x.example:8443/a"),
        ("http://[2001:DB8::1]:80/a", "https://[2001:db8::1]/a"),
        ("https://x.example/A?b=%20c+d&e", "https://x.example/A?b=%20c+d&e"),
        ("https://x.example/a?sid=9&grid=1&clid=2", "https://x.example/a?sid=9&grid=1&clid=2"),
        ("urn:uuid:1", "urn:uuid:1"),
        ("tag:x.example,2025:1", "tag:x.example,2025:1"),
        ("http://[::1", "http://[::1"),
        ("http://x.example:port/", "http://x.example:port/"),
        ("", ""),
    ],
)
def test_other_parts_of_a_url_are_kept(url: str, same: str) -> None:
    assert canonical_url(url) == same


@given(st.text())
def test_canonical_url_is_idempotent(text: str) -> None:
    once = canonical_url(f"http://x.example/{text}")

    assert canonical_url(once) == once


def test_a_key_is_the_id_else_the_link_else_a_hash_of_the_text() -> None:
    assert entry_key("post-7", PAGE, "T", "B") == "post-7"
    assert entry_key("", PAGE, "T", "B") == PAGE
    assert entry_key("", "", "T", "B") == entry_key("", "", "T", "<p>B</p>") != entry_key("", "", "T", "C")


def test_a_key_survives_https_tracking_and_edits_but_keeps_an_anchor() -> None:
    assert entry_key("http://x.example/?p=1", "", "a", "b") == entry_key(
        "https://x.example/?p=1&utm_source=x", "", "c", "d"
    )
    assert entry_key("", "http://x.example/log#v1.2", "", "") != entry_key("", "http://x.example/log#v1.3", "", "")
    assert entry_key("", "http://x.example/log#xtor=RSS-1", "", "") == entry_key("", "http://x.example/log", "", "")


def make_entry(key: str, title: str = "T", body: str = "B", url: str = "", published: float | None = None) -> Entry:
    return Entry(key=key, title=title, url=url, body=body, published=published)


def test_different_entries_with_the_same_key_get_keys_independent_of_their_order() -> None:
    shared = [make_entry("k", "One"), make_entry("k", "Two"), make_entry("k", "Two", "edited"), make_entry("other")]
    expected = {(entry.title, entry.body, entry.key) for entry in with_unique_keys(shared)}

    assert len({key for _, _, key in expected}) == 4
    assert ("T", "B", "other") in expected
    for order in permutations(shared):
        assert {(entry.title, entry.body, entry.key) for entry in with_unique_keys(order)} == expected


def test_an_edited_entry_with_a_shared_key_keeps_its_key() -> None:
    before = with_unique_keys([make_entry("k", "One", "old"), make_entry("k", "Two")])
    after = with_unique_keys([make_entry("k", "One", "new"), make_entry("k", "Two")])

    assert [entry.key for entry in before] == [entry.key for entry in after]


def test_entries_with_the_same_key_and_text_become_one() -> None:
    assert with_unique_keys([make_entry("k", body="<p>B</p>"), make_entry("k", body="B"), make_entry("j")]) == (
        make_entry("k", body="<p>B</p>"),
        make_entry("j"),
    )


def test_entries_that_differ_only_in_their_day_are_two() -> None:
    today, earlier = (make_entry("https://a.example/siren", published=day * 86400.0) for day in (20_014, 20_000))
    again = make_entry("https://a.example/siren", published=20_014 * 86400.0 + 3600.0)
    unique = with_unique_keys([today, again, earlier])
    assert [entry.published for entry in unique] == [today.published, earlier.published]
    assert len({entry.key for entry in unique}) == 2
    assert {entry.key for entry in with_unique_keys([earlier, today])} == {entry.key for entry in unique}


def test_the_content_hash_changes_only_with_visible_text() -> None:
    first = make_entry("k", "3,000 soldiers", "<p>They are in the town.</p>")

    assert content_hash(first) == content_hash(
        replace(first, key="x", url="y", body="<div>They are in  the town.</div>")
    )
    assert content_hash(first) != content_hash(replace(first, title="12,000 soldiers"))
    assert content_hash(first) != content_hash(replace(first, body="<p>They left the town.</p>"))
    assert content_hash(make_entry("k", "ab", "c")) != content_hash(make_entry("k", "a", "bc"))
    assert content_hash(make_entry("k", "\ud800"))


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        (
            "<p>The ferry to <b>Halvik</b> sails at 14:00 &amp; 16:00.<br>Bring a ticket.</p><!-- cached -->"
            "<script>var a = '<p>';</script>",
            "8d85a05a073e7e169cc172f32a333bf3",
        ),
        (
            "The ferry to Halvik sails at 14:00 &amp; 16:00.\n\n- Bring a ticket\n"
            "- see [the plan](https://e.example/p)",
            "1c4fdbba3cfb457fc01e7e8d6dd011e4",
        ),
        (
            '<div class="x"><my-clock>now</my-clock><o:p></o:p><ul><li>One<li>Two</ul><img src="a.png"/></div>',
            "d3f855c83e9e22900cd428f3dd8fa11c",
        ),
        ("Sails <em>daily</em>\nexcept <br/>on 3 < 5 days", "52259910172e3d2e1105d2bb8675e15f"),
        ("&lt;p&gt;Sails &amp;amp; waits&lt;/p&gt;", "9d29aee927c25852d1c11347b789c671"),
    ],
)
def test_the_content_hash_is_the_same_as_in_existing_databases(body: str, stored: str) -> None:
    assert content_hash(make_entry("k", "Ferry timetable", body)) == stored


def test_the_key_of_an_entry_without_id_and_link_is_the_same_as_in_existing_databases() -> None:
    assert entry_key("", "", "T", "The pier is <OPEN>.") == "hash:83da774c99257569d477a91eeb3bac6f"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("The pier is <OPEN>.", "The pier is <CLOSED>."),
        ("<p>The pier is <OPEN>.</p>", "<p>The pier is <CLOSED>.</p>"),
        ("It returns List<String>\nto all.", "It returns List<Integer>\nto all."),
        ("It returns Set<A>.", "It returns Set<B>."),
        ("The branch <main> is shut.", "The branch <section> is shut."),
        ("- state: <pending>\n- pier: 3", "- state: <paid>\n- pier: 3"),
        ('<pier state="open"/>', '<pier state="shut"/>'),
    ],
)
def test_the_content_hash_changes_with_text_in_angle_brackets(before: str, after: str) -> None:
    assert content_hash(make_entry("k", body=before)) != content_hash(make_entry("k", body=after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<p class="a">Open.</p>', '<p class="b">Open.</p>'),
        ('The <a href="/1">pier</a>\nis open.', 'The <a href="/2">pier</a>\nis open.'),
        ("The pier<!-- 1 --> is\nopen.", "The pier<!-- 2 --> is\nopen."),
        ('<video src="/1"></video> Open.', '<video src="/2"></video> Open.'),
    ],
)
def test_the_content_hash_does_not_change_with_markup(before: str, after: str) -> None:
    assert content_hash(make_entry("k", body=before)) == content_hash(make_entry("k", body=after))


def test_entries_are_sorted_oldest_first() -> None:
    dated = [make_entry(str(at), published=float(at)) for at in range(10)]
    random.Random(1).shuffle(dated)

    assert [entry.key for entry in oldest_first(dated)] == [str(at) for at in range(10)]


def test_a_feed_without_dates_is_taken_as_newest_first() -> None:
    assert [entry.key for entry in oldest_first([make_entry("c"), make_entry("b"), make_entry("a")])] == [
        "a",
        "b",
        "c",
    ]


def test_an_entry_without_a_date_stays_between_its_neighbors() -> None:
    feed = [make_entry("d", published=4.0), make_entry("c"), make_entry("b", published=2.0), make_entry("a")]

    assert [entry.key for entry in oldest_first(feed)] == ["a", "b", "c", "d"]
