"""Serve an ASGI application on a local port, inside the running event loop."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.errors import MonitorError

MAX_CONNECTIONS = 100  # more are answered 503: connections must not use up the daemon's file descriptors
BACKLOG = 64  # waiting connections; without free descriptors asyncio tries, and fails, to accept so many at once
GRACEFUL_SHUTDOWN_S = 1  # for responses in progress
REQUEST_TIMEOUT_S = 10.0  # in which a request has to arrive, up to its body
FORCED_SHUTDOWN_S = 1.8  # then the server is cancelled

WILDCARD_ADDRESSES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what a browser can open instead
BIND_ERROR_CAUSES = {
    errno.EADDRINUSE: "the port is in use",
    errno.EACCES: "permission denied",
    errno.EADDRNOTAVAIL: "not an address of this machine",
}


class ImpatientProtocol(H11Protocol):
    """Closes connections on which no request arrives. uvicorn waits for ever, so a few clients could take all."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(REQUEST_TIMEOUT_S, self.close_if_waiting, None)

    def close_if_waiting(self, last_cycle: object) -> None:
        """Close the connection if it has waited for a request since the last look, which saw `last_cycle`."""
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE and self.cycle is last_cycle:
            self.transport.close()
        else:
            self.loop.call_later(REQUEST_TIMEOUT_S, self.close_if_waiting, self.cycle)


class EmbeddedServer(uvicorn.Server):
    """A uvicorn server that installs no signal handlers."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def running_server(listen: str, application: ASGIApp) -> AsyncIterator[str]:
    """Serve on `listen`, such as `127.0.0.1:8080` (port 0: any free port); yield the base URL, without a slash.

    Raise MonitorError if the address cannot be bound. Shutdown takes at most 2 seconds.
    """
    listener = await bind_listener(listen)  # connections queue here until the server is up
    server = EmbeddedServer(
        uvicorn.Config(
            application,
            http=ImpatientProtocol,
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            backlog=BACKLOG,
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
    """Return a listening socket. Raise MonitorError if the address cannot be bound."""
    host, _, port = listen.rpartition(":")
    try:
        addresses = await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        # localhost resolves to IPv6 and IPv4; people type 127.0.0.1.
        family, *_, address = min(addresses, key=lambda candidate: candidate[0] != socket.AF_INET)
        return socket.create_server(address, family=family)
    except socket.gaierror:
        cause = f"{host} cannot be resolved"
    except OSError as error:
        cause = BIND_ERROR_CAUSES.get(error.errno or 0) or error.strerror or "unknown error"
    raise MonitorError(f"cannot serve the web page at {listen}: {cause}")


def browser_url(listener: socket.socket) -> str:
    """Return the URL under which a browser on this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    host = WILDCARD_ADDRESSES.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
