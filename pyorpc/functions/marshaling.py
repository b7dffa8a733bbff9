"""Passing interface pointers by hand: packets, streams, agile references, the global table."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from pyorpc.arguments import member_of, refuse_no_bytes, refuse_no_object, refuse_null
from pyorpc.context.thread_state import thread_state
from pyorpc.enumerations import MSHCTX, MSHLFLAGS
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.functions.apartments import current_runtime
from pyorpc.ids import Guid
from pyorpc.remoting.custom_marshal import IMarshal
from pyorpc.remoting.git import GlobalInterfaceTable
from pyorpc.remoting.link import Link
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.services.free_threaded_marshaler import FreeThreadedMarshaler
from pyorpc.services.remote_unknown import RemoteUnknown
from pyorpc.services.standard_marshal import StandardMarshal
from pyorpc.unknown import IUnknown, iid_of
from pyorpc.wire.objref import ObjRef, unpack

T = TypeVar("T", bound=IUnknown)


def marshal_interface(
    obj: IUnknown,
    iface: type[IUnknown],
    dest: MSHCTX | int = MSHCTX.LOCAL,
    flags: MSHLFLAGS | int = MSHLFLAGS.NORMAL,
) -> bytes:
    """A packet (an OBJREF of [MS-DCOM] 2.2.18) from which another context makes its pointer.

    A NORMAL packet is unmarshaled once, or released. A TABLESTRONG packet is unmarshaled often and
    keeps the object until it is released; a TABLEWEAK one does not keep it.
    Raises E_INVALIDARG for null, E_NOINTERFACE where the object or its proxy refuses `iface`.
    """
    refuse_no_object(obj, "obj")
    where, how = member_of(MSHCTX, dest, "dest"), member_of(MSHLFLAGS, flags, "flags")
    packets = current_runtime(thread_state()).hand_packets
    return packets.make(obj, iface, where, how).pack()


def unmarshal_interface(data: bytes, iface: type[T]) -> T:
    """The pointer in a packet: the object itself at home, elsewhere a proxy.

    Raises STG_E_READFAULT, RPC_E_INVALID_OBJREF, OR_INVALID_OXID, CO_E_OBJNOTCONNECTED (also for a
    NORMAL packet that was unmarshaled before), and outside the object's apartment CO_E_OBJNOTREG
    for a table packet whose object is gone.
    """
    refuse_no_bytes(data, "data")
    return current_runtime(thread_state()).hand_packets.take(unpack(data), iface)


def marshal_hresult(hresult: int) -> bytes:
    """A result code as 4 bytes, little-endian. Raises E_INVALIDARG for what is no HRESULT."""
    try:
        return HRESULT(hresult).to_bytes(4, "little")
    except ValueError:
        text = f"hresult: {hresult!r:.60} is no 32-bit code"
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, text) from None


def unmarshal_hresult(data: bytes) -> HRESULT:
    """The code at the beginning of `data`. Raises STG_E_READFAULT where there are no 4 bytes."""
    refuse_no_bytes(data, "data")
    if len(data) < 4:
        raise ComError(HRESULT.STG_E_READFAULT, f"a result code has 4 bytes, not {len(data)}")
    return HRESULT(int.from_bytes(data[:4], "little"))


def release_marshal_data(data: bytes) -> None:
    """Give up a packet: a NORMAL one that nobody will unmarshal, or a table packet.

    Raises STG_E_READFAULT, RPC_E_INVALID_OBJREF, CO_E_OBJNOTCONNECTED (released before).
    """
    refuse_no_bytes(data, "data")
    current_runtime(thread_state()).hand_packets.release(unpack(data))


def get_standard_marshal(
    iface: type[IUnknown] | Guid,
    obj: IUnknown | None,
    dest: MSHCTX | int = MSHCTX.LOCAL,
    flags: MSHLFLAGS | int = MSHLFLAGS.NORMAL,
) -> IMarshal:
    """The standard marshaler of `obj`, for its own IMarshal to fall back on; null: it only reads.

    `dest` and `flags` are those of the packet that it is for. Raises E_INVALIDARG,
    CO_E_NOTINITIALIZED.
    """
    iid_of(iface)
    if obj is not None:
        refuse_no_object(obj, "obj")
    where, how = member_of(MSHCTX, dest, "dest"), member_of(MSHLFLAGS, flags, "flags")
    packets = current_runtime(thread_state()).hand_packets
    return StandardMarshal(packets, obj, where, how)


def create_free_threaded_marshaler(outer: IUnknown | None) -> IUnknown:
    """Make `outer` agile: every apartment of the process gets the object itself.

    What it returns answers IMarshal for `outer`, whose own QueryInterface may hand it out; null
    makes an agile object by itself. Raises E_INVALIDARG for proxies.
    """
    if outer is not None:
        refuse_no_object(outer, "outer")
    current_runtime(thread_state())
    return FreeThreadedMarshaler(outer)


class InterfaceStream(Generic[T]):
    """A pointer on its way to another thread of this process; it is used once.

    One that nobody takes gives its object up when it is collected.
    """

    def __init__(self, ref: ObjRef, link: Link | None) -> None:
        self._lock = threading.Lock()  # guards _ref
        self._ref: ObjRef | None = ref
        self._link = link  # None: its object has written the packet itself

    def take(self) -> ObjRef:
        with self._lock:
            ref, self._ref = self._ref, None
        if ref is None:
            raise ComError(HRESULT.STG_E_READFAULT, "the stream was used already")
        return ref

    def __del__(self) -> None:
        ref = self._ref  # no lock: nobody else has it any more
        if ref is not None and self._link is not None:
            self._link.release_later({ref.ipid: ref.public_refs})


def marshal_inter_thread_interface(obj: T, iface: type[T]) -> InterfaceStream[T]:
    """A stream to hand to another thread of this process, any way you like."""
    refuse_no_object(obj, "obj")
    runtime = current_runtime(thread_state())
    is_remote = isinstance(obj, InterfaceProxy) and obj.channel.is_remote
    ref = runtime.marshaler.marshal(obj, iface, is_remote=is_remote)
    assert ref is not None
    return InterfaceStream(ref, runtime.marshaler.link_of(ref) if ref.custom is None else None)


def get_interface_and_release(stream: InterfaceStream[T], iface: type[T]) -> T:
    """The pointer in a stream, for this thread; the stream is spent."""
    refuse_null(stream, "stream")
    if not isinstance(stream, InterfaceStream):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG,
            f"stream: {stream!r:.80} is none: pass what marshal_inter_thread_interface() returned, "
            "or unmarshal_interface() a packet",
        )
    runtime = current_runtime(thread_state())
    pointer = runtime.marshaler.unmarshal(stream.take(), iface)
    assert pointer is not None
    return pointer


def global_interface_table() -> GlobalInterfaceTable:
    """The process's table of cookies; usable from every apartment."""
    return current_runtime(thread_state()).interface_table


class AgileReference(Generic[T]):
    """A pointer that every apartment of the process may hold; `resolve` gives the local one."""

    def __init__(self, table: GlobalInterfaceTable, obj: T, iface: type[T]) -> None:
        self._table = table
        self._iface = iface
        self._cookie = table.RegisterInterfaceInGlobal(obj, iface)

    def resolve(self) -> T:
        """The pointer for the calling thread's context. Raises CO_E_NOTINITIALIZED."""
        return self._table.GetInterfaceFromGlobal(self._cookie, self._iface)

    def __del__(self) -> None:
        if hasattr(self, "_cookie"):
            self._table.forget(self._cookie)


def agile_reference(obj: T, iface: type[T]) -> AgileReference[T]:
    """An agile reference to `obj`; it keeps the object as a proxy does."""
    refuse_no_object(obj, "obj")
    return AgileReference(global_interface_table(), obj, iface)


def remote_unknown(proxy: IUnknown) -> RemoteUnknown:
    """The IRemUnknown of the apartment of a proxy's object: reference counts by hand.

    Raises E_INVALIDARG for null, and for what is no proxy: an object at home has no such counts.
    """
    refuse_null(proxy, "proxy")
    if not isinstance(proxy, InterfaceProxy):
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"proxy: {proxy!r:.80} is no proxy")
    state = thread_state()
    runtime = current_runtime(state)
    proxy.channel.check(state, "remote_unknown")
    return RemoteUnknown(proxy, runtime.marshaler, runtime.hand_packets)
