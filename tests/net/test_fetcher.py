"""Fetches are conditional and limited, and their errors contain no secrets."""

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
from monitor.net.guard import Guard
from monitor.net.network import Network
from monitor.net.rate_limit import HostRateLimiter
from monitor.net.response import Request, Response

pytestmark = pytest.mark.slow

LOOPBACK = ["127.0.0.0/8"]


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(
        user_agent="Claimwatch/test", network=Network(Guard(LOOPBACK)), deadline=0.6, max_bytes=2**20
    ) as client:
        yield client


async def fetch_error(fetcher: Fetcher, *answers: ScriptedAnswer, **request: str) -> FetchError:
    """The error from fetching a server with these answers."""
    async with RawServer(*answers) as server:
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url, **request))
    return raised.value


async def fetch_from(fetcher: Fetcher, answer: ScriptedAnswer) -> Response:
    async with RawServer(answer) as server:
        return await fetcher.fetch(Request(server.url))


# Conditional requests


async def test_a_response_has_its_body_and_validators(fetcher: Fetcher) -> None:
    answer = http_response(
        b"<rss/>", content_type="text/xml", etag='W/"1"', last_modified="Mon, 01 Dec 2025 00:00:00 GMT"
    )
    async with RawServer(answer) as server:
        fetched = await fetcher.fetch(Request(server.url))

    assert (fetched.status, fetched.body, fetched.content_type) == (200, b"<rss/>", "text/xml")
    assert (fetched.etag, fetched.last_modified) == ('W/"1"', "Mon, 01 Dec 2025 00:00:00 GMT")
    assert fetched.url == server.url
    received = server.received_requests[0].headers
    assert received["user-agent"] == "Claimwatch/test"
    assert received["accept-encoding"] == "gzip, deflate, br, zstd"
    assert "if-none-match" not in received
    assert "if-modified-since" not in received


async def test_validators_are_sent_back_unchanged_and_a_304_has_no_body(fetcher: Fetcher) -> None:
    etag = 'W/"1-{a}"'
    async with RawServer(http_response(b"x", etag=etag), b"HTTP/1.1 304 Not Modified\r\n\r\n") as server:
        first = await fetcher.fetch(Request(server.url))
        second = await fetcher.fetch(Request(server.url, etag=first.etag, last_modified="yesterday"))

    assert server.received_requests[1].headers["if-none-match"] == etag
    assert server.received_requests[1].headers["if-modified-since"] == "yesterday"
    assert (second.status, second.body) == (304, None)
    assert (second.etag, second.last_modified) == (etag, "yesterday")


async def test_a_validator_with_other_than_ascii_characters_is_not_sent(fetcher: Fetcher) -> None:
    async with RawServer(http_response(b"x", etag='"\xe9\xfc"')) as server:
        first = await fetcher.fetch(Request(server.url))
        second = await fetcher.fetch(Request(server.url, etag=first.etag))

    assert "if-none-match" not in server.received_requests[1].headers
    assert (first.body, second.body) == (b"x", b"x")


async def test_a_304_to_an_unconditional_request_is_an_error(fetcher: Fetcher) -> None:
    error = await fetch_error(fetcher, b"HTTP/1.1 304 Not Modified\r\n\r\n")

    assert (error.code, error.status) == ("unasked_not_modified", 304)


async def test_max_age_is_in_seconds(fetcher: Fetcher) -> None:
    answer = http_response(b"", cache_control="public, max-age=600", age="100")
    assert (await fetch_from(fetcher, answer)).max_age == 500.0
    assert (await fetch_from(fetcher, http_response(b""))).max_age is None


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
async def test_a_failure_status_is_an_error_with_its_code(fetcher: Fetcher, status: str, code: str) -> None:
    error = await fetch_error(fetcher, http_response(b"never read", status))

    assert (error.code, error.status) == (code, int(status[:3]))
    assert f"HTTP {status[:3]}" in str(error)


async def test_retry_after_is_part_of_the_error(fetcher: Fetcher) -> None:
    assert (await fetch_error(fetcher, http_response(b"", "429 Slow", retry_after="120"))).retry_after == 120.0
    assert (await fetch_error(fetcher, http_response(b"", "503 Busy", retry_after="soon"))).retry_after is None


# Redirects


async def test_a_chain_of_redirects_is_followed_to_its_end(fetcher: Fetcher) -> None:
    async with RawServer(
        redirect("/a?b=c#d"), redirect("e"), redirect("//127.0.0.1:{port}/f"), http_response(b"end")
    ) as server:
        server.answers = (*server.answers[:2], redirect(f"//127.0.0.1:{server.port}/f"), server.answers[3])
        fetched = await fetcher.fetch(Request(f"{server.url}start/x"))

    assert [received.target for received in server.received_requests] == ["/start/x", "/a?b=c", "/e", "/f"]
    assert (fetched.url, fetched.body) == (f"{server.url}f", b"end")


async def test_more_than_five_redirects_are_an_error(fetcher: Fetcher) -> None:
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
async def test_a_redirect_to_an_invalid_or_non_http_url_is_rejected(fetcher: Fetcher, target: str) -> None:
    assert (await fetch_error(fetcher, redirect(target), http_response(b"followed"))).code in (
        "bad_url",
        "bad_answer",
        "dns",
    )


async def test_a_redirect_may_contain_non_ascii_bytes(fetcher: Fetcher) -> None:
    async with RawServer(redirect("/caf\xc3\xa9"), http_response(b"there")) as server:
        assert (await fetcher.fetch(Request(server.url))).body == b"there"

    assert server.received_requests[1].target == "/caf%C3%A9"


async def test_a_response_has_the_url_after_redirects(fetcher: Fetcher) -> None:
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
async def test_the_headers_of_a_source_are_sent_within_its_origin(fetcher: Fetcher, auth: Auth, value: str) -> None:
    async with RawServer(redirect("/next"), http_response(b"")) as server:
        await fetcher.fetch(Request(server.url, headers=SECRETS | FRAMING, auth=auth))

    for received in server.received_requests:
        assert received.headers["authorization"] == value
        assert received.headers["x-api-key"] == "KEY"
        assert received.headers["cookie"] == "session=KEY"
        assert received.headers["accept-encoding"] == "gzip, deflate, br, zstd"
        assert received.headers["host"] == f"127.0.0.1:{server.port}"
        assert "content-length" not in received.headers


async def test_the_headers_of_a_source_are_dropped_once_a_redirect_leaves_its_origin(fetcher: Fetcher) -> None:
    async with RawServer(http_response(b"")) as first, RawServer(http_response(b"")) as second:
        first.answers = (redirect(second.url), http_response(b"home again"))
        second.answers = (redirect("/again"), redirect(first.url))
        request = Request(first.url, etag='"1"', headers=SECRETS, auth=Auth(token=SecretStr("T0")))
        await fetcher.fetch(request)

    for received in (*second.received_requests, first.received_requests[1]):
        assert not {"authorization", "x-api-key", "cookie"} & set(received.headers)
    assert second.received_requests[0].headers["if-none-match"] == '"1"'


async def test_a_401_after_a_redirect_to_another_site_mentions_the_missing_headers(fetcher: Fetcher) -> None:
    async with RawServer(http_response(b"", "401 x")) as other, RawServer(redirect(other.url)) as server:
        with pytest.raises(FetchError, match="headers are not sent") as raised:
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
    ],
)
async def test_an_incomplete_body_is_truncated(fetcher: Fetcher, answer: bytes) -> None:
    assert (await fetch_error(fetcher, answer)).code == "truncated"


async def test_a_connection_reset_in_the_body_is_truncated(fetcher: Fetcher) -> None:
    async def reset(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.transport.abort()

    assert (await fetch_error(fetcher, reset)).code == "truncated"


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/9.9 huh\r\n\r\n", b"HTTP/1.1 99 x\r\n\r\n"]
)
async def test_an_invalid_http_response_is_an_error(fetcher: Fetcher, answer: bytes) -> None:
    assert (await fetch_error(fetcher, answer)).code in ("bad_answer", "disconnected")


# The deadline


async def send_slowly(writer: asyncio.StreamWriter, piece: bytes, start: bytes = b"") -> None:
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
async def test_a_slow_response_ends_at_the_deadline(start: bytes, piece: bytes) -> None:
    async with (
        RawServer(lambda writer: send_slowly(writer, piece, start)) as server,
        Fetcher(user_agent="t", network=Network(Guard(LOOPBACK)), deadline=0.3) as fetcher,
    ):
        started_at = time.monotonic()
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url))
        elapsed = time.monotonic() - started_at
        await asyncio.sleep(0.15)
        assert server.open_connections == 0, "the connection is closed"
    assert (raised.value.code, raised.value.status) in [("timeout", None), ("bad_answer", None)]
    assert elapsed < 1.5


async def test_the_deadline_covers_all_redirects_together() -> None:
    async def answer_late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(redirect("/"))

    async with (
        RawServer(answer_late) as server,
        Fetcher(user_agent="t", network=Network(Guard(LOOPBACK)), deadline=0.5) as fetcher,
    ):
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url))
    assert raised.value.code == "timeout"


async def test_the_deadline_covers_name_resolution() -> None:
    async def never_resolve(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    async with Fetcher(user_agent="t", network=Network(Guard([], never_resolve)), deadline=0.2) as fetcher:
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request("http://feeds.example/"))
    assert raised.value.code == "timeout"


async def test_a_hanging_server_does_not_delay_others(fetcher: Fetcher) -> None:
    async with (
        RawServer(lambda writer: send_slowly(writer, b"H")) as hanging,
        RawServer(http_response(b"quick")) as quick,
    ):
        slow = [asyncio.create_task(fetcher.fetch(Request(hanging.url))) for _ in range(20)]
        await asyncio.sleep(0.05)
        started_at = time.monotonic()
        await fetcher.fetch(Request(quick.url))
        assert time.monotonic() - started_at < 0.4
        assert all(isinstance(end, FetchError) for end in await asyncio.gather(*slow, return_exceptions=True))


async def test_a_server_that_closes_after_each_response_causes_no_errors(fetcher: Fetcher) -> None:
    async with RawServer(http_response(b"whole")) as server:
        for _ in range(20):
            assert (await fetcher.fetch(Request(server.url))).body == b"whole"
        assert server.connection_count == 20


# Rate limits


async def resolve_to_loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


async def answer_after_a_pause(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.05)
    writer.write(http_response(b"done"))


async def test_a_host_gets_two_requests_at_a_time_and_waiting_does_not_count_towards_the_deadline() -> None:
    async with (
        RawServer(answer_after_a_pause) as server,
        Fetcher(
            user_agent="t",
            network=Network(Guard(LOOPBACK, resolve_to_loopback)),
            deadline=0.4,
            rate_limiter=HostRateLimiter(0.0),
        ) as fetcher,
    ):
        requests = [Request(f"http://feeds.example:{server.port}/{number}") for number in range(20)]
        fetched = await asyncio.gather(*map(fetcher.fetch, requests))

    assert [answer.body for answer in fetched] == [b"done"] * 20
    assert server.max_open_connections == 2


async def test_rate_limits_do_not_apply_to_allowed_private_hosts(fetcher: Fetcher) -> None:
    async with RawServer(answer_after_a_pause) as server:
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
async def test_an_invalid_or_unreachable_url_is_one_error_without_secrets(
    fetcher: Fetcher, url: str, code: str
) -> None:
    with pytest.raises(FetchError) as raised:
        await fetcher.fetch(Request(url))

    assert raised.value.code == code
    assert "SECRET" not in str(raised.value)


async def test_no_error_contains_a_secret(fetcher: Fetcher) -> None:
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
