"""The requests of a source: for the source itself, and for the articles that its entries link to. Pure."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from monitor.config.models import SourceConfig
from monitor.net.response import Request


def source_request(source: SourceConfig, etag: str | None = None, last_modified: str | None = None) -> Request:
    """Return the request that polls a source. The validators are those of its last successful response."""
    return Request(
        source.url,
        etag=etag,
        last_modified=last_modified,
        headers=source.headers,
        cookies=source.cookies,
        auth=source.auth,
        client_cert=source.client_cert,
        method=source.method or ("GET" if source.body is None else "POST"),
        body=source.body,
        proxy=source.proxy,
        ca_file=source.ca_file,
    )


def article_request(source: SourceConfig, url: str) -> Request:
    """Return the request for an article. Only an article at the source's own origin gets its credentials."""
    request = source_request(source)
    if _origin(url) != _origin(source.url):
        return request.for_other_url(url)
    return replace(request, url=url, method="GET", body=None)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
