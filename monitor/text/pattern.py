"""A user's regular expression, in linear time: RE2, so that no pattern can hold up the program."""

from __future__ import annotations

import re2

from monitor.text.split import Pattern

_RE2_OPTIONS = re2.Options()
_RE2_OPTIONS.log_errors = False
_RE2_OPTIONS.case_sensitive = False


def compile_pattern(text: str) -> Pattern:
    """The compiled pattern, blind to case. ValueError with RE2's own sentence if it cannot be read."""
    try:
        compiled: Pattern = re2.compile(text, options=_RE2_OPTIONS)
    except re2.error as error:
        reason = error.args[0]
        raise ValueError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None
    return compiled
