"""The try-out of a rule: edit a copy, and see which alerts of the last days it would have gained and lost.

Nothing is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.backtest.run import HypotheticalAlert
from monitor.backtest.text_tryout import TextTryout, TryoutRequest
from monitor.deliver.display_time import format_time
from monitor.deliver.finding_context import MAX_NAME_CHARS, MAX_SHOWN_REASON_CHARS, MAX_TITLE_CHARS
from monitor.deliver.headline import alert_headline
from monitor.deliver.sanitize import safe_web_link, sanitize, shorten
from monitor.errors import WorkerKilled
from monitor.model import AlertFinding, Novelty
from monitor.serialize import format_iso
from monitor.units import parse_duration
from monitor.web.api_context import config_in_use
from monitor.web.endpoint import PAGE_TIMEOUT_S, AsyncEndpoint, Site, async_page_endpoint, run_page
from monitor.web.forms import check_form, read_form
from monitor.web.page_context import PageContext, matched_pieces
from monitor.web.params import read_params
from monitor.web.rule_context import rule_page_path, shown_path, test_failure, text_problem_contexts
from monitor.web.rule_files import find_rule
from monitor.web.tryout_runner import TryoutBusy
from monitor.web.views import render_page

TRYOUT_S = 15.0  # then the back-test stops reading, and shows what it found so far
MAX_KEPT_ALERTS = 100  # of each list, the latest
MAX_TEXT_FORM_BYTES = 400_000
PERIODS = {"7d": "7 days", "30d": "30 days", "90d": "90 days"}
DEFAULT_PERIOD = "30d"
MAX_SHOWN_FINDINGS = 3  # of an alert
MIN_ROWS, MAX_ROWS = 14, 30  # of the text field
NEW_RULE = """\
name: my-rule
title: What the alert is about
match: >-
  (first OR second*) AND "a phrase"
severity: medium
tests:
  - text: A sentence with the first word and a phrase.
    fires: true
  - text: A sentence about something else.
    fires: false
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried: the text and the period of the form, and the outcome or a sentence why there is none."""

    text: str
    period: str
    outcome: TextTryout | str
    status: int = 200


def tryout_endpoint(site: Site) -> AsyncEndpoint:
    """Return the endpoint that tries a submitted text out and shows the form with the result."""

    async def respond(request: Request) -> Response:
        request.state.form = await read_form(request, MAX_TEXT_FORM_BYTES)
        check_form(request)
        form = request.state.form
        text, period = form.get("text", "").replace("\r\n", "\n"), form.get("since", DEFAULT_PERIOD)
        if period not in PERIODS:
            raise HTTPException(400, "Choose a period.")
        now = site.clock()
        tryout = TryoutRequest(text, now - parse_duration(period), now, TRYOUT_S, MAX_KEPT_ALERTS)
        try:
            request.state.tried = Tried(text, period, await site.tryouts.run(config_in_use(site), tryout))
        except TryoutBusy as busy:
            request.state.tried = Tried(text, period, str(busy), 503)
        except WorkerKilled as killed:
            request.state.tried = Tried(text, period, f"The try-out {killed}. Choose a shorter period.")
        return await run_page(PAGE_TIMEOUT_S, site, show_tryout, request)

    return async_page_endpoint(respond)


def show_tryout(site: Site, request: Request) -> Response:
    """Show the form with the text that was submitted, or with that of the rule in the path, or of a new rule."""
    read_params(request, ())
    config, name = config_in_use(site), request.path_params.get("name", "")
    original = find_rule(site.rule_files.load(config), config, name) if name else None
    tried: Tried | None = getattr(request.state, "tried", None)
    text = tried.text if tried else original.text.copy if original else NEW_RULE
    outcome = tried.outcome if tried else None
    context: PageContext = {
        "current_page": "rules",
        "name": name,
        "rule_path": rule_page_path(name) if name else "",
        "action": f"{rule_page_path(name)}/try" if name else "/rules/try",
        "text": text,
        "rows": min(MAX_ROWS, max(MIN_ROWS, text.count("\n") + 3)),
        "periods": PERIODS,
        "period": tried.period if tried else DEFAULT_PERIOD,
        "seconds": round(TRYOUT_S),
        "file": shown_path(original.file, config) if original else str(config.monitor.rules),
        "first_line": original.text.first_line if original else 0,
        "sentence": outcome if isinstance(outcome, str) else "",
        "problems": text_problem_contexts(outcome.problems, text) if isinstance(outcome, TextTryout) else [],
        "tried": tried_context(outcome, site) if isinstance(outcome, TextTryout) and outcome.result else None,
    }
    return render_page(site, "tryout.html", context, tried.status if tried else 200)


def tried_context(tried: TextTryout, site: Site) -> PageContext:
    """What a try-out found. `lists` has the alerts gained and lost, or all if there is nothing to compare with."""
    result = tried.result
    assert result
    gained = (result.gained, tried.gained_count, "gained", "Gained", "+")
    lost = (result.lost, tried.lost_count, "lost", "Lost", "−")
    every = (result.alerts, tried.alert_count, "gained", "Alerts", "+")
    return {
        "rules": [shorten(sanitize(rule), MAX_NAME_CHARS) for rule in tried.rules],
        "disabled": [shorten(sanitize(rule), MAX_NAME_CHARS) for rule in result.disabled_rules],
        "alerts": tried.alert_count,
        "updates": result.updates,
        "since": format_time(result.since, site.timezone),
        "is_compared": result.against is not None,
        "is_disk_invalid": tried.is_disk_invalid,
        "read": result.read_updates,
        "reached": format_time(result.reached, site.timezone) if result.reached is not None else "",
        "tests": tried.tests,
        "failures": [{"line": problem.line, "text": test_failure(problem)} for problem in tried.failed_tests],
        "lists": [
            {
                "kind": kind,
                "title": title,
                "mark": mark,
                "count": count,
                "hidden": count - len(alerts),
                "alerts": hypothetical_contexts(alerts, site),
            }
            for alerts, count, kind, title, mark in ([gained, lost] if result.against is not None else [every])
        ],
    }


def hypothetical_contexts(alerts: Sequence[HypotheticalAlert], site: Site) -> list[PageContext]:
    """Alerts that would have been sent, newest first."""
    return [hypothetical_context(hypothetical, site) for hypothetical in reversed(alerts)]


def hypothetical_context(hypothetical: HypotheticalAlert, site: Site) -> PageContext:
    alert = hypothetical.alert
    return {
        "rule": shorten(sanitize(alert.rule), MAX_NAME_CHARS),
        "severity": str(alert.severity),
        "at": format_time(alert.at, site.timezone),
        "iso": format_iso(alert.at // 1),
        "counted": shorten(sanitize(alert.counted), MAX_TITLE_CHARS),
        "headline": "" if alert.findings else alert_headline(alert),
        "reason": shorten(sanitize(alert.reason), MAX_SHOWN_REASON_CHARS),
        "number": hypothetical.update_number,
        "story_path": f"/stories/{alert.story}" if alert.findings else "",
        "findings": [tried_finding_context(finding) for finding in islice(alert.findings, MAX_SHOWN_FINDINGS)],
        "more": max(0, len(alert.findings) - MAX_SHOWN_FINDINGS),
    }


def tried_finding_context(finding: AlertFinding) -> PageContext:
    """A claim in pieces, with the words that matched."""
    return {
        "pieces": matched_pieces(finding.claim, finding.matched),
        "novelty": str(finding.novelty),
        "is_withdrawn": finding.novelty is Novelty.WITHDRAWN,
        "source": shorten(sanitize(finding.source), MAX_NAME_CHARS),
        "url": safe_web_link(finding.entry_url),
        "title": shorten(sanitize(finding.entry_title), MAX_TITLE_CHARS),
    }


GET_ROUTES = {"/rules/try": show_tryout, "/rules/{name}/try": show_tryout}
