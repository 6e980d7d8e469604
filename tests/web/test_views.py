"""The pages on a store filled by the pipeline: content, order, paging and escaping."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from kit.builders import (
    add_sources,
    commit_texts,
    example_alert,
    example_finding,
    example_message,
    example_prior,
    sent_decision,
)
from kit.delivery import make_alert, make_alert_finding, make_prior_claim
from kit.page_reading import read_main, text_of, texts
from kit.sample_store import NOW, SECRET_TOKEN, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.model import Change, ChangeKind, Novelty
from monitor.store import outbox
from monitor.store.base import Store
from monitor.store.rule_state import mark_rules_accepted, mark_rules_refused

SCRIPT = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
async def many_alerts(empty_store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """Pages of a store with 120 alerts, of two rules in turn."""
    add_sources(empty_store, "wire")
    for n in range(120):
        alert = example_alert(f"al-{n}", f"News {n}.", rule="bridges" if n % 2 else "floods", at=100.0 + n)
        commit_texts(
            empty_store,
            [f"News {n}."],
            entry=f"e{n}",
            decisions=[sent_decision(alert)],
            messages=[example_message(f"m{n}", alert)],
        )
    async with page_client(empty_store) as reader:
        yield reader


async def read_all_pages(reader: httpx.AsyncClient, path: str | None, selector: str) -> tuple[list[str], int]:
    """Return the texts that `selector` matches on a page and its older pages, and the number of pages."""
    found, pages = [], 0
    while path:
        main = await read_main(reader, path)
        found += texts(main, selector)
        older = main.css_first("a[rel=next]")
        path = older.attributes["href"] if older else None
        pages += 1
    return found, pages


async def test_the_newest_alert_comes_first_with_severity_rule_and_local_time(page_reader: httpx.AsyncClient) -> None:
    first = (await read_main(page_reader, "/alerts")).css("article")[0]

    assert text_of(first.css_first(".level")) == "high"
    assert text_of(first.css_first(".rule")) == "North Korean troops deployed for Russia"
    assert text_of(first.css_first("time")) == "16 Dec 2026, 20:06 EET"


async def test_matched_words_are_highlighted_in_the_claim(page_reader: httpx.AsyncClient) -> None:
    claim = (await read_main(page_reader, "/alerts")).css("article")[0].css_first(".claim")

    assert text_of(claim) == "Up to 12,000 North Korean soldiers are in Kursk Oblast, an intelligence official said."
    assert texts(claim, "mark") == ["North Korean", "soldiers"]


async def test_a_changed_claim_shows_the_old_figure_beside_the_new(page_reader: httpx.AsyncClient) -> None:
    first = (await read_main(page_reader, "/alerts")).css("article")[0]
    before = first.css_first(".before")

    assert text_of(first.css_first(".novelty")) == "changed"
    assert (texts(before, "del"), texts(first, ".claim ins")) == (["Around 3,000"], ["Up to 12,000"])
    assert text_of(before.css("p")[-1]).startswith("Around 3,000 North Korean soldiers")
    assert "front-report · 13 Dec 2026, 18:30 EET" in text_of(before)


async def test_a_claim_links_to_its_alert_and_a_source_to_its_entry(page_reader: httpx.AsyncClient) -> None:
    first = (await read_main(page_reader, "/alerts")).css("article")[0]
    links = [link.attributes["href"] for link in first.css(".finding a")]
    alert_page = await read_main(page_reader, links[0])

    assert (
        text_of(alert_page.css_first("h1"))
        == "Up to 12,000 North Korean soldiers are in Kursk Oblast, an intelligence official said"
    )
    assert links[1] == "https://front-report.example/d16"


async def test_the_rule_filter_shows_only_its_alerts(page_reader: httpx.AsyncClient) -> None:
    main = await read_main(page_reader, "/alerts?rule=exploited-flaw")

    assert texts(main, ".rule") == ["A flaw that is being exploited"]
    assert "exploited-flaw" in text_of(main.css_first("h1"))


async def test_the_message_filter_shows_the_alerts_of_one_message(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    alerts = [example_alert(f"al-{number}", f"News {number}.") for number in range(3)]
    for number, alert in enumerate(alerts):
        carried = [example_message("roll-1", *alerts[:2])] if number == 1 else []
        commit_texts(
            empty_store,
            [f"News {number}."],
            entry=f"e{number}",
            decisions=[sent_decision(alert)],
            messages=carried,
        )
    async with page_client(empty_store) as reader:
        main = await read_main(reader, "/alerts?message=roll-1")
        assert texts(main, ".claim") == ["News 1.", "News 0."]
        assert "of message roll-1" in text_of(main.css_first("h1"))
        assert "There are no alerts of this message." in text_of(await read_main(reader, "/alerts?message=gone"))


async def test_a_rule_without_alerts_says_so(page_reader: httpx.AsyncClient) -> None:
    assert "There are no alerts of this rule." in text_of(await read_main(page_reader, "/alerts?rule=%00nobody"))


async def test_an_empty_store_says_what_will_appear(empty_store: Store) -> None:
    async with page_client(empty_store) as reader:
        assert "There are no alerts yet." in text_of(await read_main(reader, "/alerts"))
        assert "There are no sources yet." in text_of(await read_main(reader, "/sources"))
        assert "There are no deliveries." in text_of(await read_main(reader, "/deliveries"))


async def test_paging_shows_every_alert_once(many_alerts: httpx.AsyncClient) -> None:
    assert await read_all_pages(many_alerts, "/alerts", ".claim") == ([f"News {n}." for n in reversed(range(120))], 3)


async def test_paging_keeps_the_rule_filter(many_alerts: httpx.AsyncClient) -> None:
    assert await read_all_pages(many_alerts, "/alerts?rule=floods", ".claim") == (
        [f"News {n}." for n in reversed(range(0, 120, 2))],
        2,
    )


async def test_paging_keeps_the_state_filter(many_alerts: httpx.AsyncClient) -> None:
    found, pages = await read_all_pages(many_alerts, "/deliveries?state=pending", "td[data-head=ID]")

    assert (found, pages) == ([str(n) for n in range(120, 0, -1)], 3)


async def test_the_alert_page_shows_what_changed_and_why_it_fired(page_reader: httpx.AsyncClient) -> None:
    path = (await read_main(page_reader, "/alerts")).css_first(".claim a").attributes["href"]
    main = await read_main(page_reader, path or "")

    assert text_of(main.css_first(".was")) == "was around 3,000"
    assert (texts(main, ".before del"), texts(main, ".claim ins")) == (["Around 3,000"], ["Up to 12,000"])
    assert texts(main, ".changes") == []  # the claims show it
    assert "“North Korean”, “soldiers”, “brigade” matched rule dprk-deployment" in text_of(main)
    assert texts(main, ".novelty") == ["changed", "before", "new"]


async def test_the_alert_page_shows_each_delivery_with_state_and_error(page_reader: httpx.AsyncClient) -> None:
    oldest = (await read_main(page_reader, "/alerts")).css(".claim a")[-1].attributes["href"]
    main = await read_main(page_reader, oldest or "")

    states = dict(zip(texts(main, "td[data-head=Channel]"), texts(main, "td[data-head=State]"), strict=True))
    assert states == {"desk": "sent", "osint": "dead"}
    assert texts(main, "td.error") == ["the service answered 404 no_service: the webhook was removed Retry osint"]


async def test_other_sources_are_shown_with_the_alert_and_linked(empty_store: Store) -> None:
    add_sources(empty_store, "wire", "press")
    commit_texts(empty_store, ["Three bridges are closed."], decisions=[sent_decision(example_alert())])
    again = example_finding(
        "All three bridges are shut.", Novelty.REPEATED, nearest=example_prior("wire", "Three bridges are closed.")
    )
    commit_texts(empty_store, [again.claim.text], source="press", entry="p1", findings=[again])
    async with page_client(empty_store) as reader:
        pages = [await read_main(reader, path) for path in ("/alerts", "/alerts/al-1")]

    assert [page.css_matches('a[href="https://press.example/p1"]') for page in pages] == [True, True]
    assert ["also reported by press" in text_of(page).lower() for page in pages] == [True, True]


async def test_a_withdrawn_claim_is_struck_out(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    gone = make_alert_finding("Three bridges are closed.", novelty=Novelty.WITHDRAWN)
    commit_texts(empty_store, ["Three bridges are open."], decisions=[sent_decision(make_alert(gone))])
    async with page_client(empty_store) as reader:
        for path in ("/alerts", "/alerts/a1"):
            assert texts(await read_main(reader, path), ".claim del") == ["Three bridges are closed."]


async def test_a_follow_up_shows_what_changed_since_the_last_alert(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    commit_texts(empty_store, ["News."], decisions=[sent_decision(make_alert(since_last="3,000 → 12,000"))])
    async with page_client(empty_store) as reader:
        for path in ("/alerts", "/alerts/a1"):
            assert texts(await read_main(reader, path), ".since") == ["Since the last alert: 3,000 → 12,000"]


async def test_failing_sources_come_first_with_their_error(page_reader: httpx.AsyncClient) -> None:
    main = await read_main(page_reader, "/sources")

    assert text_of(main.css_first("h1")) == "Sources 1 of 4 could not be read"
    assert texts(main, "td b") == ["food-agency", "flaw-notices", "front-report", "kyiv-wire"]
    assert texts(main, ".state") == ["failing", "empty", "ok", "ok"]
    assert texts(main, "td[data-head='Last good']") == ["9 h ago", "never", "4 min ago", "4 min ago"]
    assert texts(main, "td[data-head='Next poll']") == ["in 55 min", "due", "in 11 min", "in 11 min"]
    assert texts(main, ".error") == ["the server answered 503 Service Unavailable, for the fourth time in a row"]


async def test_the_url_of_a_source_hides_what_may_be_secret(page_reader: httpx.AsyncClient) -> None:
    pages = [(await page_reader.get(path)).text for path in ("/sources", "/api/v1/sources")]

    assert all("wire.example/feed" in page and SECRET_TOKEN not in page for page in pages)


async def test_deliveries_show_headline_and_reason_for_waiting(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    alerts = [example_alert("al-1", "Three bridges are closed."), example_alert("al-2", "Four bridges are closed.")]
    decisions = [sent_decision(alert) for alert in alerts]
    messages = [example_message(f"m{n}", alert, created=NOW) for n, alert in enumerate(alerts, start=1)]
    commit_texts(empty_store, ["News."], decisions=decisions, messages=messages)
    with empty_store.write() as conn:
        outbox.schedule_retry(conn, "m1", NOW + 60, "451 try later")
    async with page_client(empty_store) as reader:
        main = await read_main(reader, "/deliveries")
        page = await read_main(reader, "/alerts/al-2")

    assert texts(main, "td[data-head=Alert] a") == ["Four bridges are closed", "Three bridges are closed"]
    assert texts(main, ".below td.faint") == [
        "waits behind delivery 1 of its story",
        "waits for its next try, until 16 Dec 2026, 20:31 EET",
    ]
    assert texts(page, ".below td") == ["waits behind delivery 1 of its story"]


async def test_dead_deliveries_show_their_cause_and_a_button(page_reader: httpx.AsyncClient) -> None:
    main = await read_main(page_reader, "/deliveries?state=dead")

    assert texts(main, ".state") == ["dead"]
    assert texts(main, "td.error") == [
        "the service answered 404 no_service: the webhook was removed Retry delivery 2"
    ]


async def test_every_page_shows_that_rules_were_rejected_and_why(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    commit_texts(empty_store, ["News."], decisions=[sent_decision(make_alert())])
    async with page_client(empty_store) as reader:
        assert "rejected" not in (await reader.get("/")).text
        with empty_store.write() as conn:
            mark_rules_refused(
                conn, ["rules/a.yaml:2:5: unknown key `sverity`; did you mean `severity`?", SCRIPT], NOW - 120
            )
        for path in ("/alerts", "/alerts/a1", "/sources", "/deliveries"):
            page = LexborHTMLParser((await reader.get(path)).text)
            banner = page.css_first("[role=alert]")
            assert text_of(banner).startswith("Config or rules rejected; still using the last valid ones. 2 min ago")
            assert texts(banner, "li") == [
                "rules/a.yaml:2:5: unknown key `sverity`; did you mean `severity`?",
                SCRIPT,
            ]
        with empty_store.write() as conn:
            mark_rules_accepted(conn)
        assert "rejected" not in (await reader.get("/")).text


async def commit_hostile_texts(store: Store) -> None:
    """Commit an alert, a source and a delivery whose texts are attacks."""
    bad = make_alert_finding(
        SCRIPT,
        novelty=Novelty.CHANGED,
        matched=("script", "'"),
        source=SCRIPT,
        entry_url="javascript:alert(3)",
        nearest=make_prior_claim("\u202e" + SCRIPT + " before", source=SCRIPT),
        changes=(Change(ChangeKind.NAME, SCRIPT, SCRIPT),),
    )
    alert = make_alert(
        bad, rule=SCRIPT, title=SCRIPT, reason=SCRIPT, url="data:text/html,<script>", since_last=SCRIPT
    )
    add_sources(store, "wire", "wire'\"><script>x</script>")
    messages = [example_message("m1", alert, channel="desk<script>")]
    commit_texts(store, [SCRIPT], decisions=[sent_decision(alert)], messages=messages)


OWN_ACTIONS = ("/alerts", "/search", "/sources", "/add-source", "/deliveries", "/silences")
HOSTILE_PATHS = [
    "/",
    "/alerts",
    "/alerts/a1",
    "/alerts?rule=<script>",
    "/alerts?q=%22%3E<script>&source=<script>&since=1d",
    "/search",
    "/search?q=alert",
    "/search?q=(%3Cscript%3E",
    "/search?q=script&source=<script>",
    "/coverage",
    "/stories/st-1",
    "/sources",
    "/sources?q=script",
    "/sources/wire'%22%3E%3Cscript%3Ex%3C%2Fscript%3E",
    "/add-source",
    "/deliveries",
    "/deliveries?channel=desk<script>",
    "/silences",
    "/silences/new?rule=<script>&match=script",
    "/<script>",
]


@pytest.mark.parametrize("path", HOSTILE_PATHS)
async def test_hostile_text_is_escaped(empty_store: Store, path: str) -> None:
    await commit_hostile_texts(empty_store)
    async with page_client(empty_store) as reader:
        page = (await reader.get(path)).text
    tree = LexborHTMLParser(page)
    links = [link.attributes["href"] or "" for link in tree.css("a")]

    assert tree.css("script, img, iframe, style, base, meta[http-equiv]") == []
    assert all((form.attributes["action"] or "").startswith(OWN_ACTIONS) for form in tree.css("form"))
    assert [name for node in tree.css("*") for name in node.attributes if name.startswith("on")] == []
    assert {urlsplit(link).scheme for link in links} <= {"", "http", "https"}
    assert all(link.startswith(("/", "http", "#")) and not link.startswith("//") for link in links)
    assert "\u202e" not in page


async def test_hostile_text_is_shown_verbatim(empty_store: Store) -> None:
    await commit_hostile_texts(empty_store)
    async with page_client(empty_store) as reader:
        assert texts(await read_main(reader, "/alerts"), ".claim") == [SCRIPT]
