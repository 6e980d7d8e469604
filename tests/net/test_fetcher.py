"""One fetch: conditional, within bounds, without secrets in what it says, whatever the server does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from kit.raw_server import RawServer, ScriptedAnswer, http_response, redirect
from pydantic import SecretStr

from monitor.config.models import Auth
from monitor.errors import FetchError
from monitor.net.fetcher import Fetcher
from monitor.net.rate_limit import HostRateLimiter
from monitor.net.response import Request, Response

LOOPBACK = ["127.0.0.0/8"]


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(user_agent="Claimwatch/test", allow_private=LOOPBACK, deadline=0.6, max_bytes=2**20) as opened:
        yield opened


async def refused(fetcher: Fetcher, *answers: ScriptedAnswer, **request: str) -> FetchError:
    """The error that a server with these answers gets."""
    async with RawServer(*answers) as server:
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url, **request))
    return raised.value


async def got(fetcher: Fetcher, answer: ScriptedAnswer) -> Response:
    async with RawServer(answer) as server:
        return await fetcher.fetch(Request(server.url))


# Conditional requests


async def test_an_answer_carries_its_body_and_validators(fetcher: Fetcher) -> None:
    answer = http_response(
        b"<rss/>", content_type="text/xml", etag='W/"1"', last_modified="Mon, 01 Dec 2025 00:00:00 GMT"
    )
    async with RawServer(answer) as server:
        fetched = await fetcher.fetch(Request(server.url))

    assert (fetched.status, fetched.body, fetched.content_type) == (200, b"<rss/>", "text/xml")
    assert (fetched.etag, fetched.last_modified) == ('W/"1"', "Mon, 01 Dec 2025 00:00:00 GMT")
    assert fetched.url == server.url
    asked = server.received_requests[0].headers
    assert asked["user-agent"] == "Claimwatch/test"
    assert asked["accept-encoding"] == "gzip, deflate"
    assert "if-none-match" not in asked
    assert "if-modified-since" not in asked


async def test_validators_are_sent_back_as_they_came_and_304_brings_no_body(fetcher: Fetcher) -> None:
    etag = '"\xe9\xfc"'  # bytes that are no ASCII are legal in an ETag
    async with RawServer(http_response(b"x", etag=etag), b"HTTP/1.1 304 Not Modified\r\n\r\n") as server:
        first = await fetcher.fetch(Request(server.url))
        second = await fetcher.fetch(Request(server.url, etag=first.etag, last_modified="yesterday"))

    assert server.received_requests[1].headers["if-none-match"] == etag
    assert server.received_requests[1].headers["if-modified-since"] == "yesterday"
    assert (second.status, second.body) == (304, None)
    assert (second.etag, second.last_modified) == (etag, "yesterday")


async def test_not_modified_to_a_request_that_did_not_ask_is_an_error(fetcher: Fetcher) -> None:
    error = await refused(fetcher, b"HTTP/1.1 304 Not Modified\r\n\r\n")

    assert (error.code, error.status) == ("unasked_not_modified", 304)


async def test_freshness_is_told_in_seconds(fetcher: Fetcher) -> None:
    assert (await got(fetcher, http_response(b"", cache_control="public, max-age=600", age="100"))).max_age == 500.0
    assert (await got(fetcher, http_response(b""))).max_age is None


# Statuses


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("400 x", "bad_request"),
        ("401 x", "unauthorised"),
        ("403 x", "forbidden"),
        ("404 x", "not_found"),
        ("410 x", "gone"),
        ("418 x", "http_418"),
        ("429 x", "rate_limited"),
        ("451 x", "legal_block"),
        ("500 x", "server_error"),
        ("503 x", "server_error"),
        ("599 x", "server_error"),
        ("206 x", "http_206"),
        ("300 x", "http_300"),
        ("305 x", "http_305"),
    ],
)
async def test_a_status_without_a_body_for_us_is_an_error_by_name(fetcher: Fetcher, status: str, code: str) -> None:
    error = await refused(fetcher, http_response(b"never read", status))

    assert (error.code, error.status) == (code, int(status[:3]))
    assert f"HTTP {status[:3]}" in str(error)


async def test_a_server_may_say_how_long_to_wait(fetcher: Fetcher) -> None:
    assert (await refused(fetcher, http_response(b"", "429 Slow", retry_after="120"))).retry_after == 120.0
    assert (await refused(fetcher, http_response(b"", "503 Busy", retry_after="soon"))).retry_after is None


# Redirects


async def test_a_chain_of_redirects_ends_at_the_answer(fetcher: Fetcher) -> None:
    async with RawServer(
        redirect("/a?b=c#d"), redirect("e"), redirect("//127.0.0.1:{port}/f"), http_response(b"end")
    ) as server:
        server.answers = (*server.answers[:2], redirect(f"//127.0.0.1:{server.port}/f"), server.answers[3])
        fetched = await fetcher.fetch(Request(f"{server.url}start/x"))

    assert [asked.target for asked in server.received_requests] == ["/start/x", "/a?b=c", "/e", "/f"]
    assert (fetched.url, fetched.body) == (f"{server.url}f", b"end")


async def test_a_loop_and_a_sixth_redirect_are_given_up(fetcher: Fetcher) -> None:
    async with RawServer(redirect("/")) as server:
        with pytest.raises(FetchError, match="more than 5 times") as raised:
            await fetcher.fetch(Request(server.url))
        assert raised.value.code == "too_many_redirects"
        assert server.connection_count == 6
    async with RawServer(*(redirect(f"/{hop}") for hop in range(5)), http_response(b"fifth")) as server:
        assert (await fetcher.fetch(Request(server.url))).body == b"fifth"


@pytest.mark.parametrize(
    "target",
    [
        "",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "javascript:alert(1)",
        "data:text/plain,x",
        "ftp://127.0.0.1/",
        "mailto:x",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://a:b@127.0.0.1/",
        "http://127.0.0.1/\x01",
        "http://x\xff.example/",
        "/" + "a" * 70_000,
    ],
)
async def test_a_redirect_to_what_is_no_http_address_is_refused(fetcher: Fetcher, target: str) -> None:
    assert (await refused(fetcher, redirect(target), http_response(b"followed"))).code in (
        "bad_url",
        "bad_answer",
        "dns",
    )


async def test_a_redirect_may_hold_bytes_that_are_no_ascii(fetcher: Fetcher) -> None:
    async with RawServer(redirect("/caf\xc3\xa9"), http_response(b"there")) as server:
        assert (await fetcher.fetch(Request(server.url))).body == b"there"

    assert server.received_requests[1].target == "/caf%C3%A9"


async def test_where_a_chain_of_redirects_ends_is_told(fetcher: Fetcher) -> None:
    async with RawServer(
        redirect("/a", 301), redirect("/b", 308), redirect("/c", 302), redirect("/d", 301), http_response(b"")
    ) as server:
        fetched = await fetcher.fetch(Request(server.url))

    assert fetched.url == f"{server.url}d"


SECRETS = {"X-Api-Key": SecretStr("KEY"), "Cookie": SecretStr("session=KEY")}
FRAMING = {"Accept-Encoding": SecretStr("br"), "Host": SecretStr("other.example"), "Content-Length": SecretStr("5")}


@pytest.mark.parametrize(
    ("auth", "value"),
    [
        (Auth(username="u", password=SecretStr("p")), "Basic dTpw"),
        (Auth(token=SecretStr("T0")), "Bearer T0"),
    ],
)
async def test_a_sources_own_headers_go_along_within_its_origin(fetcher: Fetcher, auth: Auth, value: str) -> None:
    async with RawServer(redirect("/next"), http_response(b"")) as server:
        await fetcher.fetch(Request(server.url, headers=SECRETS | FRAMING, auth=auth))

    for asked in server.received_requests:
        assert asked.headers["authorization"] == value
        assert asked.headers["x-api-key"] == "KEY"
        assert asked.headers["cookie"] == "session=KEY"
        assert asked.headers["accept-encoding"] == "gzip, deflate"
        assert asked.headers["host"] == f"127.0.0.1:{server.port}"
        assert "content-length" not in asked.headers


async def test_a_sources_own_headers_never_leave_its_origin_and_do_not_come_back(fetcher: Fetcher) -> None:
    async with RawServer(http_response(b"")) as first, RawServer(http_response(b"")) as second:
        first.answers = (redirect(second.url), http_response(b"home again"))
        second.answers = (redirect("/again"), redirect(first.url))
        request = Request(first.url, etag='"1"', headers=SECRETS, auth=Auth(token=SecretStr("T0")))
        await fetcher.fetch(request)

    for asked in (*second.received_requests, first.received_requests[1]):
        assert not {"authorization", "x-api-key", "cookie"} & set(asked.headers)
    assert second.received_requests[0].headers["if-none-match"] == '"1"'


async def test_a_401_after_a_redirect_says_where_the_headers_stayed(fetcher: Fetcher) -> None:
    async with RawServer(http_response(b"", "401 x")) as other, RawServer(redirect(other.url)) as server:
        with pytest.raises(FetchError, match="own headers are not sent") as raised:
            await fetcher.fetch(Request(server.url, auth=Auth(token=SecretStr("T0"))))

    assert raised.value.code == "unauthorised"


async def test_cookies_are_not_kept(fetcher: Fetcher) -> None:
    async with RawServer(http_response(b"", set_cookie="a=b; path=/")) as server:
        await fetcher.fetch(Request(server.url))
        await fetcher.fetch(Request(server.url))

    assert "cookie" not in server.received_requests[1].headers


# Truncation


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss>\r\n",
    ],
)
async def test_a_body_that_breaks_off_is_no_body(fetcher: Fetcher, answer: bytes) -> None:
    assert (await refused(fetcher, answer)).code == "truncated"


async def test_a_reset_in_the_middle_is_truncation(fetcher: Fetcher) -> None:
    async def reset(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.transport.abort()

    assert (await refused(fetcher, reset)).code == "truncated"


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/9.9 huh\r\n\r\n", b"HTTP/1.1 99 x\r\n\r\n"]
)
async def test_what_is_no_http_answer_is_told(fetcher: Fetcher, answer: bytes) -> None:
    assert (await refused(fetcher, answer)).code in ("bad_answer", "disconnected")


# The deadline


async def drip(writer: asyncio.StreamWriter, piece: bytes, start: bytes = b"") -> None:
    writer.write(start)
    while True:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: b\r\n"),
    ],
    ids=["status", "headers", "hints", "body", "chunks", "trailer"],
)
async def test_a_server_that_drips_meets_the_deadline(start: bytes, piece: bytes) -> None:
    async with (
        RawServer(lambda writer: drip(writer, piece, start)) as server,
        Fetcher(user_agent="t", allow_private=LOOPBACK, deadline=0.3) as fetcher,
    ):
        begun = time.monotonic()
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url))
        took = time.monotonic() - begun
        await asyncio.sleep(0.15)
        assert server.open_connections == 0, "the connection is closed"
    assert (raised.value.code, raised.value.status) in [("timeout", None), ("bad_answer", None)]
    assert took < 1.5


async def test_the_deadline_is_for_all_redirects_together() -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(redirect("/"))

    async with (
        RawServer(late) as server,
        Fetcher(user_agent="t", allow_private=LOOPBACK, deadline=0.5) as fetcher,
    ):
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url))
    assert raised.value.code == "timeout"


async def test_the_deadline_covers_the_look_up_of_a_name() -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    async with Fetcher(user_agent="t", allow_private=[], deadline=0.2, resolver=never) as fetcher:
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request("http://feeds.example/"))
    assert raised.value.code == "timeout"


async def test_others_are_on_time_while_one_server_hangs(fetcher: Fetcher) -> None:
    async with RawServer(lambda writer: drip(writer, b"H")) as hanging, RawServer(http_response(b"quick")) as quick:
        slow = [asyncio.create_task(fetcher.fetch(Request(hanging.url))) for _ in range(20)]
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        await fetcher.fetch(Request(quick.url))
        assert time.monotonic() - begun < 0.4
        assert all(isinstance(end, FetchError) for end in await asyncio.gather(*slow, return_exceptions=True))


async def test_a_server_that_closes_after_each_answer_fails_no_later_fetch(fetcher: Fetcher) -> None:
    async with RawServer(http_response(b"whole")) as server:
        for _ in range(20):
            assert (await fetcher.fetch(Request(server.url))).body == b"whole"
        assert server.connection_count == 20


# Politeness


async def named(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


async def a_while(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.05)
    writer.write(http_response(b"done"))


async def test_one_host_is_asked_two_things_at_a_time_and_waiting_is_not_its_fault() -> None:
    async with (
        RawServer(a_while) as server,
        Fetcher(
            user_agent="t", allow_private=LOOPBACK, deadline=0.4, resolver=named, rate_limiter=HostRateLimiter(0.0)
        ) as fetcher,
    ):
        requests = [Request(f"http://feeds.example:{server.port}/{number}") for number in range(20)]
        fetched = await asyncio.gather(*map(fetcher.fetch, requests))

    assert [answer.body for answer in fetched] == [b"done"] * 20
    assert server.max_open_connections == 2


async def test_limits_do_not_bind_a_private_host_that_the_config_names(fetcher: Fetcher) -> None:
    async with RawServer(a_while) as server:
        await asyncio.gather(*(fetcher.fetch(Request(server.url)) for _ in range(20)))

    assert server.max_open_connections == 20


# Addresses and secrets


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "bad_url"),
        ("feeds.example/x", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("http://", "bad_url"),
        ("http://feeds.example:0/", "bad_url"),
        ("http://feeds.example:70000/", "bad_url"),
        ("http://u:SECRET@feeds.example/", "bad_url"),
        ("http://feeds.example/\x00", "bad_url"),
        ("http://" + "a" * 70_000, "bad_url"),
        ("http://no.such.name.invalid/", "dns"),
        ("http://" + "a" * 300 + "/", "dns"),
        ("http://.../", "dns"),
        ("http://127.0.0.1:1/", "refused"),
    ],
)
async def test_an_address_that_leads_nowhere_is_one_clear_error(fetcher: Fetcher, url: str, code: str) -> None:
    with pytest.raises(FetchError) as raised:
        await fetcher.fetch(Request(url))

    assert raised.value.code == code
    assert "SECRET" not in str(raised.value)


async def test_no_error_tells_a_secret(fetcher: Fetcher) -> None:
    answers: list[ScriptedAnswer] = [
        http_response(b"", "404 SECRET"),
        redirect("http://127.0.0.1:1/?t=SECRET"),
        redirect("ftp://x/SECRET"),
        b"",
    ]
    answers += [
        http_response(b"SECRET", content_encoding="gzip"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nSECRET",
    ]
    headers = {"X-Key": SecretStr("SECRET"), "X-Bad": SecretStr("SECRET\r\nX-More: 1")}
    for answer in answers:
        async with RawServer(answer) as server:
            with pytest.raises(FetchError) as raised:
                await fetcher.fetch(
                    Request(f"{server.url}feed?key=SECRET#SECRET", headers={"X-Key": headers["X-Key"]})
                )
        assert "SECRET" not in str(raised.value)
        assert raised.value.__cause__ is None
    async with RawServer(http_response(b"")) as server:
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url, headers=headers))
        assert raised.value.code == "bad_header"
        assert "SECRET" not in str(raised.value)
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url, headers={"X-Key": SecretStr("ключ")}))
        assert raised.value.code == "bad_header"
    assert "SECRET" not in repr(Request("http://x/", headers=headers, auth=Auth(token=SecretStr("SECRET"))))
