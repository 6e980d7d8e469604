"""The login page and the logout."""

from __future__ import annotations

import math
import re

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.store.web_sessions import save_ended_session
from monitor.web.endpoint import Site
from monitor.web.guard import session_cookie
from monitor.web.sessions import SESSION_S, new_session
from monitor.web.templates import html_response
from monitor.web.visitor import Entrance, current_visitor

log = structlog.get_logger()

WRONG_TEXT = "Wrong password."
WAIT_TEXT = "Too many wrong passwords. Try again in {} seconds."
PROXY_TEXT = "The proxy in front of this monitor does the login."
MAX_NEXT_CHARS = 2_000


def login_form(site: Site, request: Request) -> Response:
    """Show the form; redirect those who are in already, or need no login."""
    wanted = safe_next(request.query_params.get("next", ""))
    if current_visitor().entrance is not Entrance.NONE:
        return RedirectResponse(f"{site.base}{wanted}", 303)
    if site.access.password is None:
        return login_page(site, wanted, PROXY_TEXT, 401)
    return login_page(site, wanted, "", 200)


def submit_login(site: Site, request: Request) -> Response:
    """Start a session if the password is right, and redirect to the page that was wanted."""
    form: dict[str, str] = request.state.form
    wanted, client = safe_next(form.get("next", "")), site.access.client(request.scope)
    if site.access.password is None:
        return login_form(site, request)
    wait, is_right = site.access.limit.wait_or_try(client, lambda: site.access.is_password(form.get("password", "")))
    if wait:
        log.warning("login refused", stage="web", client=client.address, wait_s=math.ceil(wait))
        response = login_page(site, wanted, WAIT_TEXT.format(math.ceil(wait)), 429)
        response.headers["retry-after"] = str(math.ceil(wait))
        return response
    if not is_right:
        log.warning("login failed", stage="web", client=client.address)
        return login_page(site, wanted, WRONG_TEXT, 401)
    log.info("login", stage="web", client=client.address)
    session = new_session(site.clock())
    cookie = session_cookie(site.access, session, site.base)
    return RedirectResponse(f"{site.base}{wanted}", 303, {"set-cookie": cookie})


def submit_logout(site: Site, _request: Request) -> Response:
    """End the session, also for copies of its cookie."""
    session = current_visitor().session
    if session:
        now = site.clock()
        site.access.ended[session.id] = now + SESSION_S
        with site.store.write() as conn:
            save_ended_session(conn, session.id, now + SESSION_S, now)
    target = "/login" if site.access.password is not None else "/"
    return RedirectResponse(f"{site.base}{target}", 303, {"set-cookie": session_cookie(site.access, None, site.base)})


def login_page(site: Site, wanted: str, sentence: str, status: int) -> Response:
    has_form = site.access.password is not None
    context = {"base": site.base, "next": wanted, "sentence": sentence, "has_form": has_form, "current_page": "login"}
    return html_response("login.html", context, status)


def safe_next(path: str) -> str:
    """Return `path` if it is a path of this site, else "/": browsers read `//host` and `/\\host` as other sites."""
    is_own = re.match(r"/(?![/\\])", path) and path.isprintable() and "\\" not in path and " " not in path
    return path if is_own and len(path) <= MAX_NEXT_CHARS else "/"


GET_ROUTES = {"/login": login_form}
POST_ROUTES = {"/login": submit_login, "/logout": submit_logout}
