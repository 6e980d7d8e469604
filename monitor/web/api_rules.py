"""API: the rules with what they alerted, and a try-out of other rules on stored history."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import Field
from starlette.exceptions import HTTPException

from monitor.backtest.run import HypotheticalAlert
from monitor.backtest.text_tryout import TextTryout, TryoutRequest
from monitor.deliver.headline import alert_headline
from monitor.errors import Problem, WorkerKilled
from monitor.listings import iso_seconds, rule_json
from monitor.model import Moment, Novelty, Severity
from monitor.policy import read_rules
from monitor.rule_report import rule_rows
from monitor.serialize import format_iso
from monitor.units import parse_duration
from monitor.web.api_context import config_in_use
from monitor.web.api_operation import MAX_BODY_BYTES, Call, Operation
from monitor.web.api_schema import ApiModel, IsoTime, TimeText, parse_moment
from monitor.web.endpoint import Site
from monitor.web.tryout_runner import TryoutBusy

TRYOUT_S = 20.0
MAX_TRIED_ALERTS = 500  # of each list, the latest


class ProblemItem(ApiModel):
    """A problem of a rule file; `line` and `column` count from 1."""

    path: str
    line: int
    column: int
    message: str
    warning: bool


class RuleItem(ApiModel):
    """A rule, as in `monitor rules --json`. `noise` is the share of *not news* among the answers."""

    rule: str
    enabled: bool
    severity: Severity | None
    alerts: int
    acknowledged: int
    not_news: int
    noise: float | None
    last_alert: IsoTime | None
    last_match: IsoTime | None
    never_matched_since: IsoTime | None


class RuleList(ApiModel):
    """The rules on disk, noisiest first, and their problems. With an error among those the last valid rules run."""

    rules: list[RuleItem]
    problems: list[ProblemItem]


class RuleQuery(ApiModel):
    since: TimeText = "30d"


class TryRequest(ApiModel):
    """The text of a rule file, and how far back to try it."""

    rules: str = Field(min_length=1, max_length=MAX_BODY_BYTES, description="The YAML of a rule file")
    since: str = Field("30d", max_length=40, description="A duration, such as 30d")


class TriedFinding(ApiModel):
    claim: str
    novelty: Novelty
    source: str
    entry: str
    matched: list[str]


class TriedAlert(ApiModel):
    """An alert that the rules would have raised. `update` is the number of its update, null without one."""

    at: IsoTime
    update: int | None
    rule: str
    title: str
    severity: Severity
    headline: str
    reason: str
    findings: list[TriedFinding]


class TryResult(ApiModel):
    """What the rules would have alerted and, against the running rules of the same names, what they gain and lose.

    With an error among `problems` nothing was tried. Each list has at most 500 alerts; `counts` has all.
    """

    problems: list[ProblemItem]
    since: IsoTime
    updates: int
    against: str | None
    disabled: list[str]
    counts: dict[str, int]
    alerts: list[TriedAlert]
    gained: list[TriedAlert]
    lost: list[TriedAlert]


def get_rules(site: Site, call: Call) -> RuleList:
    query: RuleQuery = call.query
    config = config_in_use(site)
    since = parse_moment(query.since, "since", site.clock())
    rules, problems = read_rules(config)
    with site.store.read() as conn:
        rows = rule_rows(rules, conn, since or 0.0)
    return RuleList(
        rules=[RuleItem.model_validate(rule_json(row)) for row in rows],
        problems=[problem_item(problem, config.folder) for problem in problems],
    )


async def post_try(site: Site, call: Call) -> TryResult:
    body: TryRequest = call.body
    now = site.clock()
    try:
        since = now - parse_duration(body.since)
    except ValueError as error:
        raise HTTPException(400, f'Invalid field "since": {error}.') from None
    request = TryoutRequest(body.rules, since, now, TRYOUT_S, MAX_TRIED_ALERTS, needs_reference=True)
    try:
        tried = await site.tryouts.run(config_in_use(site), request)
    except TryoutBusy as busy:
        raise HTTPException(409, str(busy)) from None
    except WorkerKilled as killed:
        raise HTTPException(422, f"The try-out {killed}: choose a shorter since.") from None
    if tried.is_disk_invalid:
        raise HTTPException(409, "The rules on disk have problems, so there is nothing to compare with.")
    if tried.result and tried.result.reached is not None:
        raise HTTPException(422, f"The try-out took more than {TRYOUT_S:.0f} seconds: choose a shorter since.")
    return await asyncio.to_thread(try_result, since, tried)


def try_result(since: Moment, tried: TextTryout) -> TryResult:
    result = tried.result
    return TryResult(
        problems=[problem_item(problem, problem.path.parent) for problem in tried.problems],
        since=iso_seconds(since) or "",
        updates=result.updates if result else 0,
        against=result.against if result else None,
        disabled=list(result.disabled_rules) if result else [],
        counts={"alerts": tried.alert_count, "gained": tried.gained_count, "lost": tried.lost_count},
        alerts=[tried_alert(hypothetical) for hypothetical in (result.alerts if result else ())],
        gained=[tried_alert(hypothetical) for hypothetical in (result.gained if result else ())],
        lost=[tried_alert(hypothetical) for hypothetical in (result.lost if result else ())],
    )


def tried_alert(hypothetical: HypotheticalAlert) -> TriedAlert:
    alert = hypothetical.alert
    return TriedAlert(
        at=format_iso(alert.at // 1),
        update=hypothetical.update_number or None,
        rule=alert.rule,
        title=alert.title,
        severity=alert.severity,
        headline=alert_headline(alert),
        reason=alert.counted or alert.reason,
        findings=[
            TriedFinding(
                claim=finding.claim,
                novelty=finding.novelty,
                source=finding.source,
                entry=finding.entry,
                matched=list(finding.matched),
            )
            for finding in alert.findings
        ],
    )


def problem_item(problem: Problem, folder: Path) -> ProblemItem:
    """Return a problem with its path relative to `folder`."""
    path = problem.path.relative_to(folder) if problem.path.is_relative_to(folder) else problem.path
    return ProblemItem(
        path=str(path), line=problem.line, column=problem.column, message=problem.message, warning=problem.warning
    )


OPERATIONS = (
    Operation(
        "GET", "/rules", "listRules", "The rules with their problems and alerts", get_rules, RuleList, RuleQuery
    ),
    Operation(
        "POST",
        "/rules/try",
        "tryRules",
        "Back-test the text of a rule file against the running rules",
        post_try,
        TryResult,
        body=TryRequest,
        errors=(409, 422),
    ),
)
