"""robots.txt binds pages and articles, within RFC 9309: what a site allows, forbids, and what its trouble means."""

from __future__ import annotations

import asyncio

import pytest
from kit.raw_server import http_response, redirect
from kit.site_server import SiteServer, html_page, site_fetcher

from monitor.errors import FetchError
from monitor.net.rate_limit import HostRateLimiter
from monitor.net.response import Request
from monitor.net.robots import RULES_CACHE_S, UNREADABLE_CACHE_S, Robots

AGENT = "Claimwatch/0.1 (+https://claimwatch.example)"
RULES = b"User-agent: *\nDisallow: /private\nAllow: /private/open\nDisallow: /*.pdf$\n"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def outcome(pages: dict[str, bytes], path: str = "/news") -> tuple[str, list[str]]:
    """The code that asking for a path ends with ("ok" if it came), and the paths that the site was asked for."""
    async with SiteServer({"/news": html_page("Bridge open")} | pages) as site, site_fetcher() as fetcher:
        try:
            await Robots(fetcher, AGENT).fetch(Request(site.url_for(path)))
        except FetchError as error:
            return error.code, site.requested_paths
        return "ok", site.requested_paths


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
    found, requests = await outcome({"/robots.txt": http_response(RULES), path: html_page("Bridge open")}, path)

    assert found == code
    assert requests == (["/robots.txt", path] if code == "ok" else ["/robots.txt"])


async def test_the_sentence_says_who_asked_for_it_and_keeps_the_query_out() -> None:
    async with SiteServer({"/robots.txt": http_response(RULES)}) as site, site_fetcher() as fetcher:
        with pytest.raises(FetchError) as raised:
            await Robots(fetcher, AGENT).fetch(Request(site.url_for("/private/a?token=SECRET")))
        said = f"the site's robots.txt asks programs not to fetch {site.url_for('/private/a')}"
    assert str(raised.value) == said


async def test_rules_for_this_very_program_win_over_those_for_all() -> None:
    mine = b"User-agent: *\nDisallow: /\n\nUser-agent: claimwatch\nDisallow: /private\n"
    others = b"User-agent: mozilla\nDisallow: /\n"

    assert (await outcome({"/robots.txt": http_response(mine)}))[0] == "ok"
    assert (await outcome({"/robots.txt": http_response(others)}))[0] == "ok"
    assert (await outcome({"/robots.txt": http_response(b"User-agent: *\nDisallow: /\n")}))[0] == "robots"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (http_response(b"", "404 Not Found"), "ok"),
        (http_response(b"", "401 No"), "ok"),
        (http_response(b"", "403 No"), "ok"),
        (http_response(b"", "410 Gone"), "ok"),
        (redirect("/robots.txt"), "ok"),
        (redirect("ftp://news.example/robots.txt"), "ok"),
        (http_response(b""), "ok"),
        (http_response(b"<!doctype html><html><body>Disallow: /</body></html>"), "ok"),
        (http_response(b"\xff\xfe\x00Disallow: /\n" * 50), "ok"),
        (http_response(b"", "429 Slow"), "robots_unreadable"),
        (http_response(b"", "500 x"), "robots_unreadable"),
        (http_response(b"", "503 x"), "robots_unreadable"),
        (b"", "robots_unreadable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser", "robots_unreadable"),
    ],
)
async def test_no_rules_allow_and_a_site_in_trouble_is_left_alone(answer: bytes, code: str) -> None:
    found, requests = await outcome({"/robots.txt": answer})

    assert found == code
    assert ("/news" in requests) == (code == "ok")


async def test_rules_that_moved_are_followed() -> None:
    pages = {"/robots.txt": redirect("/rules"), "/rules": http_response(b"User-agent: *\nDisallow: /news\n")}

    assert (await outcome(pages))[0] == "robots"


async def test_what_a_redirect_leads_to_is_asked_of_too() -> None:
    pages = {
        "/robots.txt": http_response(RULES),
        "/news": redirect("/private/a"),
        "/private/a": html_page("Not for programs"),
    }

    assert await outcome(pages) == ("robots", ["/robots.txt", "/news"])


@pytest.mark.parametrize(("rules", "code"), [(RULES, "robots"), (b"", "ok")])
async def test_each_host_that_a_redirect_leads_to_is_asked(rules: bytes, code: str) -> None:
    there = {
        "/robots.txt": http_response(rules),
        "/private/a": redirect("/private/b"),
        "/private/b": html_page("Bridge open"),
    }
    async with SiteServer(there) as other:
        leads = f"http://other.example:{other.port}/private/a"
        found, _ = await outcome({"/robots.txt": http_response(b""), "/news": redirect(leads)})

    assert found == code
    assert other.requested_paths == (["/robots.txt", "/private/a", "/private/b"] if code == "ok" else ["/robots.txt"])


async def test_many_pages_that_move_within_their_host_do_not_wait_for_each_other() -> None:
    pages = {"/robots.txt": http_response(b""), "/news": html_page("Bridge open")}
    async with SiteServer(pages) as site, site_fetcher() as fetcher:
        robots = Robots(fetcher, AGENT)
        for number in range(6):
            pages[f"/{number}"] = redirect(f"http://other.example:{site.port}/news")
        asked = [robots.fetch(Request(site.url_for(f"/{number}"))) for number in range(6)]
        assert {answer.status for answer in await asyncio.gather(*asked)} == {200}


async def test_rules_are_asked_for_once_a_day_and_trouble_sooner() -> None:
    clock = Clock()
    async with (
        SiteServer({"/robots.txt": http_response(RULES), "/news": html_page("Bridge open")}) as site,
        site_fetcher() as fetcher,
    ):
        robots = Robots(fetcher, AGENT, clock)
        for clock.now in (0.0, 1.0, RULES_CACHE_S - 1):
            await robots.fetch(Request(site.url_for("/news")))
        assert site.requested_paths.count("/robots.txt") == 1
        clock.now, site.pages["/robots.txt"] = RULES_CACHE_S + 1, http_response(b"", "500 x")
        for _ in range(2):
            with pytest.raises(FetchError):
                await robots.fetch(Request(site.url_for("/news")))
        assert site.requested_paths.count("/robots.txt") == 2
        clock.now, site.pages["/robots.txt"] = RULES_CACHE_S + UNREADABLE_CACHE_S + 2, http_response(RULES)
        await robots.fetch(Request(site.url_for("/news")))


async def test_a_site_may_say_how_slowly_it_wants_to_be_asked() -> None:
    turns = HostRateLimiter(0.0)
    rules = http_response(b"User-agent: *\nCrawl-delay: 7\n")
    async with (
        SiteServer({"/robots.txt": rules, "/news": html_page("Bridge open")}) as site,
        site_fetcher(turns) as fetcher,
    ):
        await Robots(fetcher, AGENT).fetch(Request(site.url_for("/news")))

    assert turns._hosts["news.example"].delay == 7.0


async def test_the_operators_own_hosts_are_not_asked_for_rules() -> None:
    async with SiteServer(
        {"/robots.txt": http_response(b"User-agent: *\nDisallow: /\n"), "/news": html_page("x")}
    ) as site:
        async with site_fetcher() as fetcher:
            await Robots(fetcher, AGENT).fetch(Request(f"{site.url}news"))
        assert site.requested_paths == ["/news"]


async def test_rules_without_end_are_read_in_time() -> None:
    rules = b"User-agent: *\nDisallow: /" + b"*a" * 400_000 + b"\n" + b"Disallow: /private\n" * 20_000
    assert (await outcome({"/robots.txt": http_response(rules), "/" + "a" * 3000: html_page("x")}, "/" + "a" * 3000))[
        0
    ] == "ok"


async def test_rules_of_many_sites_do_not_fill_the_memory() -> None:
    rules = http_response(b"User-agent: *\n" + b"Disallow: /private\n" * 20_000)
    async with SiteServer({"/robots.txt": rules, "/news": html_page("x")}) as site, site_fetcher() as fetcher:
        robots = Robots(fetcher, AGENT)
        for number in range(12):
            await robots.check_allowed(f"http://site-{number}.example:{site.port}/news")
        assert sum(said.size for said in robots._cache.values()) <= 2 * 2**20
        assert len(site.requested_paths) == 12
        await robots.check_allowed(f"http://site-11.example:{site.port}/news")
        assert len(site.requested_paths) == 12, "the last one is remembered"
