"""The feed of alerts, in Atom format."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import Response

from monitor.deliver.finding_context import MAX_TITLE_CHARS
from monitor.deliver.headline import alert_headline
from monitor.deliver.sanitize import sanitize, shorten
from monitor.model import Alert, Severity
from monitor.serialize import format_iso
from monitor.store.reports.alert_filter import AlertFilter, load_filtered_page
from monitor.web.access import FEED_PATH
from monitor.web.api_schema import ApiModel, parse_query
from monitor.web.endpoint import Site

ATOM = "http://www.w3.org/2005/Atom"
FEED_ALERTS = 50
MAX_SUMMARY_FINDINGS, MAX_CLAIM_CHARS = 20, 600


class FeedQuery(ApiModel):
    """What the feed is limited to; `token` is read by the access rules."""

    rule: str | None = None
    severity: Severity | None = None
    token: str | None = None


def show_feed(site: Site, request: Request) -> Response:
    """Return the latest alerts, or 304 if the reader has them already."""
    query = parse_query(FeedQuery, request.query_params.multi_items())
    conditions = AlertFilter(rule=query.rule, severity=query.severity and str(query.severity))
    with site.store.read() as conn:
        rows = load_filtered_page(conn, conditions, limit=FEED_ALERTS)
    body = atom_feed([row.alert for row in rows], public_root(site, request), query)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/atom+xml")


def public_root(site: Site, request: Request) -> str:
    """Return the address of the site: `url` under [web], or the one that this request was sent to."""
    return site.web_url or f"{request.url.scheme}://{request.url.netloc}{site.base}"


def atom_feed(alerts: list[Alert], root: str, query: FeedQuery) -> bytes:
    """Return the feed of alerts, newest first. Without any it is as old as the epoch."""
    limits = urlencode({name: value for name, value in (("rule", query.rule), ("severity", query.severity)) if value})
    address = f"{root}{FEED_PATH}" + (f"?{limits}" if limits else "")
    feed = Element("feed", xmlns=ATOM)
    add_text(feed, "id", address)
    add_text(feed, "title", "Claimwatch alerts")
    add_text(feed, "updated", format_iso(max((alert.at for alert in alerts), default=0.0) // 1))
    SubElement(feed, "link", rel="self", type="application/atom+xml", href=address)
    SubElement(feed, "link", rel="alternate", type="text/html", href=f"{root}/")
    SubElement(SubElement(feed, "author"), "name").text = "Claimwatch"
    for alert in alerts:
        add_entry(feed, alert, root)
    body: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def add_entry(feed: Element, alert: Alert, root: str) -> None:
    """Add an alert. Its id does not depend on the address of the site."""
    entry = SubElement(feed, "entry")
    add_text(entry, "id", f"urn:claimwatch:alert:{alert.id}")
    add_text(entry, "title", shorten(sanitize(alert_headline(alert)), MAX_TITLE_CHARS))
    add_text(entry, "updated", format_iso(alert.at // 1))
    add_text(entry, "published", format_iso(alert.at // 1))
    SubElement(entry, "link", rel="alternate", type="text/html", href=f"{root}/alerts/{alert.id}")
    SubElement(entry, "category", term=sanitize(alert.rule))
    SubElement(entry, "category", term=str(alert.severity), scheme="urn:claimwatch:severity")
    add_text(entry, "summary", alert_summary(alert)).set("type", "text")


def alert_summary(alert: Alert) -> str:
    """Return the findings, one on a line, or the reason of an alert without findings."""
    if not alert.findings:
        return sanitize(alert.reason)
    lines = [
        f"{finding.novelty}: {shorten(sanitize(finding.claim), MAX_CLAIM_CHARS)} ({sanitize(finding.source)})"
        for finding in alert.findings[:MAX_SUMMARY_FINDINGS]
    ]
    hidden = len(alert.findings) - len(lines)
    return "\n".join([*lines, *([f"… and {hidden} more"] if hidden else [])])


def add_text(parent: Element, name: str, text: str) -> Element:
    child = SubElement(parent, name)
    child.text = text
    return child


GET_ROUTES = {FEED_PATH: show_feed}
