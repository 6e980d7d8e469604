"""Pages and articles are fetched only as robots.txt allows (RFC 9309)."""

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
    """The error code from fetching a path ("ok" if it worked), and the paths that were requested from the site."""
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
async def test_a_disallowed_path_is_not_fetched(path: str, code: str) -> None:
    actual_code, requests = await outcome({"/robots.txt": http_response(RULES), path: html_page("Bridge open")}, path)

    assert actual_code == code
    assert requests == (["/robots.txt", path] if code == "ok" else ["/robots.txt"])


async def test_the_error_names_robots_txt_and_omits_the_query() -> None:
    async with SiteServer({"/robots.txt": http_response(RULES)}) as site, site_fetcher() as fetcher:
        with pytest.raises(FetchError) as raised:
            await Robots(fetcher, AGENT).fetch(Request(site.url_for("/private/a?token=SECRET")))
        sentence = f"the site's robots.txt disallows {site.url_for('/private/a')}"
    assert str(raised.value) == sentence


async def test_rules_for_our_user_agent_override_general_ones() -> None:
    rules_for_us = b"User-agent: *\nDisallow: /\n\nUser-agent: claimwatch\nDisallow: /private\n"
    rules_for_others = b"User-agent: mozilla\nDisallow: /\n"

    assert (await outcome({"/robots.txt": http_response(rules_for_us)}))[0] == "ok"
    assert (await outcome({"/robots.txt": http_response(rules_for_others)}))[0] == "ok"
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
async def test_missing_rules_allow_everything_and_unreadable_ones_nothing(answer: bytes, code: str) -> None:
    actual_code, requests = await outcome({"/robots.txt": answer})

    assert actual_code == code
    assert ("/news" in requests) == (code == "ok")


async def test_a_redirect_of_robots_txt_is_followed() -> None:
    pages = {"/robots.txt": redirect("/rules"), "/rules": http_response(b"User-agent: *\nDisallow: /news\n")}

    assert (await outcome(pages))[0] == "robots"


async def test_a_redirect_target_is_checked_too() -> None:
    pages = {
        "/robots.txt": http_response(RULES),
        "/news": redirect("/private/a"),
        "/private/a": html_page("Not for programs"),
    }

    assert await outcome(pages) == ("robots", ["/robots.txt", "/news"])


@pytest.mark.parametrize(("rules", "code"), [(RULES, "robots"), (b"", "ok")])
async def test_the_rules_of_a_redirect_target_on_another_host_are_checked(rules: bytes, code: str) -> None:
    other_pages = {
        "/robots.txt": http_response(rules),
        "/private/a": redirect("/private/b"),
        "/private/b": html_page("Bridge open"),
    }
    async with SiteServer(other_pages) as other:
        target_url = f"http://other.example:{other.port}/private/a"
        actual_code, _ = await outcome({"/robots.txt": http_response(b""), "/news": redirect(target_url)})

    assert actual_code == code
    assert other.requested_paths == (["/robots.txt", "/private/a", "/private/b"] if code == "ok" else ["/robots.txt"])


async def test_many_redirects_to_one_host_do_not_deadlock() -> None:
    pages = {"/robots.txt": http_response(b""), "/news": html_page("Bridge open")}
    async with SiteServer(pages) as site, site_fetcher() as fetcher:
        robots = Robots(fetcher, AGENT)
        for number in range(6):
            pages[f"/{number}"] = redirect(f"http://other.example:{site.port}/news")
        fetches = [robots.fetch(Request(site.url_for(f"/{number}"))) for number in range(6)]
        assert {answer.status for answer in await asyncio.gather(*fetches)} == {200}


async def test_rules_are_fetched_once_a_day_and_sooner_after_an_error() -> None:
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


async def test_the_crawl_delay_of_a_site_is_applied() -> None:
    limiter = HostRateLimiter(0.0)
    rules = http_response(b"User-agent: *\nCrawl-delay: 7\n")
    async with (
        SiteServer({"/robots.txt": rules, "/news": html_page("Bridge open")}) as site,
        site_fetcher(limiter) as fetcher,
    ):
        await Robots(fetcher, AGENT).fetch(Request(site.url_for("/news")))

    assert limiter._hosts["news.example"].delay == 7.0


async def test_robots_txt_is_not_fetched_from_allowed_private_hosts() -> None:
    async with SiteServer(
        {"/robots.txt": http_response(b"User-agent: *\nDisallow: /\n"), "/news": html_page("x")}
    ) as site:
        async with site_fetcher() as fetcher:
            await Robots(fetcher, AGENT).fetch(Request(f"{site.url}news"))
        assert site.requested_paths == ["/news"]


async def test_huge_rules_are_parsed_in_time() -> None:
    rules = b"User-agent: *\nDisallow: /" + b"*a" * 400_000 + b"\n" + b"Disallow: /private\n" * 20_000
    assert (await outcome({"/robots.txt": http_response(rules), "/" + "a" * 3000: html_page("x")}, "/" + "a" * 3000))[
        0
    ] == "ok"


async def test_the_rules_of_many_sites_use_limited_memory() -> None:
    rules = http_response(b"User-agent: *\n" + b"Disallow: /private\n" * 20_000)
    async with SiteServer({"/robots.txt": rules, "/news": html_page("x")}) as site, site_fetcher() as fetcher:
        robots = Robots(fetcher, AGENT)
        for number in range(12):
            await robots.check_allowed(Request(""), f"http://site-{number}.example:{site.port}/news")
        assert sum(cached.size for cached in robots._cache.values()) <= 2 * 2**20
        assert len(site.requested_paths) == 12
        await robots.check_allowed(Request(""), f"http://site-11.example:{site.port}/news")
        assert len(site.requested_paths) == 12, "the last one is cached"
