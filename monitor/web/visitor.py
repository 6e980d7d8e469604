"""Who sends the current request, and the token that their forms must contain."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from monitor.web.sessions import Session


class Entrance(StrEnum):
    """How a visitor came in."""

    NONE = "none"  # not logged in where that is required
    OPEN = "open"  # no login is required
    SESSION = "session"  # with the password
    PROXY = "proxy"  # named by a trusted proxy
    TOKEN = "token"  # noqa: S105  a program with a token of the config


@dataclass(frozen=True, slots=True)
class Visitor:
    """The sender of a request. `name` is the user that a proxy named; `csrf_token` is what forms must contain.

    `token_wait_s`: for so many seconds no token of theirs is checked.
    """

    entrance: Entrance = Entrance.NONE
    name: str = ""
    session: Session | None = None
    csrf_token: str = ""
    token_wait_s: float = 0.0

    @property
    def author(self) -> str:
        """The name that is stored with what the visitor does."""
        return self.name or ("api" if self.entrance is Entrance.TOKEN else "web")


NOBODY = Visitor()
_current: ContextVar[Visitor] = ContextVar("visitor", default=NOBODY)


def current_visitor() -> Visitor:
    return _current.get()


def set_visitor(visitor: Visitor) -> None:
    """Make `visitor` the sender of the current request: in this task and in the thread that runs its page."""
    _current.set(visitor)
