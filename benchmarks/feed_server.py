"""A process that serves many feeds of invented prose on loopback.

python benchmarks/feed_server.py ENTRIES       prints its port; each feed has so many entries
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from html import escape
from itertools import accumulate
from urllib.error import HTTPError
from urllib.request import urlopen

ENTRIES = 30


class ProseGenerator:
    """Made-up prose: the n-th most common of 20,000 words has the weight 1/(n+3)."""

    def __init__(self) -> None:
        rng = random.Random(1)
        syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai", "or")]
        words: dict[str, None] = {}
        while len(words) < 20_000:
            words["".join(rng.choices(syllables, k=2 + (len(words) > 300)))] = None
        self._words = [*"the of to in and a that for on with said is was by at from as has".split(), *words]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._words))))

    def sentence(self, rng: random.Random) -> str:
        tokens = rng.choices(self._words, cum_weights=self._weights, k=rng.randint(12, 26))
        tokens[3] = tokens[3].capitalize()
        tokens[7] = str(rng.randrange(2, 90_000))
        return " ".join(tokens).capitalize() + "."


@cache
def make_feed(prose: ProseGenerator, number: int, newest: int, entries: int) -> bytes:
    """Return feed `number` with `newest` as its latest entry; an entry always has the same content."""
    items = []
    for entry in range(newest, newest - entries, -1):
        rng = random.Random(number * 1000 + entry)
        body = "".join(f"<p>{prose.sentence(rng)} {prose.sentence(rng)}</p>" for _ in range(3))
        link = f"https://news.example/{number}/{entry}"
        day = f"{entry % 28 + 1:02} Jan 2026 {entry % 24:02}:00:00 GMT"
        items.append(
            f"<item><title>{prose.sentence(rng)}</title><link>{link}</link><guid>{link}</guid>"
            f"<pubDate>{day}</pubDate><category>News</category><dc:creator>Desk</dc:creator>"
            f"<description>{escape(body)}</description></item>\n"
        )
    head = f"<title>Feed {number}</title><link>https://news.example/{number}</link><description>News</description>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"{head}\n{''.join(items)}</channel></rss>\n"
    ).encode()


async def serve(entries: int) -> None:
    """Print the port, then serve feeds until killed; `GET /newest/N` publishes up to entry N."""
    prose, newest = ProseGenerator(), [ENTRIES - 1]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                path, _, headers = request.partition(b"\r\n")
                path = path.split()[1].decode()
                if path.startswith("/newest/"):
                    newest[0] = int(path.removeprefix("/newest/"))
                tag = f'"{newest[0]}"'
                if f"if-none-match: {tag}".encode() in headers.lower():
                    writer.write(f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode())
                elif path.removeprefix("/").isdecimal():
                    body = make_feed(prose, int(path[1:]), newest[0], entries)
                    head = f"Content-Type: application/rss+xml\r\nETag: {tag}\r\nContent-Length: {len(body)}\r\n\r\n"
                    writer.write(b"HTTP/1.1 200 OK\r\n" + head.encode() + body)
                else:
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, backlog=500) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def send_request(port: int, path: str) -> None:
    with suppress(HTTPError):
        urlopen(f"http://127.0.0.1:{port}{path}").read()


@contextmanager
def running_feed_server(entries: int = ENTRIES) -> Iterator[int]:
    """Serve feeds in another process. Yield its port."""
    command = [sys.executable, __file__, str(entries)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def source_tables(count: int, port: int) -> str:
    """Return the `[[sources]]` of a config for the first feeds."""
    table = '[[sources]]\nname = "feed-{number}"\nurl = "http://127.0.0.1:{port}/{number}"\n'
    return "".join(table.format(number=number, port=port) for number in range(count))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
