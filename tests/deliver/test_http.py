"""What answers from HTTP services mean, and that no service can make us wait, follow, or tell a secret."""

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

LOOPBACK = ["127.0.0.0/8"]


async def post(behind: HttpService, allow: list[str] = LOOPBACK, deadline: float = 5.0) -> str:
    """The text of the reply; raises DeliveryError."""
    poster = HttpPoster("webhook", behind.url, allow_private=allow, secrets=["signing-secret"])
    try:
        return (await poster.post(b"{}", {}, deadline=deadline)).text
    finally:
        await poster.close()


async def refusal(behind: HttpService, **how: object) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await post(behind, **how)
    return raised.value


EMPTY = (204, 205)  # statuses whose answers have no body
LATER = {408, 425, 429, *range(500, 600)}
NO_LOGIN = {401, 407}


@pytest.mark.parametrize("hundred", [2, 3, 4, 5])
async def test_every_status_means_sent_later_never_or_no_login(hundred: int) -> None:
    async with http_service() as behind:
        poster = HttpPoster("webhook", behind.url, allow_private=LOOPBACK)
        for status in range(hundred * 100, hundred * 100 + 100):
            behind.answer_with(status, b"" if status in EMPTY else b"ok")
            try:
                reply = await poster.post(b"{}", {}, deadline=5.0)
            except DeliveryError as error:
                assert f"answered {status}" in str(error)
                assert (error.permanent, error.channel_down) == (
                    status not in LATER | NO_LOGIN,
                    status in {429, 503} | NO_LOGIN,
                ), status
                assert (error.retry_after == LOGIN_RETRY_S) is (status in NO_LOGIN), status
            else:
                assert (hundred, reply.status) == (2, status)
        assert len(behind.received_requests) == 100
        await poster.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    async with http_service() as target, http_service() as behind:
        behind.answer_with(status, b"", location=target.url)
        error = await refusal(behind)

    assert target.received_requests == []
    assert error.permanent
    assert "redirect" in str(error)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120.0), ("soon", None), ("-1", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0)],
)
async def test_a_wish_to_wait_is_passed_on(header: str, seconds: float | None) -> None:
    async with http_service() as behind:
        behind.answer_with(429, retry_after=header)
        error = await refusal(behind)

    assert error.retry_after == seconds


async def test_an_endless_reply_is_read_to_four_kilobytes() -> None:
    async with http_service() as behind:
        behind.raw_reply, behind.is_endless = b"HTTP/1.1 500 No\r\n\r\n", True
        began = time.monotonic()
        error = await refusal(behind)

    assert time.monotonic() - began < 2
    assert len(str(error)) < 300
    assert behind.bytes_sent < 16_000_000


async def test_a_long_reply_to_a_message_that_was_taken_is_cut() -> None:
    async with http_service(200, b"y" * 100_000) as behind:
        assert len(await post(behind)) == MAX_HTTP_REPLY_BYTES


@pytest.mark.parametrize(
    "reply", [b"not http at all\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab"]
)
async def test_what_is_no_whole_answer_means_later(reply: bytes) -> None:
    async with http_service() as behind:
        behind.raw_reply = reply
        error = await refusal(behind)

    assert not error.permanent


async def test_a_service_that_says_nothing_holds_us_to_the_deadline_only() -> None:
    async with http_service() as behind:
        behind.is_silent = True
        async with asyncio.timeout(3):
            error = await refusal(behind, deadline=0.2)

    assert not error.permanent


DRIPS = {
    "status line": b"HTTP/1.1 200 OK",
    "headers": b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 50,
    "body": b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n" + b"y" * 400,
    "hints": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50,
}


@pytest.mark.parametrize("reply", DRIPS.values(), ids=DRIPS.keys())
async def test_a_service_that_drips_holds_us_to_the_deadline_only(reply: bytes) -> None:
    async with http_service() as behind:
        behind.raw_reply, behind.byte_delay_s = reply, 0.05
        async with asyncio.timeout(3):
            error = await refusal(behind, deadline=0.3)

    assert (error.permanent, error.outcome_unknown) == (False, True)
    assert "within 0.3 s" in str(error)


@pytest.mark.parametrize("squeeze", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
@pytest.mark.parametrize("status", [200, 500])
async def test_a_reply_that_unpacks_to_much_is_never_unpacked(squeeze: Callable[[bytes], bytes], status: int) -> None:
    bomb, kind = squeeze(b"\0" * 30_000_000), "gzip" if squeeze is gzip.compress else "deflate"
    async with http_service() as behind:
        behind.answer_with(status, bomb, content_encoding=kind)
        tracemalloc.start()
        if status == 200:
            assert len(await post(behind)) <= MAX_HTTP_REPLY_BYTES
        else:
            await refusal(behind)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert behind.received_requests[0].headers["accept-encoding"] == "identity"
    assert most < 5_000_000


async def test_headers_without_end_are_no_answer() -> None:
    async with http_service() as behind:
        behind.raw_reply, behind.is_endless = b"HTTP/1.1 200 OK\r\nx-a: ", True
        error = await refusal(behind)

    assert not error.permanent
    assert behind.bytes_sent < 16_000_000


async def test_an_address_that_is_not_public_and_not_allowed_is_never_dialled() -> None:
    async with http_service() as behind:
        error = await refusal(behind, allow=[])

    assert behind.received_requests == []
    assert error.permanent
    assert "allow_private" in str(error)


@pytest.mark.parametrize(
    "echo", ["{path}", "no such hook: {path}", "signing-secret", "hidden-token B000/hidden-token"]
)
async def test_a_service_that_repeats_its_address_does_not_make_us_repeat_it(echo: str) -> None:
    async with http_service() as behind:
        behind.answer_with(404, echo.format(path="/services/T000/B000/hidden-token").encode())
        error = await refusal(behind)

    assert "•••" in str(error)
    assert [secret for secret in ("hidden-token", "signing-secret") if secret in str(error)] == []


async def test_replies_of_control_characters_and_markup_become_one_short_line() -> None:
    async with http_service(400, b"<h1>no\r\n\x1b[2J\x00\xff\xfe" + b"a " * 3000) as behind:
        error = await refusal(behind)

    assert str(error).isprintable()
    assert len(str(error)) < 250
