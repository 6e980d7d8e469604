"""Connections: used again while they stand, replaced when they do not, and never read past an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import h11
import httpx
import pytest

from monitor.errors import FetchError
from monitor.net.addresses import parse_ip_networks
from monitor.net.fetcher import Fetcher
from monitor.net.guard import guarded_resolver, tls_context
from monitor.net.http11 import Http11Pool
from monitor.net.response import Request, Response

FOUND = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(user_agent="Claimwatch/test", allow_private=["127.0.0.0/8"], deadline=1.0) as opened:
        yield opened


class Talk:
    """A server that answers on one connection for as long as it has answers: one list for each connection."""

    def __init__(self, *connections: list[bytes]) -> None:
        self.left = list(connections)
        self.opened = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        for answer in self.left.pop(0):
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            writer.write(answer)
        writer.close()


async def asked(fetcher: Fetcher, talk: Talk, times: int, pause: float = 0.0) -> list[Response]:
    found = []
    async with talk.serving() as url:
        for _ in range(times):
            found.append(await fetcher.fetch(Request(url, etag='"1"')))
            await asyncio.sleep(pause)
    return found


async def test_the_next_request_goes_over_the_same_connection(fetcher: Fetcher) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ny\r\n2;x=1\r\nes\r\n0\r\nTrailer: x\r\n\r\n"
    unchanged = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 3\r\n\r\n'
    talk = Talk([FOUND, chunked, unchanged, FOUND])

    found = await asked(fetcher, talk, 4)

    assert [one.body for one in found] == [b"yes", b"yes", None, b"yes"]
    assert talk.opened == 1


@pytest.mark.parametrize("pause", [0.0, 0.05])
async def test_a_connection_that_was_closed_meanwhile_is_replaced(fetcher: Fetcher, pause: float) -> None:
    talk = Talk([FOUND], [FOUND], [FOUND])

    assert [one.body for one in await asked(fetcher, talk, 3, pause)] == [b"yes"] * 3
    assert talk.opened == 3


@pytest.mark.parametrize(
    "last",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nyes",
        b"HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 3\r\n\r\nyes",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyesHTTP/1.1 nonsense\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n\r\nbut with a body\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 304 Not Modified\r\n\r\n",
    ],
)
async def test_an_answer_that_ends_its_connection_or_says_too_much_spoils_no_other(
    fetcher: Fetcher, last: bytes
) -> None:
    talk = Talk([last, FOUND], [FOUND])

    assert (await asked(fetcher, talk, 2))[1].body == b"yes"
    assert talk.opened == 2


UNCHANGED = [
    b"HTTP/1.1 304 Not Modified\r\n\r\n",
    b'HTTP/1.1 304\r\nETag: W/"2"\r\n\r\n',
    b"HTTP/1.1 304 Unver\xe4ndert\r\nDATE:  Mon, 05 Jan 2026 10:00:00 GMT \t\r\nConnection: Keep-Alive\r\nX:\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nVary: a\r\nvary: b:c\r\nCache-Control: max-age=300\r\n\r\n",
    b'HTTP/1.1 304 Not Modified\r\nX: \xc3\xa4\r\nETag: "3"\r\n\r\n',
    b'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\nETag: "4"\r\n\r\n',
    b'HTTP/1.1 304 Not Modified\nETag: "5"\n\n',
    b"HTTP/1.1 304 Not Modified\r\nX: folded\r\n over\r\n\r\n",
]


@pytest.mark.parametrize("answer", UNCHANGED)
async def test_what_is_unchanged_is_read_as_h11_reads_it_and_keeps_its_connection(answer: bytes) -> None:
    wire = Http11Pool(guarded_resolver(parse_ip_networks(["127.0.0.0/8"])), tls_context())
    talk, reader = Talk([answer, FOUND]), h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    reader.receive_data(answer)
    expected = reader.next_event()
    assert isinstance(expected, h11.Response)

    async with talk.serving() as url:
        found = await wire.get(httpx.URL(url), [])
        wire.release(found)
        wire.release(again := await wire.get(httpx.URL(url), []))

    assert found.status == 304
    values: dict[str, list[str]] = {}
    for name, value in expected.headers:
        values.setdefault(name.decode(), []).append(value.decode("latin-1"))
    assert found.headers == {name: ", ".join(said) for name, said in values.items()}
    assert (again.status, talk.opened) == (200, 1)


async def test_a_free_connection_is_closed_after_a_while() -> None:
    wire = Http11Pool(guarded_resolver(parse_ip_networks(["127.0.0.0/8"])), tls_context(), idle=0.05)
    talk = Talk([FOUND, FOUND], [FOUND])

    async with talk.serving() as url:
        for _ in range(2):
            answer = await wire.get(httpx.URL(url), [])
            assert [piece async for piece in answer.chunks()] == [b"yes"]
            wire.release(answer)
            await asyncio.sleep(0.2)

    assert talk.opened == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nyesx", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nyes", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nyes\r\n0\r\n\r\n", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 20x OK\r\n\r\n", "bad_answer"),
        (b"HTTP/2 200 OK\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 8000 + b"\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20, "bad_answer"),
    ],
)
async def test_what_is_no_answer_is_refused(fetcher: Fetcher, answer: bytes, code: str) -> None:
    with pytest.raises(FetchError) as raised:
        await asked(fetcher, Talk([answer]), 1)

    assert raised.value.code == code


async def test_sloppy_answers_are_read(fetcher: Fetcher) -> None:
    bare = b"HTTP/1.1 200\nContent-Type: text/\n  xml\nContent-Length: 3, 3\n\nyes"
    early = b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + FOUND

    found = await asked(fetcher, Talk([bare, early]), 2)

    assert [one.body for one in found] == [b"yes", b"yes"]
    assert found[0].content_type == "text/ xml"
