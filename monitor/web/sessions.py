"""The session cookie of the web UI: signed, not encrypted, and valid until 30 days after the last visit.

The signature depends on the password, so a new password ends every session.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from monitor.model import Moment
from monitor.units import DAY

SESSION_COOKIE = "claimwatch_session"
SESSION_S = 30 * DAY  # after the last visit
RENEWAL_S = DAY  # after which a visit renews the cookie
MAX_COOKIE_CHARS = 500


@dataclass(frozen=True, slots=True)
class Session:
    """A session; `at` is when its cookie was made or renewed."""

    id: str
    at: Moment

    @property
    def until(self) -> Moment:
        return self.at + SESSION_S


def new_session(now: Moment) -> Session:
    return Session(secrets.token_urlsafe(16), now // 1)


def seal_session(session: Session, key: bytes, password: str) -> str:
    """Return the value of the session's cookie."""
    return str(session_serializer(key, password).dumps([session.id, session.at]))


def open_session(cookie: str, key: bytes, password: str, now: Moment) -> Session | None:
    """Return the session of a cookie; None if it was not made with this key and password, or has expired."""
    if len(cookie) > MAX_COOKIE_CHARS:
        return None
    try:
        content: Any = session_serializer(key, password).loads(cookie)
        session = Session(str(content[0]), float(content[1]))
    except (BadSignature, TypeError, ValueError, LookupError):
        return None
    return session if session.until > now else None


def session_serializer(key: bytes, password: str) -> URLSafeSerializer:
    signing_key = hmac.digest(key, password.encode(), "sha256")
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(signing_key, salt="session", signer_kwargs=options)
