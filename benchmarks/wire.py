"""Measures one conditional GET that is answered "not modified": on our connections, and with httpx's client.

    python benchmarks/wire.py

Ten requests at a time to a server in another process. Prints this process's CPU in microseconds per request.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import httpx

from monitor.net.addresses import parse_ip_networks
from monitor.net.guard import guarded_client, guarded_resolver, tls_context
from monitor.net.http11 import Http11Pool

PRIVATE = "127.0.0.0/8"
CONCURRENCY, REQUESTS_PER_CLIENT = 10, 200
HEADERS = [(b"user-agent", b"Claimwatch"), (b"accept", b"*/*"), (b"if-none-match", b'"1"')]
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
    pool = Http11Pool(guarded_resolver(parse_ip_networks([PRIVATE])), tls_context())
    client = guarded_client((PRIVATE,))

    async def get_with_pool() -> None:
        pool.release(await pool.get(url, HEADERS))

    async def get_with_httpx() -> None:
        await client.get(url, headers=HEADERS)

    for _ in range(2):
        ours, httpx_cost = await cpu_us_per_request(get_with_pool), await cpu_us_per_request(get_with_httpx)
        print(f"ours {ours:.0f} µs, httpx {httpx_cost:.0f} µs: {httpx_cost / ours:.1f} times")
    pool.close()
    await client.aclose()


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
