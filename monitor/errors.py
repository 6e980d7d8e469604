"""Every error the program raises on purpose, in one tree.

    MonitorError                  one sentence for people, without secrets
    ├── ConfigError               config, rules or templates cannot be used; carries `problems`
    ├── StoreError                the database cannot be opened or written
    │   ├── StoreBusy             another daemon holds it
    │   └── Unreadable            a message owed cannot be read from it any more; carries its id
    ├── SourceError               a source could not be read; carries `code`
    │   ├── FetchError            nothing usable came over the wire; may carry `retry_after`
    │   └── ParseError            what came is not what the source is said to be
    ├── DeliveryError             a message was not taken; `permanent` or worth another try
    └── WorkKilled                work in a process of its own met its bounds; carries `cause`

Between stages a failure that is expected is stored as state; these are how it travels there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class MonitorError(Exception):
    """Anything that ends a command or a stage with one clear sentence."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a file a person wrote. `line` and `column` count from 1."""

    path: Path
    line: int
    column: int
    message: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class ConfigError(MonitorError):
    """The config, a rule file or a template cannot be used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class StoreError(MonitorError):
    """The database cannot be opened, read or written."""


class StoreBusy(StoreError):
    """Another daemon runs on this database."""


class UnreadableMessage(StoreError):
    """A message that is owed cannot be read any more: something else wrote into the database, or a newer program."""

    def __init__(self, message_id: str) -> None:
        self.message_id = message_id
        super().__init__("what it tells cannot be read from the database any more")


class SourceError(MonitorError):
    """A source could not be read. `code` is a short name for the cause, such as `timeout`."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(sentence)


class FetchError(SourceError):
    """Nothing usable came over the wire. `retry_after` is seconds the server asked us to wait, if it did."""

    def __init__(
        self, code: str, sentence: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(code, sentence)
        self.status = status
        self.retry_after = retry_after


class ParseError(SourceError):
    """What came cannot be read as the kind of source it is said to be."""


class DeliveryError(MonitorError):
    """A channel did not take a message. `permanent` means that another try cannot help.

    `unreached`: it took nothing of the message (no connection, no login, told to wait), so any other fares alike.
    `unanswered`: it did not say what became of it, which may lie in this very message.
    """

    def __init__(
        self,
        sentence: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        channel_down: bool = False,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.permanent = permanent
        self.retry_after = retry_after
        self.channel_down = channel_down
        self.outcome_unknown = outcome_unknown


class WorkerKilled(MonitorError):
    """Work in a process of its own was killed. `cause` is timeout, memory or crashed; the sentence goes on from what
    the work was: "took more than 5 seconds"."""

    def __init__(self, cause: str, sentence: str) -> None:
        self.cause = cause
        super().__init__(sentence)
