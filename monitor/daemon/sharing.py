"""Which of the living workers does what, and which workers are alive. Pure.

Rendezvous hashing: every worker computes the same answer from the same list of workers, and when one of them dies
only its share moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from urllib.parse import urlsplit

from monitor.config.models import SourceConfig
from monitor.model import Moment

SHARDS = 256  # groups of sources, each polled by one worker


def shard_of_source(source: SourceConfig, is_polite_to: Callable[[str], bool]) -> int:
    """Return the shard of a source: that of its host, whose limits hold over all its sources.

    A source of a host without such limits has a shard by its name.
    """
    host = urlsplit(source.url).hostname or ""
    return stable_hash(host if is_polite_to(host) else source.name) % SHARDS


def owned_shards(worker: str, living: Iterable[str]) -> tuple[int, ...]:
    """Return the shards whose sources this worker polls."""
    workers = sorted(living)
    return tuple(shard for shard in range(SHARDS) if owner(f"shard {shard}", workers) == worker)


def owner(key: str, living: Iterable[str]) -> str:
    """Return the worker that serves a key: a channel or a duty, by name. `living` are the ids of at least one."""
    return max(living, key=lambda worker: (stable_hash(worker, key), worker))


def stable_hash(*parts: str) -> int:
    """Return a 64-bit hash that is the same in every process."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


class Roster:
    """Decides which workers are dead: those whose beat has not changed for `dead_after_s` seconds.

    A beat is only compared with itself, so a step of the clock makes no living worker look dead. At first sight the
    age of the beat counts; later at most `beat_s` of it, the time between two beats.
    """

    def __init__(self, dead_after_s: float, beat_s: float) -> None:
        self._dead_after_s, self._beat_s = dead_after_s, beat_s
        self._last_change: dict[str, tuple[Moment, float]] = {}

    def dead_workers(self, beats: Mapping[str, Moment], *, now: Moment, elapsed_s: float) -> set[str]:
        """Return the ids of the dead workers among those in `beats`.

        `now` is by the clock of the beats, `elapsed_s` by a clock that never steps.
        """
        self._last_change = {
            id: self._change_of(id, beat, max(0.0, now - beat), elapsed_s) for id, beat in beats.items()
        }
        return {
            id for id, (_, changed_at) in self._last_change.items() if elapsed_s - changed_at >= self._dead_after_s
        }

    def _change_of(self, id: str, beat: Moment, age: float, elapsed_s: float) -> tuple[Moment, float]:
        if id not in self._last_change:
            return beat, elapsed_s - age
        if self._last_change[id][0] == beat:
            return self._last_change[id]
        return beat, elapsed_s - min(age, self._beat_s)
