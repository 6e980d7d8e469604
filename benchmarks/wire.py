"""What one conditional GET that brings "not modified" costs: over our connections, and through httpx's client.

    python benchmarks/wire.py

Ten at a time against a server in another process; CPU of this process, microseconds a request.
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
    """Says "not modified" until killed. Prints its port."""

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
    """Microseconds of CPU for each request."""

    async def several() -> None:
        for _ in range(REQUESTS_PER_CLIENT):
            await get()

    began = time.process_time()
    await asyncio.gather(*(several() for _ in range(CONCURRENCY)))
    return (time.process_time() - began) / (CONCURRENCY * REQUESTS_PER_CLIENT) * 1e6


async def compare_clients(port: int) -> None:
    url = httpx.URL(f"http://127.0.0.1:{port}/feed.xml")
    wire = Http11Pool(guarded_resolver(parse_ip_networks([PRIVATE])), tls_context())
    client = guarded_client((PRIVATE,))

    async def ours() -> None:
        wire.release(await wire.get(url, HEADERS))

    async def theirs() -> None:
        await client.get(url, headers=HEADERS)

    for _ in range(2):
        mine, other = await cpu_us_per_request(ours), await cpu_us_per_request(theirs)
        print(f"ours {mine:.0f} µs, httpx {other:.0f} µs: {other / mine:.1f} times")
    wire.close()
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
