"""A real proxy on loopback, in a process of its own: HTTP or SOCKS5, with or without a password."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kit.servers import free_port, wait_for_port


@dataclass(frozen=True)
class ProxyServer:
    """`address` is `127.0.0.1:PORT`. The proxy logs each connection that it makes to the file `log`."""

    address: str
    log: Path

    def connections(self) -> list[str]:
        """The targets of the connections made so far, as `host:port`."""
        return re.findall(r"-> (\S+)", self.log.read_text(encoding="utf-8"))


@contextmanager
def proxy_server(
    folder: Path, scheme: str, login: str = "", certificate: tuple[Path, Path] | None = None
) -> Iterator[ProxyServer]:
    """Run a proxy until the context ends. `scheme` is `http` or `socks5`, `login` is `user:password`. With a
    `certificate`, a file of it and one of its key, clients connect over TLS."""
    port = free_port()
    log = folder / f"{scheme}-{port}.log"
    listen = f"{scheme}{'+ssl' if certificate else ''}://127.0.0.1:{port}{'#' + login if login else ''}"
    tls_options = ["--ssl", ",".join(map(str, certificate))] if certificate else []
    with log.open("w", encoding="utf-8") as output:
        command = [sys.executable, "-u", "-m", "pproxy", "-v", "--auth", "0", "-l", listen, *tls_options]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for_port(port)
            yield ProxyServer(f"127.0.0.1:{port}", log)
        finally:
            process.kill()
            process.wait()
