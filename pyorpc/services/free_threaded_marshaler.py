"""The free-threaded marshaler: IMarshal of an agile object, which is itself in every apartment.

In the process its packets give the object itself, elsewhere a proxy. Any thread in an apartment.
"""

from __future__ import annotations

from typing import Final, TypeVar, overload
from weakref import ref

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Guid
from pyorpc.remoting.custom_marshal import CLSID_StdMarshal, IMarshal
from pyorpc.remoting.exporter import FREE_THREADED
from pyorpc.remoting.hand_packets import HandPackets
from pyorpc.remoting.marshaler import IN_PROCESS
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.proxy_face import ProxyFace
from pyorpc.services.standard_marshal import StandardMarshal
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)

CLSID_InProcFreeMarshaler: Final = Guid("0000033a-0000-0000-c000-000000000046")
"""What `GetUnmarshalClass` of an agile object says inside the process."""


class AgileMarshal(StandardMarshal):
    """IMarshal of an agile object; QueryInterface leads back to the object."""

    def __init__(self, outer: IUnknown) -> None:
        StandardMarshal.__init__(self, _packets(), outer)
        self._outer = outer

    @overload
    def QueryInterface(self, iface: type[T]) -> T: ...
    @overload
    def QueryInterface(self, iface: Guid) -> IUnknown: ...
    def QueryInterface(self, iface: type[IUnknown] | Guid) -> IUnknown:
        """What the object answers."""
        return self._outer.QueryInterface(iface)

    def GetUnmarshalClass(
        self, riid: type[IUnknown] | Guid, dest: int | None = None, flags: int | None = None
    ) -> Guid:
        """CLSID_InProcFreeMarshaler inside the process, elsewhere CLSID_StdMarshal."""
        return CLSID_InProcFreeMarshaler if dest in IN_PROCESS else CLSID_StdMarshal


class FreeThreadedMarshaler(IUnknown):
    """The inner object: whoever made it agile keeps it and hands out its IMarshal."""

    def __init__(self, outer: IUnknown | None) -> None:
        target: IUnknown = self if outer is None else outer
        self._outer = ref(target)  # weak: the outer object keeps this one
        if isinstance(outer, InterfaceProxy | ProxyFace):
            raise InvalidArgumentError(
                HRESULT.E_INVALIDARG, f"outer: {outer!r} is not at home here, so it is not agile"
            )
        object.__setattr__(target, FREE_THREADED, True)  # it may not want to be set

    @overload
    def QueryInterface(self, iface: type[T]) -> T: ...
    @overload
    def QueryInterface(self, iface: Guid) -> IUnknown: ...
    def QueryInterface(self, iface: type[IUnknown] | Guid) -> IUnknown:
        """IMarshal and IUnknown; the rest is the outer object's. Raises E_NOINTERFACE."""
        if iface in (IMarshal, IMarshal.IID):
            outer = self._outer()
            if outer is None:
                raise ComError(HRESULT.CO_E_OBJNOTCONNECTED, "the outer object has died")
            return AgileMarshal(outer)
        return super().QueryInterface(iface)


def _packets() -> HandPackets:
    runtime = thread_state().runtime
    if runtime is None:
        raise ComError(
            HRESULT.CO_E_NOTINITIALIZED, "this thread is in no apartment: call pyorpc.initialize()"
        )
    packets: HandPackets = runtime.hand_packets
    return packets
