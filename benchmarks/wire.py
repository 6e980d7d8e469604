"""Measures one conditional GET that is answered "not modified": our client, aiohttp alone, and httpx's own engine.

    python benchmarks/wire.py

Ten requests at a time to a server in another process. Prints this process's CPU in microseconds per request.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp
import httpx

from monitor.net.client import HttpClient, Route, http_request
from monitor.net.guard import Guard

PRIVATE = "127.0.0.0/8"
CONCURRENCY, REQUESTS_PER_CLIENT = 10, 200
HEADERS = {"user-agent": "Claimwatch", "accept": "*/*", "if-none-match": '"1"'}
UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nCache-Control: max-age=300\r\n\r\n'


async def serve() -> None:
    """Print the port, then answer "not modified" until killed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(UNCHANGED)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


async def cpu_us_per_request(get: Callable[[], Awaitable[None]]) -> float:
    """Return the CPU time per request in microseconds."""

    async def client() -> None:
        for _ in range(REQUESTS_PER_CLIENT):
            await get()

    began = time.process_time()
    await asyncio.gather(*(client() for _ in range(CONCURRENCY)))
    return (time.process_time() - began) / (CONCURRENCY * REQUESTS_PER_CLIENT) * 1e6


async def compare_clients(port: int) -> None:
    url = httpx.URL(f"http://127.0.0.1:{port}/feed.xml")
    client = HttpClient(Guard([PRIVATE]))
    session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)
    httpx_client = httpx.AsyncClient(trust_env=False)

    async def get_with_ours() -> None:
        await (await client.send(http_request("GET", url, HEADERS), Route())).aclose()

    async def get_with_aiohttp() -> None:
        async with session.get(str(url), headers=HEADERS):
            pass

    async def get_with_httpx() -> None:
        await httpx_client.get(url, headers=HEADERS)

    for _ in range(3):
        ours, bare = await cpu_us_per_request(get_with_ours), await cpu_us_per_request(get_with_aiohttp)
        own_engine = await cpu_us_per_request(get_with_httpx)
        print(f"ours {ours:.0f} µs, aiohttp {bare:.0f} µs, httpx on its own engine {own_engine:.0f} µs")
    await client.close()
    await session.close()
    await httpx_client.aclose()


def main() -> None:
    if sys.argv[1:] == ["--serve"]:
        asyncio.run(serve())
        return
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            asyncio.run(compare_clients(int(server.stdout.readline())))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
