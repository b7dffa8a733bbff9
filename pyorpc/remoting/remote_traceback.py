"""The traceback of a failed method, as its callers see it: text, never frames or objects.

Sent and shown only where the setting `remote_traceback` of either process allows it. Every process
that a failure passes through puts its own part in front, once.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from traceback import FrameSummary, TracebackException
from typing import Any, Final

from pyorpc.errors import ComError
from pyorpc.wire.error_info import LONGEST_TEXT

HEADING: Final = "remote traceback, process "
_RUNTIME: Final = f"{Path(__file__).resolve().parent.parent}{os.sep}"
_LONGEST_CHAIN: Final = 50
# What a terminal might obey: the text comes from another process.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def traceback_of(error: BaseException) -> str | None:
    """What a caller is sent of it: this thread's part, then those of the calls that it made."""
    parts = [f"{_place()}\n{indent(own, '    ').rstrip()}"] if (own := _own_part(error)) else []
    for each in _chain(error):
        behind = each.remote_traceback if isinstance(each, ComError) else None
        if behind and behind not in parts:
            parts.append(behind)
    return _bounded("\n".join(parts)) or None


def show(error: ComError) -> None:
    """Let the local traceback end with the remote one."""
    if error.remote_traceback:
        text = _bounded(error.remote_traceback)
        error.add_note(_CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text))


def _place() -> str:
    return f"{HEADING}{os.getpid()}, thread {threading.current_thread().name}:"


def _own_part(error: BaseException) -> str:
    """Empty where no code of the user's had a part in it."""
    try:
        told = TracebackException.from_exception(error)
        told.stack[:] = _users(told.stack, ends_there=isinstance(error, ComError))
        if not told.stack:
            return ""
        _drop_notes(told)
        return _bounded("".join(told.format()))
    except Exception as trouble:
        return f"{type(error).__name__}: its traceback cannot be told: {type(trouble).__name__}"


def _users(frames: list[FrameSummary], *, ends_there: bool) -> list[FrameSummary]:
    """Without the runtime's frames that lead to the method and, for its errors, from there on."""
    own = [number for number, frame in enumerate(frames) if not _is_runtime(frame)]
    if not own:
        return [] if ends_there else list(frames)  # a fault of the runtime itself
    return frames[own[0] : own[-1] + 1 if ends_there else len(frames)]


def _is_runtime(frame: FrameSummary) -> bool:
    return frame.filename.startswith(_RUNTIME) or frame.filename.endswith("_idl.py")


def _drop_notes(told: TracebackException, depth: int = 0) -> None:
    """The parts of other processes are appended once, by themselves."""
    notes: list[Any] | None = getattr(told, "__notes__", None)
    if notes:
        kept = [note for note in notes if not str(note).startswith(HEADING)]
        told.__notes__ = kept  # pyright: ignore[reportAttributeAccessIssue]
    if depth < _LONGEST_CHAIN:
        inner = (told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ()))
        for each in inner:
            if each is not None:
                _drop_notes(each, depth + 1)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and those that led to it, as a traceback shows them."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(seen) < _LONGEST_CHAIN:
        each = waiting.pop(0)
        if each is None or any(each is other for other in seen):
            continue
        seen.append(each)
        yield each
        waiting.append(each.__cause__ or (None if each.__suppress_context__ else each.__context__))
        inner: tuple[BaseException, ...] = getattr(each, "exceptions", ())
        if isinstance(each, BaseExceptionGroup):
            waiting.extend(inner)


def _bounded(text: str) -> str:
    """The end of a text says most."""
    if len(text) <= LONGEST_TEXT:
        return text
    cut = "(the beginning is left out)\n"
    return cut + text[len(cut) - LONGEST_TEXT :]
