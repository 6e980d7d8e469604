"""robots.txt binds pages and articles, within RFC 9309: what a site allows, forbids, and what its trouble means."""

from __future__ import annotations

import asyncio

import pytest
from kit.raw import moved, ok
from kit.site import Site, page, visitor

from monitor.errors import FetchError
from monitor.sources.fetch import Request
from monitor.sources.robots import FRESH, TROUBLED, Robots
from monitor.sources.turns import Turns

AGENT = "Claimwatch/0.1 (+https://claimwatch.example)"
RULES = b"User-agent: *\nDisallow: /private\nAllow: /private/open\nDisallow: /*.pdf$\n"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def outcome(pages: dict[str, bytes], path: str = "/news") -> tuple[str, list[str]]:
    """The code that asking for a path ends with ("ok" if it came), and the paths that the site was asked for."""
    async with Site({"/news": page("Bridge open")} | pages) as site, visitor() as fetcher:
        try:
            await Robots(fetcher, AGENT).fetch(Request(site.at(path)))
        except FetchError as error:
            return error.code, site.requests
        return "ok", site.requests


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/news", "ok"),
        ("/private/report", "robots"),
        ("/private/open/report", "ok"),
        ("/report.pdf", "robots"),
        ("/report.pdf?x=1", "ok"),
    ],
)
async def test_what_a_site_forbids_is_not_asked_for(path: str, code: str) -> None:
    found, requests = await outcome({"/robots.txt": ok(RULES), path: page("Bridge open")}, path)

    assert found == code
    assert requests == (["/robots.txt", path] if code == "ok" else ["/robots.txt"])


async def test_the_sentence_says_who_asked_for_it_and_keeps_the_query_out() -> None:
    async with Site({"/robots.txt": ok(RULES)}) as site, visitor() as fetcher:
        with pytest.raises(FetchError) as raised:
            await Robots(fetcher, AGENT).fetch(Request(site.at("/private/a?token=SECRET")))
        said = f"the site's robots.txt asks programs not to fetch {site.at('/private/a')}"
    assert str(raised.value) == said


async def test_rules_for_this_very_program_win_over_those_for_all() -> None:
    mine = b"User-agent: *\nDisallow: /\n\nUser-agent: claimwatch\nDisallow: /private\n"
    others = b"User-agent: mozilla\nDisallow: /\n"

    assert (await outcome({"/robots.txt": ok(mine)}))[0] == "ok"
    assert (await outcome({"/robots.txt": ok(others)}))[0] == "ok"
    assert (await outcome({"/robots.txt": ok(b"User-agent: *\nDisallow: /\n")}))[0] == "robots"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (ok(b"", "404 Not Found"), "ok"),
        (ok(b"", "401 No"), "ok"),
        (ok(b"", "403 No"), "ok"),
        (ok(b"", "410 Gone"), "ok"),
        (moved("/robots.txt"), "ok"),
        (moved("ftp://news.example/robots.txt"), "ok"),
        (ok(b""), "ok"),
        (ok(b"<!doctype html><html><body>Disallow: /</body></html>"), "ok"),
        (ok(b"\xff\xfe\x00Disallow: /\n" * 50), "ok"),
        (ok(b"", "429 Slow"), "robots_unreadable"),
        (ok(b"", "500 x"), "robots_unreadable"),
        (ok(b"", "503 x"), "robots_unreadable"),
        (b"", "robots_unreadable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser", "robots_unreadable"),
    ],
)
async def test_no_rules_allow_and_a_site_in_trouble_is_left_alone(answer: bytes, code: str) -> None:
    found, requests = await outcome({"/robots.txt": answer})

    assert found == code
    assert ("/news" in requests) == (code == "ok")


async def test_rules_that_moved_are_followed() -> None:
    pages = {"/robots.txt": moved("/rules"), "/rules": ok(b"User-agent: *\nDisallow: /news\n")}

    assert (await outcome(pages))[0] == "robots"


async def test_what_a_redirect_leads_to_is_asked_of_too() -> None:
    pages = {"/robots.txt": ok(RULES), "/news": moved("/private/a"), "/private/a": page("Not for programs")}

    assert await outcome(pages) == ("robots", ["/robots.txt", "/news"])


@pytest.mark.parametrize(("rules", "code"), [(RULES, "robots"), (b"", "ok")])
async def test_each_host_that_a_redirect_leads_to_is_asked(rules: bytes, code: str) -> None:
    there = {"/robots.txt": ok(rules), "/private/a": moved("/private/b"), "/private/b": page("Bridge open")}
    async with Site(there) as other:
        leads = f"http://other.example:{other.port}/private/a"
        found, _ = await outcome({"/robots.txt": ok(b""), "/news": moved(leads)})

    assert found == code
    assert other.requests == (["/robots.txt", "/private/a", "/private/b"] if code == "ok" else ["/robots.txt"])


async def test_many_pages_that_move_within_their_host_do_not_wait_for_each_other() -> None:
    pages = {"/robots.txt": ok(b""), "/news": page("Bridge open")}
    async with Site(pages) as site, visitor() as fetcher:
        robots = Robots(fetcher, AGENT)
        for number in range(6):
            pages[f"/{number}"] = moved(f"http://other.example:{site.port}/news")
        asked = [robots.fetch(Request(site.at(f"/{number}"))) for number in range(6)]
        assert {answer.status for answer in await asyncio.gather(*asked)} == {200}


async def test_rules_are_asked_for_once_a_day_and_trouble_sooner() -> None:
    clock = Clock()
    async with Site({"/robots.txt": ok(RULES), "/news": page("Bridge open")}) as site, visitor() as fetcher:
        robots = Robots(fetcher, AGENT, clock)
        for clock.now in (0.0, 1.0, FRESH - 1):
            await robots.fetch(Request(site.at("/news")))
        assert site.requests.count("/robots.txt") == 1
        clock.now, site.pages["/robots.txt"] = FRESH + 1, ok(b"", "500 x")
        for _ in range(2):
            with pytest.raises(FetchError):
                await robots.fetch(Request(site.at("/news")))
        assert site.requests.count("/robots.txt") == 2
        clock.now, site.pages["/robots.txt"] = FRESH + TROUBLED + 2, ok(RULES)
        await robots.fetch(Request(site.at("/news")))


async def test_a_site_may_say_how_slowly_it_wants_to_be_asked() -> None:
    turns = Turns(0.0)
    rules = ok(b"User-agent: *\nCrawl-delay: 7\n")
    async with Site({"/robots.txt": rules, "/news": page("Bridge open")}) as site, visitor(turns) as fetcher:
        await Robots(fetcher, AGENT).fetch(Request(site.at("/news")))

    assert turns._hosts["news.example"].pause == 7.0


async def test_the_operators_own_hosts_are_not_asked_for_rules() -> None:
    async with Site({"/robots.txt": ok(b"User-agent: *\nDisallow: /\n"), "/news": page("x")}) as site:
        async with visitor() as fetcher:
            await Robots(fetcher, AGENT).fetch(Request(f"{site.url}news"))
        assert site.requests == ["/news"]


async def test_rules_without_end_are_read_in_time() -> None:
    rules = b"User-agent: *\nDisallow: /" + b"*a" * 400_000 + b"\n" + b"Disallow: /private\n" * 20_000
    assert (await outcome({"/robots.txt": ok(rules), "/" + "a" * 3000: page("x")}, "/" + "a" * 3000))[0] == "ok"


async def test_rules_of_many_sites_do_not_fill_the_memory() -> None:
    rules = ok(b"User-agent: *\n" + b"Disallow: /private\n" * 20_000)
    async with Site({"/robots.txt": rules, "/news": page("x")}) as site, visitor() as fetcher:
        robots = Robots(fetcher, AGENT)
        for number in range(12):
            await robots.ask(f"http://site-{number}.example:{site.port}/news")
        assert sum(said.size for said in robots._sites.values()) <= 2 * 2**20
        assert len(site.requests) == 12
        await robots.ask(f"http://site-11.example:{site.port}/news")
        assert len(site.requests) == 12, "the last one is remembered"
