"""Whether an object's error information may go to its caller: ISupportErrorInfo says so.

Runs on the object's thread, inside its context, where a method has failed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from pyorpc.errors import HRESULT, ComError, Success
from pyorpc.ids import Guid
from pyorpc.remoting.channel_hooks import Interface, interface_at

if TYPE_CHECKING:
    from pyorpc.remoting.incoming_call import IncomingCall
    from pyorpc.wire.error_info import ErrorInfo

_log = logging.getLogger(__name__)
# ISupportErrorInfo, which is a layer above.
_IID: Final = Guid("df0b3d60-548f-101b-8e65-08002b2bd119")


def add_info(error: ComError, info: ErrorInfo, call: IncomingCall) -> None:
    """Let the information travel with a failure, if the object supports that for this interface.

    It also gives the failure a text, where that has none.
    """
    if supports_error_info(call.manager.target, interface_at(call.manager, call.stub)):
        error.error_info = info
        error.description = error.description or info.description


def supports_error_info(target: Any, riid: Interface) -> bool:
    """What ISupportErrorInfo answers for an interface; no, where the object does not have it."""
    try:
        answer: object = target.QueryInterface(_IID).InterfaceSupportsErrorInfo(riid)
    except ComError:
        return False
    except Exception:
        who = type(target).__name__
        _log.exception("%s failed to say whether it supports error information", who)
        return False
    if isinstance(answer, Success):
        answer = answer.hresult
    # None is S_OK; a bool says what it says, an HRESULT S_OK or S_FALSE.
    return answer is None or answer is True or (answer is not False and answer == HRESULT.S_OK)
