"""CallObject: a call as an object. Begin sends it, Finish takes its results. Base of AsyncIFoo's.

Begin and Finish are used in the context of the proxy that it was made from; all else on any thread.
Errors of the call come out of Finish; Begin raises only what kept the call from being sent.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.remoting.call_outer import CallUnknown, ReplyNotice
from pyorpc.remoting.call_signal import CallSignal
from pyorpc.remoting.parameter_names import name_parameter
from pyorpc.unknown import IUnknown, iid_of, interface_for, name_of
from pyorpc.wire.method import Method

if TYPE_CHECKING:
    from pyorpc.remoting.channel import Channel
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.remoting.proxy import InterfaceProxy

A = TypeVar("A", bound=tuple[Any, ...])
R = TypeVar("R")
T = TypeVar("T", bound=IUnknown)

# Where an AsyncIFoo class keeps the class of call objects that was generated for it.
CALL_OBJECT_CLASS: Final = "_pyorpc_call_object_class"


def make_call_object(
    proxy: InterfaceProxy, async_iface: type[IUnknown] | Guid, outer: IUnknown | None = None
) -> CallObject:
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
    call = call_class(pointer, outer)
    pointer.lend(call)  # it dies without a word: its use of the proxy ends with it
    return call


class CallObject(IUnknown):
    """One call at a time; reusable after Finish; may be abandoned.

    With an outer, its QueryInterface is the outer's, as far as that knows the interface.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for base in cls.__bases__:
            if "SYNC" in base.__dict__:
                setattr(base, CALL_OBJECT_CLASS, cls)

    def __init__(self, proxy: InterfaceProxy, outer: IUnknown | None = None) -> None:
        self._proxy = proxy
        self._channel = proxy.channel
        self._outer = outer
        self._lock = Lock()  # guards _pending and _is_beginning
        self._pending: OutgoingCall | None = None
        self._is_beginning = False
        self._args: Any = None  # of the pending call: their references come back if it fails unrun
        self._notice: ReplyNotice | None = None  # of the pending call, to the outer
        self._has_finished = False  # a call, since the last Begin
        self._signal: CallSignal | None = None  # made by the first who wants it
        self.open_pipes: Any = None  # of the pending call, where its method has any

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
        """Set from the end of a call to the next Begin. Any thread."""
        with self._lock:
            if self._signal is None:
                self._signal = CallSignal(is_set=self._has_finished)
                if self._pending is not None:
                    self._signal.begun(self._pending)  # nobody waits for it yet
            return self._signal

    # ---- IUnknown --------------------------------------------------------------------------

    @overload
    def QueryInterface(self, iface: type[T]) -> T: ...
    @overload
    def QueryInterface(self, iface: Guid) -> IUnknown: ...
    def QueryInterface(self, iface: type[IUnknown] | Guid) -> IUnknown:
        """The outer's answer where there is one. Raises E_NOINTERFACE."""
        if self._outer is not None:
            try:
                return self._outer.QueryInterface(iface)
            except ComError as error:
                if error.hresult != HRESULT.E_NOINTERFACE:
                    raise
        return self.own_interface(iface)

    def own_interface(self, iface: type[IUnknown] | Guid) -> IUnknown:
        """As QueryInterface without any outer: itself, or a face of its own."""
        face = self._proxy.marshaler.call_faces.get(iid_of(iface))
        return super().QueryInterface(iface) if face is None else face(self)

    @property
    def inner(self) -> CallUnknown:
        """What its outer holds."""
        return CallUnknown(self)

    # ---- what generated methods call -------------------------------------------------------

    @property
    def channel(self) -> Channel:
        return self._channel

    def _begin(self, method: Method[A, Any], args: A) -> None:
        try:
            self._reserve()
            try:
                call = self._channel.begin(method, args)
            except BaseException:
                self._is_beginning = False
                raise
        except ComError as error:
            self._channel.release_unsent(args, error)
            name_parameter(error, self, f"Begin_{method.name.rpartition('.')[2]}")
            raise
        self._args = args
        with self._lock:
            self._pending, self._is_beginning, self._has_finished = call, False, False
            signal = self._signal
        if signal is not None:
            signal.begun(call)
        if self._outer is not None:
            self._notice = notice = ReplyNotice(self._outer, self._channel.context)
            call.listen(notice.send)
            if call.is_done:
                notice.send()

    def _reserve(self) -> None:
        with self._lock:
            if self._pending is None and not self._is_beginning:
                self._is_beginning = True
                return
            name = "a call" if self._pending is None else self._pending.method.name
        raise ComError(
            HRESULT.RPC_S_CALLPENDING,
            f"{name} was begun on this call object and not finished yet",
            executed="no",
        )

    def _finish(self, method: Method[Any, R]) -> R:
        call = self._pending
        if call is None:
            raise _nothing_to_finish(method)
        if call.method is not method:
            raise ComError(
                HRESULT.RPC_E_CALL_COMPLETE,
                f"{call.method.name} was begun on this call object, not {method.name}",
            )
        self._channel.await_call(call, None)
        if self._notice is not None:
            self._notice.run()  # here and now, unless it was delivered: never after the results
        with self._lock:
            if self._pending is not call:
                raise _nothing_to_finish(method)  # another thread, or the outer's Signal, did
            self._pending, self._has_finished = None, True
            signal = self._signal
        if signal is not None:
            signal.finished()
        args, self._args = self._args, None
        if call.error is not None:
            self._channel.release_unsent(args, call.error)
        state = thread_state()
        state.last_hresult = call.hresult
        state.error_info = None if call.error is None else call.error.error_info
        result: R = call.result()
        return result


def _nothing_to_finish(method: Method[Any, Any]) -> ComError:
    return ComError(
        HRESULT.RPC_E_CALL_COMPLETE, f"{method.name}: no call was begun, or it was finished"
    )
