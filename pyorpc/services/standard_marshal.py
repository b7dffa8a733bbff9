"""The standard marshaler behind IMarshal: of a proxy, which answers it, and of an object that asks.

Its packets are those of `marshal_interface` and `unmarshal_interface`. Any thread in an apartment.
"""

from __future__ import annotations

from pyorpc.context.thread_state import thread_state
from pyorpc.enumerations import MSHCTX, MSHLFLAGS
from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.ids import Guid
from pyorpc.remoting.custom_marshal import CLSID_StdMarshal, IMarshal
from pyorpc.remoting.disconnect import disconnect
from pyorpc.remoting.hand_packets import HandPackets
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.proxy_face import ProxyFace
from pyorpc.unknown import IUnknown
from pyorpc.wire.objref import unpack


class StandardMarshal(IMarshal):
    """Of one object, or of none: then it only reads packets.

    `dest` and `flags` are what a method takes that is not given its own.
    """

    def __init__(
        self,
        packets: HandPackets,
        obj: IUnknown | None,
        dest: int = MSHCTX.LOCAL,
        flags: int = MSHLFLAGS.NORMAL,
    ) -> None:
        self._packets = packets
        self._obj = obj
        self._dest = dest
        self._flags = flags

    def GetUnmarshalClass(
        self, riid: type[IUnknown] | Guid, dest: int | None = None, flags: int | None = None
    ) -> Guid:
        """Always CLSID_StdMarshal."""
        return CLSID_StdMarshal

    def MarshalInterface(
        self, riid: type[IUnknown] | Guid, dest: int | None = None, flags: int | None = None
    ) -> bytes:
        """A standard packet. Raises E_NOINTERFACE, E_INVALIDARG where there is no object."""
        dest = self._dest if dest is None else dest
        flags = self._flags if flags is None else flags
        if self._obj is None:
            raise InvalidArgumentError(HRESULT.E_INVALIDARG, "obj: this marshaler only reads")
        return self._packets.make_standard(self._obj, riid, dest, MSHLFLAGS(flags)).pack()

    def UnmarshalInterface(self, data: bytes, riid: type[IUnknown] | Guid) -> IUnknown:
        """As `unmarshal_interface`."""
        return self._packets.take(unpack(data), riid)

    def ReleaseMarshalData(self, data: bytes) -> None:
        """As `release_marshal_data`."""
        self._packets.release(unpack(data))

    def DisconnectObject(self) -> None:
        """As `disconnect_object`; where nothing is exported here, as from a proxy, nothing."""
        if self._obj is not None:
            disconnect(self._packets.exporter, self._obj, thread_state())


class ProxyMarshal(ProxyFace, StandardMarshal):
    """IMarshal of a proxy. Its packets name the object, not the proxy."""

    def __init__(self, packets: HandPackets, proxy: InterfaceProxy) -> None:
        ProxyFace.__init__(self, proxy)
        StandardMarshal.__init__(self, packets, proxy)
