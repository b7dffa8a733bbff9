"""ISynchronize over a handle: the standard event objects, and which handle an object waits with.

Agile: every apartment of the process has the object itself. `Wait` waits as the calling thread's
apartment does; for another process a pool thread waits here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pyorpc.apartment.event import Event
from pyorpc.apartment.handle import Choice, Handle, any_of
from pyorpc.apartment.sta import Sta
from pyorpc.arguments import member_of, refuse_no_timeout
from pyorpc.context.thread_state import thread_state
from pyorpc.enumerations import COWAIT, INFINITE
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.interfaces.call_idl import ISynchronize, ISynchronizeProxy, ISynchronizeStub
from pyorpc.interfaces.synchronization_idl import ISynchronizeEvent, ISynchronizeHandle
from pyorpc.remoting.call_object import CallObject
from pyorpc.remoting.call_signal import CallSignal
from pyorpc.remoting.caller_gone import CallerGone
from pyorpc.remoting.cancel import Cancellation
from pyorpc.remoting.handle_waits import wait_for_handles
from pyorpc.remoting.remote_incoming_call import RemoteIncomingCall
from pyorpc.unknown import IUnknown


class StandardEvent(ISynchronize, ISynchronizeEvent):
    """Base of the two classes of event objects; they differ in who resets them."""

    def __init__(self, event: Event) -> None:
        self._event = event

    def Wait(self, flags: int, timeout_ms: int) -> HRESULT:
        """S_OK, or RPC_S_CALLPENDING when the time is over. An alertable wait runs APCs: S_OK.

        Raises RPC_E_CALL_CANCELED where the message filter of a waiting STA says so.
        """
        return wait_result(self, self._event, flags, timeout_ms)

    def Signal(self) -> None:
        self._event.set()

    def Reset(self) -> None:
        self._event.reset()

    def GetHandle(self) -> Event:
        """The Event that it waits with."""
        return self._event

    def SetEventHandle(self, handle: object) -> None:
        """Use another Event from now on. Raises E_INVALIDARG for what is none."""
        if not isinstance(handle, Event):
            raise InvalidArgumentError(
                HRESULT.E_INVALIDARG, f"handle: {handle!r:.80} is no pyorpc.Event"
            )
        self._event = handle


class ManualResetEvent(StandardEvent):
    """Signalled until it is reset."""

    def __init__(self) -> None:
        super().__init__(Event(manual_reset=True))


class AutoResetEvent(StandardEvent):
    """Each signal lets one wait through."""

    def __init__(self) -> None:
        super().__init__(Event())


class SynchronizeProxy(ISynchronizeProxy, ISynchronize):
    """Takes the generated proxy's place: an STA serves every call, as in a wait for handles.

    In the wait of an ordinary call it would hold the one that signals.
    """

    def Wait(self, flags: int, timeout_ms: int) -> HRESULT:
        """As the event's own. What ends the wait early, an APC or the filter, ends the call."""
        state = thread_state()
        if not isinstance(state.home, Sta):
            return super().Wait(flags, timeout_ms)
        call = self.channel.begin(_WAIT, (flags, timeout_ms))
        signal = CallSignal(is_set=False)
        signal.begun(call)
        try:
            index = wait_for_handles([signal], any_of, INFINITE, flags, state)
        finally:
            if not call.is_done:
                Cancellation(call, state.runtime.resolver).cancel(0, state)
        if index != 0:
            return HRESULT.S_OK  # as an event of this process says after an APC
        state.last_hresult = call.hresult
        result: HRESULT = call.result()
        return result


_WAIT: Final = ISynchronizeStub.METHODS[3][0]


def wait_result(target: IUnknown, handle: Handle, flags: int, timeout_ms: int) -> HRESULT:
    """What `target.Wait` returns, where `handle` is what it waits with (ruling R-2)."""
    try:
        wait_in_call(target, [handle], any_of, timeout_ms, flags)
    except ComError as error:
        if error.hresult != HRESULT.RPC_S_CALLPENDING:
            raise
        return error.hresult
    return HRESULT.S_OK


def wait_in_call(
    target: IUnknown, handles: Sequence[Handle], choose: Choice, timeout_ms: int, flags: int
) -> int:
    """As wait_for_handles; where another process called `target`, also until that waits no more."""
    refuse_no_timeout(timeout_ms)
    how = member_of(COWAIT, flags, "flags")
    state = thread_state()
    call = state.incoming
    if not isinstance(call, RemoteIncomingCall) or call.manager.target is not target:
        return wait_for_handles(handles, choose, timeout_ms, how, state)
    gone = CallerGone(call)
    index = wait_for_handles([*handles, gone], choose, timeout_ms, how, state)
    if index == len(handles):
        raise gone.error()
    return index


def handle_of(pointer: IUnknown) -> Handle:
    """What waits for an object of this process. Raises E_NOINTERFACE where it has no handle."""
    call = getattr(pointer, "call_object", pointer)  # a call object's ISynchronize may be a face
    if isinstance(call, CallObject):
        return call.signal
    handle: Any = pointer.QueryInterface(ISynchronizeHandle).GetHandle()
    if not isinstance(handle, Handle):
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG, f"{pointer!r:.80}: its GetHandle gave {handle!r:.80}"
        )
    return handle
