"""Connections are reused while they are open, replaced when closed, and never read past a response."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from monitor.errors import FetchError
from monitor.net import client
from monitor.net.fetcher import Fetcher
from monitor.net.guard import Guard
from monitor.net.network import Network
from monitor.net.response import Request, Response

pytestmark = pytest.mark.slow

OK_RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(user_agent="Claimwatch/test", network=Network(Guard(["127.0.0.0/8"])), deadline=1.0) as opened:
        yield opened


class ScriptedServer:
    """A server with a list of answers for each connection, which it closes after the last one."""

    def __init__(self, *answers_by_connection: list[bytes]) -> None:
        self.answers_by_connection = list(answers_by_connection)
        self.connection_count = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection_count += 1
        for answer in self.answers_by_connection.pop(0):
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            writer.write(answer)
        writer.close()


async def fetch_repeatedly(
    fetcher: Fetcher, server: ScriptedServer, times: int, pause: float = 0.0
) -> list[Response]:
    responses = []
    async with server.serving() as url:
        for _ in range(times):
            responses.append(await fetcher.fetch(Request(url, etag='"1"')))
            await asyncio.sleep(pause)
    return responses


async def test_a_connection_is_reused_for_the_next_request(fetcher: Fetcher) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ny\r\n2;x=1\r\nes\r\n0\r\nTrailer: x\r\n\r\n"
    unchanged = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 3\r\n\r\n'
    server = ScriptedServer([OK_RESPONSE, chunked, unchanged, OK_RESPONSE])

    responses = await fetch_repeatedly(fetcher, server, 4)

    assert [response.body for response in responses] == [b"yes", b"yes", None, b"yes"]
    assert server.connection_count == 1


@pytest.mark.parametrize("pause", [0.0, 0.05])
async def test_an_idle_connection_closed_by_the_server_is_replaced(fetcher: Fetcher, pause: float) -> None:
    server = ScriptedServer([OK_RESPONSE], [OK_RESPONSE], [OK_RESPONSE])

    assert [response.body for response in await fetch_repeatedly(fetcher, server, 3, pause)] == [b"yes"] * 3
    assert server.connection_count == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nyes",
        b"HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 3\r\n\r\nyes",
        b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 304 Not Modified\r\n\r\n",
    ],
)
async def test_a_connection_is_not_reused_after_a_close(fetcher: Fetcher, answer: bytes) -> None:
    server = ScriptedServer([answer, OK_RESPONSE], [OK_RESPONSE])

    assert (await fetch_repeatedly(fetcher, server, 2))[1].body == b"yes"
    assert server.connection_count == 2


NOT_MODIFIED_RESPONSES = [
    (b"HTTP/1.1 304 Not Modified\r\n\r\n", '"1"'),
    (b'HTTP/1.1 304\r\nETag: W/"2"\r\n\r\n', 'W/"2"'),
    (b"HTTP/1.1 304 Unver\xe4ndert\r\nDATE:  Mon, 05 Jan 2026 10:00:00 GMT \t\r\nX: Keep-Alive\r\n\r\n", '"1"'),
    (b"HTTP/1.1 304 Not Modified\r\nVary: a\r\nvary: b:c\r\nCache-Control: max-age=300\r\n\r\n", '"1"'),
    (b'HTTP/1.1 304 Not Modified\r\nX: \xc3\xa4\r\nETag: "3"\r\n\r\n', '"3"'),
]


@pytest.mark.parametrize(("answer", "etag"), NOT_MODIFIED_RESPONSES)
async def test_a_304_keeps_its_connection(fetcher: Fetcher, answer: bytes, etag: str) -> None:
    server = ScriptedServer([answer, OK_RESPONSE])

    unchanged, whole = await fetch_repeatedly(fetcher, server, 2)

    assert (unchanged.status, unchanged.body, unchanged.etag) == (304, None, etag)
    assert (whole.body, server.connection_count) == (b"yes", 1)


async def test_an_idle_connection_is_closed_after_a_while(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "IDLE_CONNECTION_S", 0.05)
    server = ScriptedServer([OK_RESPONSE, OK_RESPONSE], [OK_RESPONSE])

    assert [answer.body for answer in await fetch_repeatedly(fetcher, server, 2, pause=0.2)] == [b"yes", b"yes"]
    assert server.connection_count == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nyesx", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nyes", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nyes\r\n0\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyesHTTP/1.1 nonsense\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 20x OK\r\n\r\n", "bad_answer"),
        (b"HTTP/2 200 OK\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 8000 + b"\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20, "disconnected"),
    ],
)
async def test_an_invalid_response_is_an_error(fetcher: Fetcher, answer: bytes, code: str) -> None:
    with pytest.raises(FetchError) as raised:
        await fetch_repeatedly(fetcher, ScriptedServer([answer]), 1)

    assert raised.value.code == code


async def test_sloppy_but_readable_responses_are_accepted(fetcher: Fetcher) -> None:
    bare = b"HTTP/1.1 200\nContent-Type: text/\n xml\nContent-Length: 3\n\nyes"
    early = b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + OK_RESPONSE

    responses = await fetch_repeatedly(fetcher, ScriptedServer([bare, early]), 2)

    assert [response.body for response in responses] == [b"yes", b"yes"]
    assert responses[0].content_type == "text/ xml"
