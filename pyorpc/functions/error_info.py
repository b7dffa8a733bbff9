"""The error information of the calling thread: set by a method that fails, read by its caller."""

from __future__ import annotations

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.wire.error_info import ErrorInfo


def set_error_info(info: ErrorInfo | None, reserved: int = 0) -> HRESULT:
    """Keep `info` for this thread, in place of what it had; None: keep nothing.

    In a method, it goes to the caller with the failure that the method then raises, if the object
    implements ISupportErrorInfo for that interface. The next outgoing call clears it. Any thread,
    also outside COM. Raises E_INVALIDARG for what is no ErrorInfo, and if `reserved` is not 0.
    """
    _refuse_reserved(reserved)
    if info is not None and not isinstance(info, ErrorInfo):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"info: {info!r:.60} is no ErrorInfo")
    thread_state().error_info = info
    return HRESULT.S_OK


def get_error_info(reserved: int = 0) -> ErrorInfo | None:
    """What set_error_info, or the last failed call, left on this thread; reading clears it.

    None: nothing. Raises E_INVALIDARG, and clears nothing, if `reserved` is not 0.
    """
    _refuse_reserved(reserved)
    state = thread_state()
    info, state.error_info = state.error_info, None
    return info


def _refuse_reserved(reserved: int) -> None:
    if reserved != 0:
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"reserved: {reserved!r} is not 0")
