"""TLS contexts: the certificate authorities to trust, and the certificate to present."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import httpx

from monitor.errors import FetchError


class UnusableCertificate(FetchError):
    """A file of certificates cannot be used. `key` is the config key that names it."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__("tls", sentence)
        self.key = key


def tls_context(ca_files: tuple[Path, ...] = (), client_cert: Path | None = None) -> ssl.SSLContext:
    """Return a context that trusts the authorities of `SSL_CERT_FILE` or `SSL_CERT_DIR`, else those of httpx, and
    those in `ca_files`. `client_cert` is a PEM file with a certificate and its key.

    Raises UnusableCertificate if a file cannot be used.
    """
    environment = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    return _cached_context(ca_files, client_cert, *environment)


@lru_cache(maxsize=256)  # loading the certificates takes 20 ms
def _cached_context(ca_files: tuple[Path, ...], client_cert: Path | None, *_: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    for ca_file in ca_files:
        _load("ca_file", ca_file, partial(context.load_verify_locations, ca_file))
    if client_cert:
        # The password function keeps OpenSSL from asking on the terminal.
        _load("client_cert", client_cert, partial(context.load_cert_chain, client_cert, password=lambda: b""))
    return context


def _load(key: str, file: Path, load: Callable[[], object]) -> None:
    try:
        load()
    except ssl.SSLError:
        content = "no certificate with its unencrypted key" if key == "client_cert" else "no certificate"
        raise UnusableCertificate(key, f"expected a PEM file, found {content} in {file}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "invalid file"
        raise UnusableCertificate(key, f"cannot read {file}: {reason}") from None
