"""The page templates in `pages/` and the style sheet. Templates escape everything they print."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from monitor.web.navigation import NAVIGATION
from monitor.web.visitor import current_visitor

PAGES_FOLDER = files("monitor.web") / "pages"
# One sheet, in this order.
STYLE_FILES = ("style.css", "tables.css", "alerts.css", "charts.css", "forms.css", "phone.css")


def html_response(template: str, context: dict[str, Any], status: int = 200) -> Response:
    """Render a page for the current visitor; browsers must not cache it."""
    html = template_environment().get_template(template).render(context, visitor=current_visitor())
    return HTMLResponse(html, status, {"cache-control": "no-store"})


async def style_sheet(_request: Request) -> Response:
    """Serve the style sheet. Its URL contains its hash, so browsers may cache it."""
    return Response(style_text(), media_type="text/css", headers={"cache-control": "max-age=86400"})


@cache
def template_environment() -> Environment:
    jinja = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(read_page_file),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals["style"] = f"/style.css?{sha256(style_text().encode()).hexdigest()[:12]}"
    jinja.globals["navigation"] = NAVIGATION
    return jinja


@cache
def style_text() -> str:
    return "\n".join(map(read_page_file, STYLE_FILES))


@cache
def read_page_file(name: str) -> str:
    return (PAGES_FOLDER / name).read_text(encoding="utf-8")
