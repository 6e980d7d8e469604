"""The errors that the program raises on purpose, in one tree.

    MonitorError                  any of these; its text is one sentence for people, without secrets
    ├── ConfigError               invalid config, rules or templates; has `problems`
    ├── StoreError                the database cannot be opened, read or written
    │   ├── StoreBusy             another daemon is running on it
    │   ├── StoreOutdated         a newer version of the program has upgraded it
    │   └── UnreadableMessage     the row of a pending message is damaged; has `message_id`
    ├── SourceError               a source could not be read; has `code`
    │   ├── FetchError            no usable response; may have `status` and `retry_after`
    │   └── ParseError            the content does not fit the source's kind
    ├── DeliveryError             a channel did not accept a message; `permanent` or worth a retry
    ├── LinkError                 an answer link is refused
    │   ├── ForgedLink            it was not signed with this store's key, or is incomplete
    │   └── ExpiredLink           it was signed, but is too old; has `alert_id`
    ├── NoDescriptors             this process may open no more files and connections
    └── WorkerKilled              work in a worker process exceeded a limit or crashed; has `cause`

An expected failure ends up as stored state: the stage raises it, and the pipeline catches and stores it.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EXIT_COULD_NOT_RUN, EXIT_OUTDATED = 2, 3  # exit statuses of commands


class MonitorError(Exception):
    """A failure that ends a command or a stage. Its text is one sentence for people."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A fault in a file that a user wrote. `line` and `column` count from 1."""

    path: Path
    line: int
    column: int
    message: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class ConfigError(MonitorError):
    """The config, a rule file or a template is invalid."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class StoreError(MonitorError):
    """The database cannot be opened, read or written."""


class StoreBusy(StoreError):
    """Another daemon is running on this database."""


class StoreOutdated(StoreError):
    """A newer version of the program has upgraded this database."""


class UnreadableMessage(StoreError):
    """A pending message cannot be read: a newer version or another program wrote its row."""

    def __init__(self, message_id: str) -> None:
        self.message_id = message_id
        super().__init__("its content can no longer be read from the database")


class SourceError(MonitorError):
    """A source could not be read. `code` is a short name for the cause, such as `timeout`."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(sentence)


class FetchError(SourceError):
    """There was no usable response. `retry_after` is the wait that the server asked for, in seconds, or None."""

    def __init__(
        self, code: str, sentence: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(code, sentence)
        self.status = status
        self.retry_after = retry_after


class ParseError(SourceError):
    """The content cannot be parsed as the source's kind."""


class DeliveryError(MonitorError):
    """A channel did not accept a message. `permanent` means that a retry cannot help; `retry_after` is in seconds.

    `channel_down`: the cause is the channel (no connection, login failed, rate limit), so any message would fail.
    `outcome_unknown`: the channel did not answer. The cause may be this message, and it may have arrived.
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


class NoDescriptors(MonitorError):
    """This process may open no more files and connections. That is no fault of a source or a channel."""

    def __init__(self) -> None:
        super().__init__("no file descriptors are left; raise their limit (`ulimit -n`, or LimitNOFILE of a unit)")


def lacks_descriptors(error: BaseException | None) -> bool:
    """Return whether an error or one of its causes is that there are no more file descriptors."""
    while error is not None:
        if isinstance(error, NoDescriptors) or (
            isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


class LinkError(MonitorError):
    """An answer link is refused."""


class ForgedLink(LinkError):
    """The link was not signed with this store's key, or is incomplete."""

    def __init__(self) -> None:
        super().__init__("the link is not valid")


class ExpiredLink(LinkError):
    """The link was signed, but is too old."""

    def __init__(self, alert_id: str) -> None:
        self.alert_id = alert_id
        super().__init__("the link has expired")


class WorkerKilled(MonitorError):
    """Work in a worker process was killed. `cause` is `timeout`, `memory` or `crashed`.

    The sentence is a predicate whose subject, the work, is added by the caller: "took more than 5 seconds".
    """

    def __init__(self, cause: str, sentence: str) -> None:
        self.cause = cause
        super().__init__(sentence)
