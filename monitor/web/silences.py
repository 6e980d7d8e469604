"""The page that asks what to silence, the button that does it, and the list of silences.

Looking changes nothing: a silence is only ever made or ended by the form of one of these pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.alerts.silences import Mode, Silence
from monitor.config import seconds
from monitor.deliver.safe import shorten, tame
from monitor.deliver.view import TITLE
from monitor.errors import Unreadable
from monitor.model import Alert, Moment
from monitor.silencing import make_silence
from monitor.store import accounts, outbox, reports, silences
from monitor.store.reports import Lately
from monitor.web.guard import own_page
from monitor.web.html import told
from monitor.web.offers import Offer, offers_of
from monitor.web.site import Site
from monitor.web.view import silence_names

if TYPE_CHECKING:
    from sqlalchemy import Connection

WEEK = 7 * 86400.0
SHOWN = 200  # silences on the page
LOOKED_AT = 50  # of a story's alerts
LENGTHS = {"1h": "an hour", "8h": "8 hours", "1d": "a day", "7d": "a week", "30d": "30 days", "90d": "90 days"}
USUAL = "1d"
LONGEST_REASON = 500


def ask(site: Site, request: Request) -> Response:
    """What could be silenced of what was told, for how long, and why."""
    offers = offered(site, request)
    now = site.clock()
    with site.store.read() as conn:
        recent = reports.lately(conn, now - WEEK)
        standing = silences.living(conn, now)
    named = [one for one in standing if any(names_it(one, offer) for offer in offers)]
    names = {
        "here": "silences",
        "path": f"/{request.path_params['kind']}/{request.path_params['id']}",
        "offers": [
            {"key": one.key, "kind": one.kind, "said": one.said, "count": fitting(recent, one)} for one in offers
        ],
        "lengths": LENGTHS,
        "usual": USUAL,
        "longest": LONGEST_REASON,
        "standing": [silence_names(one, site.timezone, now) for one in named],
    }
    return told(site, "silence.html", names)


def silence(site: Site, request: Request) -> Response:
    """Makes the silence that the form asks for, and shows it among the others."""
    if not own_page(request.headers):
        raise HTTPException(403)
    wanted = asked_for(offered(site, request), request.state.form, site.clock())
    make_silence(site.store, wanted)
    return RedirectResponse(f"{site.base}/silences", 303)


def end(site: Site, request: Request) -> Response:
    """Ends a silence now, if it lives."""
    if not own_page(request.headers):
        raise HTTPException(403)
    with site.store.write() as conn:
        silences.end(conn, request.path_params["id"], site.clock())
    return RedirectResponse(f"{site.base}/silences", 303)


def list_silences(site: Site, _request: Request) -> Response:
    """The silences, those that live first, newest first."""
    now = site.clock()
    with site.store.read() as conn:
        rows = silences.every(conn)
        ranked = sorted(rows, key=lambda one: one.until <= now)[:SHOWN]
        leads = accounts.leads(conn, [one.story for one in ranked if one.story])
    names = {
        "here": "silences",
        "silences": [silence_names(one, site.timezone, now, leads) for one in ranked],
        "more": len(rows) - len(ranked),
    }
    return told(site, "silences.html", names)


def asked_for(offers: Sequence[Offer], form: Mapping[str, str], now: Moment) -> Silence:
    """The silence that a form asks for. HTTPException with a sentence if it cannot be meant."""
    offer = next((one for one in offers if one.key == form.get("what")), None)
    if offer is None:
        raise HTTPException(400, "Say what to silence.")
    if form.get("for") not in LENGTHS:
        raise HTTPException(400, "Say for how long.")
    reason = " ".join(form.get("reason", "").split())
    if not 0 < len(reason) <= LONGEST_REASON:
        raise HTTPException(
            400, f"Say why, in at most {LONGEST_REASON} characters: it is kept with all that is silenced."
        )
    return Silence(
        0,
        reason,
        now,
        now + seconds(form["for"]),
        rule=offer.rule,
        source=offer.source,
        story=offer.story,
        by="web",
        mode=Mode.FACTS if "facts" in form else Mode.ALL,
    )


def offered(site: Site, request: Request) -> tuple[Offer, ...]:
    """What can be silenced of the alert, story or message that the address names. HTTPException if there is none."""
    kind, id = request.path_params["kind"], request.path_params["id"]
    if kind not in TOLD or not re.fullmatch(r"[A-Za-z0-9-]{1,100}", id):
        raise HTTPException(404)
    with site.store.read() as conn:
        offers = offers_of(TOLD[kind](conn, id))
        lead = accounts.leads(conn, [id]).get(id) if kind == "stories" else None
    if lead is not None:
        offers = (Offer(shorten(tame(lead), TITLE), story=id), *(one for one in offers if one.story is None))
    if not offers:
        raise HTTPException(404)
    return offers


def of_alert(conn: Connection, id: str) -> Sequence[Alert]:
    """The alert of this id."""
    row = reports.alert(conn, id)
    return [row.alert] if row else []


def of_story(conn: Connection, id: str) -> Sequence[Alert]:
    """The story's alerts, newest first."""
    return [row.alert for row in reports.alerts(conn, limit=LOOKED_AT, story=id)]


def of_message(conn: Connection, id: str) -> Sequence[Alert]:
    """What the message carries."""
    try:
        return outbox.carried(conn, id)
    except Unreadable:
        return []


TOLD: Mapping[str, Callable[[Connection, str], Sequence[Alert]]] = {
    "alerts": of_alert,
    "stories": of_story,
    "messages": of_message,
}


def fitting(recent: Sequence[Lately], offer: Offer) -> int:
    """How many of these alerts fit an offer."""
    return sum(
        one.count
        for one in recent
        if offer.story in (None, one.story) and offer.rule in (None, one.rule) and offer.source in (None, one.source)
    )


def names_it(silence: Silence, offer: Offer) -> bool:
    """Does a silence name the very same?"""
    named = (silence.story, silence.rule, silence.source)
    return (
        silence.match is None and silence.mode is not Mode.LIKE and named == (offer.story, offer.rule, offer.source)
    )
