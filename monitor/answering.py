"""Takes an answer to an alert, from the command or the web page: it is kept, and *not news* mutes the like."""

from __future__ import annotations

from dataclasses import dataclass, replace

from monitor.alerts.answers import Answer, Said, answer_to, mute_for
from monitor.alerts.silences import Silence
from monitor.model import Moment
from monitor.store import Store, answers, reports, silences


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer that was kept, and the mute that it made."""

    answer: Answer
    mute: Silence | None


def take_answer(
    store: Store, alert_id: str, said: Said, *, memory: float, now: Moment, by: str = "", note: str = ""
) -> Taken | None:
    """Keeps the answer; None if there is no such alert. Another answer ends the mute of the one before."""
    with store.write() as conn:
        row = reports.alert(conn, alert_id)
        if row is None:
            return None
        answer = answer_to(row.alert, said, by=by, note=note, now=now)
        before = answers.to_alerts(conn, [alert_id]).get(alert_id)
        mute = mute_for(row.alert, answer, memory)
        if before and before.said is Said.NOT_NEWS:
            silences.unmute(conn, mute, now)
        answers.keep(conn, answer)
        if said is not Said.NOT_NEWS or not row.alert.findings:
            return Taken(answer, None)
        return Taken(answer, replace(mute, id=silences.add(conn, mute)))
