"""Makes a silence, from the command or the web page."""

from __future__ import annotations

from dataclasses import replace

from monitor.alerts.silences import Mode, Silence
from monitor.store import Store, silences


def make_silence(store: Store, silence: Silence) -> Silence:
    """Keeps a silence; as it was kept. One that lets facts through is given the claims that were told until now."""
    with store.write() as conn:
        if silence.mode is Mode.FACTS:
            silence = replace(silence, claims=silences.told_of(conn, silence))
        return replace(silence, id=silences.add(conn, silence))
