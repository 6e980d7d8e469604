"""The buttons below an alert: seen and news, or not news. Both lead back to the alert's page."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.alerts.answers import Said
from monitor.answering import take_answer
from monitor.web.guard import own_page
from monitor.web.site import Site


def acknowledge(site: Site, request: Request) -> Response:
    """Keeps that the alert was seen and was news."""
    return answer(site, request, Said.ACK)


def not_news(site: Site, request: Request) -> Response:
    """Keeps that it was not, and mutes the like."""
    return answer(site, request, Said.NOT_NEWS)


def answer(site: Site, request: Request, said: Said) -> Response:
    """Keeps an answer to the alert that the address names."""
    if not own_page(request.headers):
        raise HTTPException(403)
    id = request.path_params["id"]
    known = re.fullmatch(r"[A-Za-z0-9-]{1,100}", id)
    if not known or not take_answer(site.store, id, said, memory=site.memory, now=site.clock(), by="web"):
        raise HTTPException(404)
    return RedirectResponse(f"{site.base}/alerts/{id}", 303)
