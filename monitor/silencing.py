"""Makes a silence, from the command or the web page."""

from __future__ import annotations

from dataclasses import replace

from monitor.alerts.silences import Silence, SilenceMode
from monitor.store import Store, silences


def create_silence(store: Store, silence: Silence) -> Silence:
    """Keeps a silence; as it was kept. One that lets facts through is given the claims that were told until now."""
    with store.write() as conn:
        if silence.mode is SilenceMode.UNTIL_FACTS_CHANGE:
            silence = replace(silence, claims=silences.recent_alert_claims(conn, silence))
        return replace(silence, id=silences.insert_silence(conn, silence))
