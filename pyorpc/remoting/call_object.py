"""CallObject: a call as an object. Begin sends it, Finish takes its results. Base of AsyncIFoo's.

Used in the context of the proxy that it was made from. Errors of the call come out of Finish;
Begin raises only what kept the call from being sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.remoting.call_signal import CallSignal
from pyorpc.remoting.parameter_names import name_parameter
from pyorpc.unknown import IUnknown, interface_for, name_of
from pyorpc.wire.method import Method

if TYPE_CHECKING:
    from pyorpc.remoting.channel import Channel
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.remoting.proxy import InterfaceProxy

A = TypeVar("A", bound=tuple[Any, ...])
R = TypeVar("R")

# Where an AsyncIFoo class keeps the class of call objects that was generated for it.
CALL_OBJECT_CLASS: Final = "_pyorpc_call_object_class"


def make_call_object(proxy: InterfaceProxy, async_iface: type[IUnknown] | Guid) -> CallObject:
    """A call object of `proxy`. Raises E_NOINTERFACE where `async_iface` is not asynchronous."""
    wanted = interface_for(async_iface) if isinstance(async_iface, Guid) else async_iface
    call_class: type[CallObject] | None = getattr(wanted, CALL_OBJECT_CLASS, None)
    if call_class is None:
        raise ComError(
            HRESULT.E_NOINTERFACE,
            f"{name_of(async_iface)} is not the asynchronous form of an interface: pass the Async "
            "class that the IDL attribute async_uuid generates",
        )
    sync: type[IUnknown] = getattr(wanted, "SYNC", IUnknown)
    pointer: Any = proxy.QueryInterface(sync)
    call = call_class(pointer)
    pointer.lend(call)  # it dies without a word: its use of the proxy ends with it
    return call


class CallObject(IUnknown):
    """One call at a time; reusable after Finish; may be abandoned."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for base in cls.__bases__:
            if "SYNC" in base.__dict__:
                setattr(base, CALL_OBJECT_CLASS, cls)

    def __init__(self, proxy: InterfaceProxy) -> None:
        self._proxy = proxy
        self._channel = proxy.channel
        self._pending: OutgoingCall | None = None
        self._has_finished = False  # a call, since the last Begin
        self._signal: CallSignal | None = None  # made by the first who wants it
        self.open_pipes: Any = None  # of the pending call, where its method has any
        self._args: Any = None  # of the pending call: their references come back if it fails unrun

    def __del__(self) -> None:
        # It only puts a note into a queue. The call itself goes on.
        if self._pending is not None:
            self._channel.abandon(self._pending)

    @property
    def pending(self) -> OutgoingCall | None:
        """The call that was begun and not finished."""
        return self._pending

    @property
    def signal(self) -> CallSignal:
        """Set from the end of a call to the next Begin."""
        if self._signal is None:
            self._signal = CallSignal(is_set=self._has_finished)
            if self._pending is not None:
                self._signal.begun(self._pending)  # nobody waits for it yet
        return self._signal

    @property
    def channel(self) -> Channel:
        return self._channel

    def _begin(self, method: Method[A, Any], args: A) -> None:
        try:
            if self._pending is not None:
                raise ComError(
                    HRESULT.RPC_S_CALLPENDING,
                    f"{self._pending.method.name} was begun on this call object and not finished "
                    "yet",
                    executed="no",
                )
            self._pending = self._channel.begin(method, args)
        except ComError as error:
            self._channel.release_unsent(args, error)
            name_parameter(error, getattr(self, f"Begin_{method.name.rpartition('.')[2]}"))
            raise
        self._args = args
        self._has_finished = False
        if self._signal is not None:
            self._signal.begun(self._pending)

    def _finish(self, method: Method[Any, R]) -> R:
        call = self._pending
        if call is None:
            raise ComError(
                HRESULT.RPC_E_CALL_COMPLETE, f"{method.name}: no call was begun, or it was finished"
            )
        if call.method is not method:
            raise ComError(
                HRESULT.RPC_E_CALL_COMPLETE,
                f"{call.method.name} was begun on this call object, not {method.name}",
            )
        self._channel.await_call(call, None)
        self._pending, self._has_finished = None, True
        if self._signal is not None:
            self._signal.finished()
        args, self._args = self._args, None
        if call.error is not None:
            self._channel.release_unsent(args, call.error)
        state = thread_state()
        state.last_hresult = call.hresult
        state.error_info = None if call.error is None else call.error.error_info
        result: R = call.result()
        return result
