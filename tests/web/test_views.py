"""What a person sees, on a store that the pipeline filled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from kit.builders import add_sources, commit_texts, example_alert, example_message, example_prior, sent_decision
from kit.builders import example_finding as finding_of
from kit.delivery import make_alert as made_alert
from kit.delivery import make_alert_finding, make_prior_claim
from kit.sample_store import NOW, SECRET_TOKEN, page_client
from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitor.model import Change, ChangeKind, Novelty
from monitor.store import outbox
from monitor.store.base import Store
from monitor.store.rule_state import mark_rules_accepted, mark_rules_refused

SCRIPT = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


async def read(reader: httpx.AsyncClient, path: str, status: int = 200) -> LexborNode:
    """The page's main part."""
    answer = await reader.get(path)
    assert answer.status_code == status, answer.text
    main = LexborHTMLParser(answer.text).css_first("main")
    assert main is not None
    return main


def words(node: LexborNode | None) -> str:
    assert node is not None
    return " ".join(node.text().split())


def texts(node: LexborNode, selector: str) -> list[str]:
    return [words(found) for found in node.css(selector)]


@pytest.fixture
async def long(empty_store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """Pages about 120 alerts, of two rules in turn."""
    add_sources(empty_store, "wire")
    for n in range(120):
        one = example_alert(f"al-{n}", f"News {n}.", rule="bridges" if n % 2 else "floods", at=100.0 + n)
        commit_texts(
            empty_store,
            [f"News {n}."],
            entry=f"e{n}",
            decisions=[sent_decision(one)],
            messages=[example_message(f"m{n}", one)],
        )
    async with page_client(empty_store) as reader:
        yield reader


async def walk(reader: httpx.AsyncClient, path: str | None, selector: str) -> tuple[list[str], int]:
    """What `selector` finds on the page and all that follow it, and how many pages there were."""
    found, pages = [], 0
    while path:
        main = await read(reader, path)
        found += texts(main, selector)
        older = main.css_first("a[rel=next]")
        path = older.attributes["href"] if older else None
        pages += 1
    return found, pages


async def test_newest_alert_stands_first_with_severity_rule_and_local_time(page_reader: httpx.AsyncClient) -> None:
    first = (await read(page_reader, "/")).css("article")[0]

    assert words(first.css_first(".level")) == "high"
    assert words(first.css_first(".rule")) == "North Korean troops deployed for Russia"
    assert words(first.css_first("time")) == "16 Dec 2026, 20:06 EET"


async def test_words_that_met_the_rule_are_marked_in_the_claim(page_reader: httpx.AsyncClient) -> None:
    claim = (await read(page_reader, "/")).css("article")[0].css_first(".claim")

    assert words(claim) == "Up to 12,000 North Korean soldiers are in Kursk Oblast, an intelligence official said."
    assert texts(claim, "mark") == ["North Korean", "soldiers"]


async def test_changed_claim_has_the_old_figure_beside_the_new(page_reader: httpx.AsyncClient) -> None:
    first = (await read(page_reader, "/")).css("article")[0]
    before = first.css_first(".before")

    assert words(first.css_first(".novelty")) == "changed"
    assert (texts(before, "del"), texts(before, "ins")) == (["Around 3,000"], ["Up to 12,000"])
    assert "front-report · 13 Dec 2026, 18:30 EET" in words(before)


async def test_claim_leads_to_its_alert_and_source_to_the_entry(page_reader: httpx.AsyncClient) -> None:
    first = (await read(page_reader, "/")).css("article")[0]
    links = [link.attributes["href"] for link in first.css(".finding a")]
    alert_page = await read(page_reader, links[0])

    assert words(alert_page.css_first("h1")) == "Up to 12,000 North Korean soldiers"
    assert links[1] == "https://front-report.example/d16"


async def test_filter_by_rule_shows_its_alerts_alone(page_reader: httpx.AsyncClient) -> None:
    main = await read(page_reader, "/?rule=exploited-flaw")

    assert texts(main, ".rule") == ["A flaw that is being exploited"]
    assert "exploited-flaw" in words(main.css_first("h1"))


async def test_rule_without_alerts_says_so(page_reader: httpx.AsyncClient) -> None:
    assert "There are no alerts of this rule." in words(await read(page_reader, "/?rule=%00nobody"))


async def test_store_without_alerts_says_what_will_be_here(empty_store: Store) -> None:
    async with page_client(empty_store) as reader:
        assert "Nobody was alerted yet." in words(await read(reader, "/"))
        assert "There are no sources yet." in words(await read(reader, "/sources"))
        assert "There are no deliveries." in words(await read(reader, "/deliveries"))


async def test_older_alerts_follow_page_by_page_each_once(long: httpx.AsyncClient) -> None:
    assert await walk(long, "/", ".claim") == ([f"News {n}." for n in reversed(range(120))], 3)


async def test_older_alerts_keep_to_the_rule(long: httpx.AsyncClient) -> None:
    assert await walk(long, "/?rule=floods", ".claim") == ([f"News {n}." for n in reversed(range(0, 120, 2))], 2)


async def test_older_deliveries_keep_to_the_state(long: httpx.AsyncClient) -> None:
    found, pages = await walk(long, "/deliveries?state=pending", "td[data-head=ID]")

    assert (found, pages) == ([str(n) for n in range(120, 0, -1)], 3)


async def test_page_of_an_alert_shows_what_moved_and_why_it_fired(page_reader: httpx.AsyncClient) -> None:
    path = (await read(page_reader, "/")).css_first(".claim a").attributes["href"]
    main = await read(page_reader, path or "")

    assert words(main.css_first(".was")) == "was around 3,000"
    assert texts(main, ".changes dt") == ["number"]
    assert texts(main, ".changes dd") == ["Around 3,000 → Up to 12,000"]
    assert "“North Korean”, “soldiers”, “brigade” met rule dprk-deployment" in words(main)
    assert texts(main, ".novelty") == ["changed", "before", "new"]


async def test_page_of_an_alert_shows_each_delivery_with_state_and_error(page_reader: httpx.AsyncClient) -> None:
    oldest = (await read(page_reader, "/")).css(".claim a")[-1].attributes["href"]
    main = await read(page_reader, oldest or "")

    told = dict(zip(texts(main, "td[data-head=Channel]"), texts(main, "td[data-head=State]"), strict=True))
    assert told == {"desk": "sent", "osint": "dead"}
    assert texts(main, "td.error") == ["the service answered 404 no_service: the webhook was removed"]


async def test_who_else_says_so_stands_with_the_alert_and_links_to_where(empty_store: Store) -> None:
    add_sources(empty_store, "wire", "press")
    commit_texts(empty_store, ["Three bridges are closed."], decisions=[sent_decision(example_alert())])
    again = finding_of(
        "All three bridges are shut.", Novelty.REPEATED, nearest=example_prior("wire", "Three bridges are closed.")
    )
    commit_texts(empty_store, [again.claim.text], source="press", entry="p1", findings=[again])
    async with page_client(empty_store) as reader:
        pages = [await read(reader, path) for path in ("/", "/alerts/al-1")]

    assert [page.css_matches('a[href="https://press.example/p1"]') for page in pages] == [True, True]
    assert ["also said by press" in words(page).lower() for page in pages] == [True, True]


async def test_withdrawn_claim_is_struck_out(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    gone = make_alert_finding("Three bridges are closed.", novelty=Novelty.WITHDRAWN)
    commit_texts(empty_store, ["Three bridges are open."], decisions=[sent_decision(made_alert(gone))])
    async with page_client(empty_store) as reader:
        for path in ("/", "/alerts/a1"):
            assert texts(await read(reader, path), ".claim del") == ["Three bridges are closed."]


async def test_follow_up_says_what_moved_since_the_last_alert(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    commit_texts(empty_store, ["News."], decisions=[sent_decision(made_alert(since_last="3,000 → 12,000"))])
    async with page_client(empty_store) as reader:
        for path in ("/", "/alerts/a1"):
            assert texts(await read(reader, path), ".since") == ["Since the last alert: 3,000 → 12,000"]


async def test_sources_in_trouble_stand_first_with_their_error(page_reader: httpx.AsyncClient) -> None:
    main = await read(page_reader, "/sources")

    assert words(main.css_first("h1")) == "Sources 1 of 4 could not be read"
    assert texts(main, "td b") == ["food-agency", "flaw-notices", "front-report", "kyiv-wire"]
    assert texts(main, ".state") == ["failing", "empty", "ok", "ok"]
    assert texts(main, "td[data-head='Last good']") == ["9 h ago", "never", "4 min ago", "4 min ago"]
    assert texts(main, "td[data-head='Next poll']") == ["in 55 min", "due", "in 11 min", "in 11 min"]
    assert texts(main, ".error") == ["the server answered 503 Service Unavailable, for the fourth time in a row"]


async def test_address_of_a_source_hides_what_may_be_secret(page_reader: httpx.AsyncClient) -> None:
    pages = [(await page_reader.get(path)).text for path in ("/sources", "/api/sources")]

    assert all("wire.example/feed" in page and SECRET_TOKEN not in page for page in pages)


async def test_deliveries_show_the_news_and_why_they_wait(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    one, two = example_alert("al-1", "Three bridges are closed."), example_alert("al-2", "Four bridges are closed.")
    owed = [example_message("m1", one, created=NOW), example_message("m2", two, created=NOW)]
    commit_texts(empty_store, ["News."], decisions=[sent_decision(one), sent_decision(two)], messages=owed)
    with empty_store.write() as conn:
        outbox.schedule_retry(conn, "m1", NOW + 60, "451 try later")
    async with page_client(empty_store) as reader:
        main = await read(reader, "/deliveries")
        page = await read(reader, "/alerts/al-2")

    assert texts(main, "td[data-head=Alert] a") == ["Four bridges are closed", "Three bridges are closed"]
    assert texts(main, ".below td.faint") == [
        "waits behind delivery 1 of its story",
        "waits for its next try, until 16 Dec 2026, 20:31 EET",
    ]
    assert texts(page, "td[data-head=Outcome]") == ["waits behind delivery 1 of its story"]


async def test_dead_deliveries_tell_how_to_try_again(page_reader: httpx.AsyncClient) -> None:
    main = await read(page_reader, "/deliveries?state=dead")

    assert texts(main, ".state") == ["dead"]
    assert texts(main, "code") == ["monitor deliveries retry 2"]


async def test_every_page_says_that_edited_rules_were_refused_and_why(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    commit_texts(empty_store, ["News."], decisions=[sent_decision(made_alert())])
    async with page_client(empty_store) as reader:
        assert "refused" not in (await reader.get("/")).text
        with empty_store.write() as conn:
            mark_rules_refused(
                conn, ["rules/a.yaml:2:5: unknown key `sverity`; did you mean `severity`?", SCRIPT], NOW - 120
            )
        for path in ("/", "/alerts/a1", "/sources", "/deliveries"):
            page = LexborHTMLParser((await reader.get(path)).text)
            banner = page.css_first("[role=alert]")
            assert words(banner).startswith("The rules on disk were refused; the last good ones go on. 2 min ago")
            assert [words(line) for line in banner.css("li")] == [
                "rules/a.yaml:2:5: unknown key `sverity`; did you mean `severity`?",
                SCRIPT,
            ]
        with empty_store.write() as conn:
            mark_rules_accepted(conn)
        assert "refused" not in (await reader.get("/")).text


async def hostile(store: Store) -> None:
    """An alert, a source and a delivery made of nothing but attacks."""
    bad = make_alert_finding(
        SCRIPT,
        novelty=Novelty.CHANGED,
        matched=("script", "'"),
        source=SCRIPT,
        entry_url="javascript:alert(3)",
        nearest=make_prior_claim("\u202e" + SCRIPT + " before", source=SCRIPT),
        changes=(Change(ChangeKind.NAME, SCRIPT, SCRIPT),),
    )
    one = made_alert(bad, rule=SCRIPT, title=SCRIPT, reason=SCRIPT, url="data:text/html,<script>", since_last=SCRIPT)
    add_sources(store, "wire", "wire'\"><script>x</script>")
    commit_texts(
        store, [SCRIPT], decisions=[sent_decision(one)], messages=[example_message("m1", one, channel="desk<script>")]
    )


@pytest.mark.parametrize("path", ["/", "/alerts/a1", "/sources", "/deliveries", "/?rule=<script>", "/<script>"])
async def test_hostile_words_stay_words(empty_store: Store, path: str) -> None:
    await hostile(empty_store)
    async with page_client(empty_store) as reader:
        page = (await reader.get(path)).text
    tree = LexborHTMLParser(page)
    links = [link.attributes["href"] or "" for link in tree.css("a")]

    assert tree.css("script, img, iframe, style, base, meta[http-equiv]") == []
    assert all((form.attributes["action"] or "").startswith("/alerts/") for form in tree.css("form"))
    assert [name for node in tree.css("*") for name in node.attributes if name.startswith("on")] == []
    assert {urlsplit(link).scheme for link in links} <= {"", "http", "https"}
    assert all(link.startswith(("/", "http")) and not link.startswith("//") for link in links)
    assert "\u202e" not in page


async def test_hostile_words_are_shown_as_they_stand(empty_store: Store) -> None:
    await hostile(empty_store)
    async with page_client(empty_store) as reader:
        assert texts(await read(reader, "/"), ".claim") == [SCRIPT]
