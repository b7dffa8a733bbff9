"""The process's own Runtime: made by the first need, closed at exit. And the settings for it."""

from __future__ import annotations

import atexit
import os
import threading
from typing import Final

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.peer import refuse_forked
from pyorpc.runtime import Runtime
from pyorpc.settings import Settings, settings_from_environment


class _Default:
    """The default Runtime, and the settings that it will be made with."""

    def __init__(self) -> None:
        self.lock = threading.Lock()  # guards both
        self.runtime: Runtime | None = None
        self.settings: Settings | None = None
        self.pid = os.getpid()


_default: Final = _Default()


def default_runtime_or_none() -> Runtime | None:
    runtime = _default.runtime
    return None if runtime is None or runtime.is_closed else runtime


def default_runtime() -> Runtime:
    """The process's Runtime; made by the first need."""
    refuse_fork()
    with _default.lock:
        if _default.runtime is None or _default.runtime.is_closed:
            _default.runtime = Runtime(_default.settings)
            _default.runtime.is_default = True
        return _default.runtime


def refuse_fork() -> None:
    """Raises E_UNEXPECTED, with a text that says what to do, in a process that was forked."""
    refuse_forked(_default.pid)


def _leave_after_fork() -> None:
    # What the forked thread holds belongs to its parent: the next use says so.
    thread_state().leave()


def default_settings() -> Settings:
    if _default.settings is None:
        _default.settings = settings_from_environment()
    return _default.settings


def set_default_settings(settings: Settings) -> None:
    with _default.lock:
        if default_runtime_or_none() is not None:
            raise ComError(
                HRESULT.E_UNEXPECTED,
                "configure() comes before the process's first initialize(): the settings are fixed",
            )
        _default.settings = settings


def _close_default() -> None:
    runtime = default_runtime_or_none()
    if runtime is not None and os.getpid() == _default.pid:
        runtime.close()


atexit.register(_close_default)
os.register_at_fork(after_in_child=_leave_after_fork)
