"""Puts an application on a port of this machine, inside the loop that runs already."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from monitor.errors import MonitorError

MOST_CONNECTIONS = 100  # beyond these the answer is 503: open connections must not use up the daemon's files
LEAVING = 1  # seconds that answers under way get when the server stops
LAST = 1.8  # seconds after which it is stopped whatever happens

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  an address to open in place of "all of them"
CAUSES = {
    errno.EADDRINUSE: "another program listens there",
    errno.EACCES: "this user may not listen on that port",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals to the program around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(listen: str, application: ASGIApp) -> AsyncIterator[str]:
    """Serves on `listen`, such as `127.0.0.1:8080` (port 0: a free one); gives the base address, without a slash.

    Raises MonitorError with one sentence if it cannot listen there. Ends within 2 seconds.
    """
    bound = await bind(listen)  # it listens already: whoever comes before the server is up waits a moment
    server = Server(
        uvicorn.Config(
            application,
            http="h11",
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=LEAVING,
        )
    )
    running = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        yield address_of(bound)
    finally:
        server.should_exit = True
        await asyncio.wait([running], timeout=LAST)
        running.cancel()
        await asyncio.wait([running])
        bound.close()


async def bind(listen: str) -> socket.socket:
    """A listening socket. MonitorError with one sentence if there can be none."""
    host, _, port = listen.rpartition(":")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        # A name such as localhost has addresses of both kinds; people type the older one.
        family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        return socket.create_server(address, family=family)
    except socket.gaierror:
        cause = f"{host} is no address of this machine"
    except OSError as error:
        cause = CAUSES.get(error.errno or 0) or error.strerror or "it cannot listen there"
    raise MonitorError(f"cannot serve the web page at {listen}: {cause}")


def address_of(bound: socket.socket) -> str:
    """Where a browser on this machine finds what listens on the socket."""
    host, port = bound.getsockname()[:2]
    host = EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
