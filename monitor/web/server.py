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

MAX_CONNECTIONS = 100  # beyond these the answer is 503: open connections must not use up the daemon's files
GRACEFUL_SHUTDOWN_S = 1  # seconds that answers under way get when the server stops
FORCED_SHUTDOWN_S = 1.8  # seconds after which it is stopped whatever happens

WILDCARD_ADDRESSES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  an address to open in place of "all of them"
BIND_ERROR_CAUSES = {
    errno.EADDRINUSE: "another program listens there",
    errno.EACCES: "this user may not listen on that port",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


class EmbeddedServer(uvicorn.Server):
    """A uvicorn server that leaves signals to the program around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def running_server(listen: str, application: ASGIApp) -> AsyncIterator[str]:
    """Serves on `listen`, such as `127.0.0.1:8080` (port 0: a free one); gives the base address, without a slash.

    Raises MonitorError with one sentence if it cannot listen there. Ends within 2 seconds.
    """
    listener = await bind_listener(listen)  # it listens already: whoever comes before the server is up waits a moment
    server = EmbeddedServer(
        uvicorn.Config(
            application,
            http="h11",
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
        )
    )
    server_task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield browser_url(listener)
    finally:
        server.should_exit = True
        await asyncio.wait([server_task], timeout=FORCED_SHUTDOWN_S)
        server_task.cancel()
        await asyncio.wait([server_task])
        listener.close()


async def bind_listener(listen: str) -> socket.socket:
    """A listening socket. MonitorError with one sentence if there can be none."""
    host, _, port = listen.rpartition(":")
    try:
        addresses = await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        # A name such as localhost has addresses of both kinds; people type the older one.
        family, *_, address = min(addresses, key=lambda candidate: candidate[0] != socket.AF_INET)
        return socket.create_server(address, family=family)
    except socket.gaierror:
        cause = f"{host} is no address of this machine"
    except OSError as error:
        cause = BIND_ERROR_CAUSES.get(error.errno or 0) or error.strerror or "it cannot listen there"
    raise MonitorError(f"cannot serve the web page at {listen}: {cause}")


def browser_url(listener: socket.socket) -> str:
    """Where a browser on this machine finds what listens on the socket."""
    host, port = listener.getsockname()[:2]
    host = WILDCARD_ADDRESSES.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
