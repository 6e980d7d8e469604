"""A test entry that takes the way of all entries: parse, compare, match, decide, render, send, but not commit.

It is compared with the stored history in a thread and a turn of the polls, parsed and rendered in their worker
processes, and sent to a channel that drops it. So it shows a stage that hangs, and leaves nothing in the history.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from monitor.assess import Assessment, Policy, assess
from monitor.deliver.channels import Receipt
from monitor.deliver.render import RenderedMessage
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.sample_message import sample_message
from monitor.errors import MonitorError
from monitor.model import Entry, Message, Moment
from monitor.polling.entries import build_update
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.rule import Rule, RuleSet
from monitor.runtime import Runtime
from monitor.sources.parse.options import ParseOptions
from monitor.store.past import StoredHistory

CANARY = "canary"
CANARY_URL = "https://canary.invalid/feed"
CANARY_FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Canary</title><item><guid>{number}</guid>
<title>The canary zyqvart{number} has sung</title><description>The canary zyqvart{number} has sung.</description>
</item></channel></rss>"""


class CanaryFailed(MonitorError):
    """The test entry was lost at a stage."""


class NullNotifier:
    """Accepts every message and drops it."""

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        if not rendered.text:
            raise CanaryFailed("the test entry was rendered as an empty message")
        return Receipt("dropped")


async def run_canary(runtime: Runtime, enter_stage: Callable[[str], None] = lambda stage: None) -> Receipt:
    """Take a test entry through all stages, each of which is named to `enter_stage`. Raises MonitorError."""
    now = runtime.clock()
    enter_stage("parse")
    body = CANARY_FEED.format(number=int(now)).encode()
    options = ParseOptions("feed", CANARY_URL)
    feed = await runtime.parser.parse(options, body, "application/rss+xml", CANARY_URL)
    (entry,) = feed.entries
    enter_stage("compare")
    assessment = await runtime.run_in_ingest_thread(partial(assess_canary, runtime, entry, now))
    if not assessment.decisions:
        raise CanaryFailed("the test entry matched no rule")
    enter_stage("render")
    message = assessment.messages[0] if assessment.messages else sample_message(CANARY, now)  # silenced
    timezone = runtime.config.monitor.timezone
    rendered = await runtime.render_pool.render(message, "terminal", runtime.templates, RenderSettings(timezone))
    enter_stage("send")
    return await NullNotifier().send(message, rendered)


def assess_canary(runtime: Runtime, entry: Entry, now: Moment) -> Assessment:
    """Assess the test entry by a rule of its own, on a snapshot of the store."""
    policy = Policy(rules=canary_rules(), channels_by_rule={CANARY: (CANARY,)})
    with runtime.store.read() as conn:
        history = StoredHistory(conn, since=now - runtime.config.monitor.memory)
        return assess(build_update(CANARY, entry, now), None, history, policy, now)


@cache
def canary_rules() -> RuleSet:
    query, _ = compile_query("canary NEAR/5 sung", {})
    assert query is not None
    return RuleSet((Rule(CANARY, "Canary", query),))
