"""How replies of HTTP services are handled: none delays a delivery, redirects it, or reveals a secret."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from kit.delivery import HttpService, http_service

from monitor.deliver.channels import LOGIN_RETRY_S
from monitor.deliver.channels.http import MAX_HTTP_REPLY_BYTES, HttpPoster
from monitor.errors import DeliveryError
from monitor.net.guard import Guard
from monitor.net.network import Network

LOOPBACK = ["127.0.0.0/8"]


async def post(service: HttpService, allow: list[str] = LOOPBACK, deadline: float = 5.0) -> str:
    """Post, and return the text of the reply. Raises DeliveryError."""
    poster = HttpPoster("webhook", service.url, network=Network(Guard(allow)), secrets=["signing-secret"])
    try:
        return (await poster.post(b"{}", {}, deadline=deadline)).text
    finally:
        await poster.close()


async def delivery_error(service: HttpService, **options: object) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await post(service, **options)
    return raised.value


EMPTY = (204, 205, 304)  # statuses whose replies have no body
RETRYABLE = {408, 425, 429, *range(500, 600)}
NO_LOGIN = {401, 407}


@pytest.mark.parametrize("status_class", [2, 3, 4, 5])
async def test_every_status_means_sent_retry_dead_or_rejected_login(status_class: int) -> None:
    async with http_service() as service:
        poster = HttpPoster("webhook", service.url, network=Network(Guard(LOOPBACK)))
        for status in range(status_class * 100, status_class * 100 + 100):
            service.answer_with(status, b"" if status in EMPTY else b"ok")
            try:
                reply = await poster.post(b"{}", {}, deadline=5.0)
            except DeliveryError as error:
                assert f"answered {status}" in str(error)
                assert (error.permanent, error.channel_down) == (
                    status not in RETRYABLE | NO_LOGIN,
                    status in {429, 503} | NO_LOGIN,
                ), status
                assert (error.retry_after == LOGIN_RETRY_S) is (status in NO_LOGIN), status
            else:
                assert (status_class, reply.status) == (2, status)
        assert len(service.received_requests) == 100
        await poster.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    async with http_service() as target, http_service() as service:
        service.answer_with(status, b"", location=target.url)
        error = await delivery_error(service)

    assert target.received_requests == []
    assert error.permanent
    assert "redirect" in str(error)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120.0), ("soon", None), ("-1", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0)],
)
async def test_retry_after_is_passed_on(header: str, seconds: float | None) -> None:
    async with http_service() as service:
        service.answer_with(429, retry_after=header)
        error = await delivery_error(service)

    assert error.retry_after == seconds


async def test_an_endless_reply_is_read_up_to_four_kilobytes() -> None:
    async with http_service() as service:
        service.raw_reply, service.is_endless = b"HTTP/1.1 500 No\r\n\r\n", True
        started = time.monotonic()
        error = await delivery_error(service)

    assert time.monotonic() - started < 2
    assert len(str(error)) < 300
    assert service.bytes_sent < 16_000_000


async def test_a_long_reply_to_an_accepted_message_is_cut() -> None:
    async with http_service(200, b"y" * 100_000) as service:
        assert len(await post(service)) == MAX_HTTP_REPLY_BYTES


@pytest.mark.parametrize(
    "reply", [b"not http at all\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab"]
)
async def test_an_incomplete_reply_causes_a_retry(reply: bytes) -> None:
    async with http_service() as service:
        service.raw_reply = reply
        error = await delivery_error(service)

    assert not error.permanent


async def test_a_service_that_does_not_reply_is_abandoned_at_the_deadline() -> None:
    async with http_service() as service:
        service.is_silent = True
        async with asyncio.timeout(3):
            error = await delivery_error(service, deadline=0.2)

    assert not error.permanent


SLOW_REPLIES = {
    "status line": b"HTTP/1.1 200 OK",
    "headers": b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 50,
    "body": b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n" + b"y" * 400,
    "hints": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50,
}


@pytest.mark.parametrize("reply", SLOW_REPLIES.values(), ids=SLOW_REPLIES.keys())
async def test_a_service_that_sends_slowly_is_abandoned_at_the_deadline(reply: bytes) -> None:
    async with http_service() as service:
        service.raw_reply, service.byte_delay_s = reply, 0.05
        async with asyncio.timeout(3):
            error = await delivery_error(service, deadline=0.3)

    assert (error.permanent, error.outcome_unknown) == (False, True)
    assert "within 0.3 s" in str(error)


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
@pytest.mark.parametrize("status", [200, 500])
async def test_a_compressed_reply_is_never_unpacked(compress: Callable[[bytes], bytes], status: int) -> None:
    compressed, encoding = compress(b"\0" * 30_000_000), "gzip" if compress is gzip.compress else "deflate"
    async with http_service() as service:
        service.answer_with(status, compressed, content_encoding=encoding)
        tracemalloc.start()
        if status == 200:
            assert len(await post(service)) <= MAX_HTTP_REPLY_BYTES
        else:
            await delivery_error(service)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert service.received_requests[0].headers["accept-encoding"] == "identity"
    assert peak_bytes < 5_000_000


async def test_endless_headers_cause_a_retry() -> None:
    async with http_service() as service:
        service.raw_reply, service.is_endless = b"HTTP/1.1 200 OK\r\nx-a: ", True
        error = await delivery_error(service)

    assert not error.permanent
    assert service.bytes_sent < 16_000_000


async def test_a_private_address_that_is_not_allowed_is_never_contacted() -> None:
    async with http_service() as service:
        error = await delivery_error(service, allow=[])

    assert service.received_requests == []
    assert error.permanent
    assert "allow_private" in str(error)


@pytest.mark.parametrize(
    "echo", ["{path}", "no such hook: {path}", "signing-secret", "hidden-token B000/hidden-token"]
)
async def test_secrets_in_a_reply_are_redacted(echo: str) -> None:
    async with http_service() as service:
        service.answer_with(404, echo.format(path="/services/T000/B000/hidden-token").encode())
        error = await delivery_error(service)

    assert "•••" in str(error)
    assert [secret for secret in ("hidden-token", "signing-secret") if secret in str(error)] == []


async def test_a_reply_with_control_characters_and_markup_becomes_one_short_line() -> None:
    async with http_service(400, b"<h1>no\r\n\x1b[2J\x00\xff\xfe" + b"a " * 3000) as service:
        error = await delivery_error(service)

    assert str(error).isprintable()
    assert len(str(error)) < 250


async def test_posts_carry_our_own_user_agent() -> None:
    async with http_service() as service:
        await post(service)
    assert service.received_requests[0].headers["user-agent"].startswith("Claimwatch/")
