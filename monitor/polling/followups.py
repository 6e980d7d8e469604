"""The follow-ups of throttles: what was held is sent when the window ends, in one transaction."""

from __future__ import annotations

from sqlalchemy import Connection

from monitor.alerts.held import ReleasedMatches
from monitor.alerts.inhibition import Inhibition, inhibition_detail
from monitor.alerts.release import release_throttled
from monitor.assess import Policy
from monitor.model import Moment
from monitor.store import alerts, rule_state
from monitor.store.base import Store
from monitor.store.commit import commit_releases
from monitor.store.past import StoredHistory


def release_followups(
    store: Store, policy: Policy, now: Moment, *, drops_removed: bool = True
) -> tuple[ReleasedMatches, ...]:
    """Commit and return the follow-ups that are due. Writes only if there is something to write."""
    with store.read() as conn:
        if not alerts.due_throttled_matches(conn, now, policy.rules.aliases):
            return ()
    with store.write() as conn:
        return commit_due_followups(conn, policy, now, drops_removed=drops_removed)


def commit_due_followups(
    conn: Connection, policy: Policy, now: Moment, *, drops_removed: bool = True
) -> tuple[ReleasedMatches, ...]:
    """The same in the open transaction: one follow-up for each rule and story.

    With `drops_removed`, matches held for a rule that no longer exists are dropped. Those on a story that an
    inhibiting rule has alerted on stay held for as long as that alert is live.
    """
    running_rules = {rule.name for rule in policy.rules.rules}
    pending = alerts.due_throttled_matches(conn, now, policy.rules.aliases)
    if drops_removed:
        rule_state.drop_pending(conn, [match.id for match in pending if match.alert.rule not in running_rules])
    due = release_throttled([match for match in pending if match.alert.rule in running_rules], now=now)
    releases = without_inhibited(conn, due, policy, now)
    router = policy.router(StoredHistory(conn, since=now), now)
    messages = router.route([release.alert for release in releases])
    routed_releases = router.explain_releases(releases, messages)
    commit_releases(conn, routed_releases, messages, now=now)
    return routed_releases


def without_inhibited(
    conn: Connection, releases: tuple[ReleasedMatches, ...], policy: Policy, now: Moment
) -> tuple[ReleasedMatches, ...]:
    """Return the releases whose rule may alert on their story, and hold the matches of the others."""
    inhibition, history = Inhibition(policy.rules.inhibitors), StoredHistory(conn, since=now)
    uninhibited = []
    for release in releases:
        until = inhibition.inhibited_until(release.alert, history, now)
        if until is None:
            uninhibited.append(release)
        else:
            inhibitor = inhibition.inhibitor_of(release.alert.rule, release.alert.story, history, now)
            alerts.hold_inhibited(conn, release.match_ids, inhibition_detail(inhibitor), until)
    return tuple(uninhibited)
