"""Custom marshaling: an object that implements IMarshal writes its own packets.

The packet names the class that reads it. Objects are asked on the thread that passes the pointer;
readers are made, in process, on the thread that takes it. IMarshal is not in IDL: a packet's bytes
have no length parameter in Python.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ClassVar, Final, TypeVar

from pyorpc.enumerations import MSHCTX, MSHLFLAGS
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid, Iid, Ipid, Oid, Oxid, iid
from pyorpc.remoting.exporter import FREE_THREADED
from pyorpc.unknown import IUnknown, iid_of, interface_for
from pyorpc.wire.objref import ObjRef

_log = logging.getLogger(__name__)
T = TypeVar("T", bound=IUnknown)

CLSID_StdMarshal: Final = Guid("00000017-0000-0000-c000-000000000046")
"""What `GetUnmarshalClass` says for an object that is marshaled the standard way."""


class IMarshal(IUnknown):
    """An object that writes its own packets, and the class that reads them."""

    IID: ClassVar[Iid] = iid("00000003-0000-0000-c000-000000000046")

    def GetUnmarshalClass(self, riid: type[IUnknown] | Guid, dest: int, flags: int) -> Guid:
        """The CLSID of the class that will read the packet; `CLSID_StdMarshal`: a proxy's."""
        raise NotImplementedError

    def MarshalInterface(self, riid: type[IUnknown] | Guid, dest: int, flags: int) -> bytes:
        """What the reader will be given, in the process where the packet arrives."""
        raise NotImplementedError

    def UnmarshalInterface(self, data: bytes, riid: type[IUnknown] | Guid) -> IUnknown | None:
        """The pointer in a packet. It does not release what the packet holds (ruling R-16)."""
        raise NotImplementedError

    def ReleaseMarshalData(self, data: bytes) -> None:
        """Give up a packet that nobody will read any more."""
        raise NotImplementedError

    def DisconnectObject(self) -> None:
        """Take the object from all its clients."""
        raise NotImplementedError


class CustomMarshal:
    """One per Runtime."""

    def __init__(self) -> None:
        # Makes the object that reads packets of a class. Set by the activation, a layer above.
        self.new_reader: Callable[[Clsid], IMarshal]

    def write(
        self, obj: IUnknown, iface: type[IUnknown] | Guid, dest: MSHCTX | int, flags: MSHLFLAGS
    ) -> ObjRef | None:
        """The object's own packet; None where it is marshaled the standard way.

        Raises what the object raises, E_NOINTERFACE where it refuses `iface`.
        """
        writer = writer_of(obj)
        if writer is None:
            return None
        wanted = iid_of(iface)
        riid = interface_for(wanted)
        reader = writer.GetUnmarshalClass(riid, dest, flags)
        if reader == CLSID_StdMarshal:
            return None
        obj.QueryInterface(riid)  # it refuses here what it cannot be
        written = _checked(writer.MarshalInterface(riid, dest, flags), type(obj).__name__)
        return ObjRef(wanted, 0, 0, Oxid(0), Oid(0), Ipid(reader), (), written)

    def read(self, ref: ObjRef, iface: type[IUnknown] | Guid) -> IUnknown:
        """The pointer in a custom packet. Raises REGDB_E_CLASSNOTREG and what the reader does."""
        assert ref.custom is not None
        reader = self.new_reader(Clsid(Guid(ref.ipid.bytes)))
        pointer = reader.UnmarshalInterface(ref.custom, interface_for(ref.iid))
        if pointer is None:
            raise ComError(
                HRESULT.E_UNEXPECTED, f"{type(reader).__name__}.UnmarshalInterface returned null"
            )
        return pointer if iid_of(iface) == ref.iid else pointer.QueryInterface(iface)

    def release(self, ref: ObjRef) -> None:
        """Give up a custom packet. Raises as `read` does."""
        assert ref.custom is not None
        self.new_reader(Clsid(Guid(ref.ipid.bytes))).ReleaseMarshalData(ref.custom)

    def release_unsent(self, ref: ObjRef) -> None:
        """As `release`, for a packet that did not get away: what goes wrong is only logged."""
        try:
            self.release(ref)
        except Exception as error:
            _log.warning("a custom packet of class %s was not released: %s", ref.ipid, error)


def _checked(written: object, who: str) -> bytes:
    """Writers are users' code: what they return may be anything."""
    if isinstance(written, bytes | bytearray):
        return bytes(written)
    raise ComError(
        HRESULT.E_UNEXPECTED,
        f"{who}.MarshalInterface returned a {type(written).__name__}, not bytes",
    )


def writer_of(obj: IUnknown) -> IMarshal | None:
    """Who writes the packets of an object; None where the runtime does."""
    if getattr(obj, FREE_THREADED, False):
        return None  # the runtime knows how: the object itself, everywhere in the process
    if type(obj).QueryInterface is IUnknown.QueryInterface:
        return obj if isinstance(obj, IMarshal) else None
    try:
        found = obj.QueryInterface(IMarshal)
    except ComError:
        return None
    return found
