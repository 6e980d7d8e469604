"""The page templates in `pages/` and the one style sheet. Everything that they print is escaped."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

PAGES = files("monitor.web") / "pages"


def page(template: str, names: dict[str, Any], status: int = 200) -> Response:
    """A page that no cache keeps."""
    html = environment().get_template(template).render(names)
    return HTMLResponse(html, status, {"cache-control": "no-store"})


async def style(_request: Request) -> Response:
    """The style sheet. Pages ask for it by its hash, so a browser may keep it."""
    return Response(text("style.css"), media_type="text/css", headers={"cache-control": "max-age=86400"})


@cache
def environment() -> Environment:
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(text),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["style"] = f"/style.css?{sha256(text('style.css').encode()).hexdigest()[:12]}"
    return made


@cache
def text(name: str) -> str:
    """A file of `pages/`."""
    return (PAGES / name).read_text(encoding="utf-8")
