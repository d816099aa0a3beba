# SPDX-License-Identifier: Apache-2.0
"""Collects the library's messages, so that an exception can carry the whole reason."""

import logging
import threading

from ._bireme import ILogger

_log = logging.getLogger("bireme")
_LEVELS = {
    ILogger.WARNING: logging.WARNING,
    ILogger.INFO: logging.INFO,
    ILogger.VERBOSE: logging.DEBUG,
}


class Error(RuntimeError):
    """Something that could not be done, with the whole reason as its text."""


class Messages(ILogger):
    """Keeps errors until they are taken; the rest goes to the Python logger named "bireme"."""

    def __init__(self):
        super().__init__()
        self._errors = {}
        self._lock = threading.Lock()

    def log(self, severity, msg):
        level = _LEVELS.get(severity)
        if level is not None:
            _log.log(level, "%s", msg)
            return
        with self._lock:
            self._errors.setdefault(threading.get_ident(), []).append(msg)

    def take(self):
        """Errors of this thread, or of all when it has none: workers report from their own."""
        with self._lock:
            mine = self._errors.pop(threading.get_ident(), None)
            if mine is None:
                mine = [text for texts in self._errors.values() for text in texts]
                self._errors.clear()
            return mine

    def error(self, what, *more):
        """An Error that says what failed, such as 'cannot load "m.engine"', and why: first `more`,
        then what was logged."""
        reasons = []
        for text in (*more, *self.take()):
            if not any(text in known or known in text for known in reasons):
                reasons.append(text)
        reasons = reasons or ["no reason was given"]
        if len(reasons) == 1:
            # Many reasons begin with the file's name themselves.
            verb, _, name = what.partition(' "')
            said = name and reasons[0].startswith(f'"{name}')
            return Error(f"{verb}: {reasons[0]}" if said else f"{what}: {reasons[0]}")
        return Error("\n".join([f"{what}:", *(f"- {text}" for text in reasons)]))
