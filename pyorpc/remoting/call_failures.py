"""What a callee answers a call with that has failed, or never ran. Values only."""

from __future__ import annotations

from pyorpc.errors import HRESULT, CallCanceledError, ComError, Executed
from pyorpc.wire.error_info import LONGEST_TEXT, sendable


def describe(error: BaseException) -> str:
    """An exception as text, also one whose own text cannot be had."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__


def cancelled_before_start(name: str) -> CallCanceledError:
    return CallCanceledError(
        HRESULT.RPC_E_CALL_CANCELED,
        f"{name} was cancelled before it started",
        executed="no",
        outcome="not started",
    )


def copy_of(error: ComError, executed: Executed) -> ComError:
    """The error without its frames: what a caller is sent keeps text only."""
    return ComError(
        error.hresult,
        sendable(error.description, LONGEST_TEXT),
        executed=executed,
        outcome=error.outcome,
        remote_traceback=error.remote_traceback,
    )


def cancelled_by_caller(name: str) -> CallCanceledError:
    """What a Pull of the method is told."""
    return CallCanceledError(HRESULT.RPC_E_CALL_CANCELED, f"{name} was cancelled by its caller")
