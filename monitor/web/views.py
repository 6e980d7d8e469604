"""What every page has."""

from __future__ import annotations

from starlette.responses import Response

from monitor.store.rule_state import load_rules_refusal
from monitor.web.endpoint import Site
from monitor.web.page_context import PageContext, refusal_context
from monitor.web.templates import html_response


def render_page(site: Site, template: str, context: PageContext, status: int = 200) -> Response:
    """Render a page, with a banner on top if the rules on disk were rejected."""
    with site.store.read() as conn:
        refused_at, problems = load_rules_refusal(conn)
    rule_refusal = refusal_context(refused_at, problems, site.timezone, site.clock())
    return html_response(template, context | {"base": site.base, "rule_refusal": rule_refusal}, status)
