"""ProxyStubClasses: the CLSIDs of proxy/stub factories by IID, as long as any thread is in COM.

Generated modules bring proxy and stub classes along and need no entry. A factory that is registered
comes first. Any thread; a factory is asked when an interface of an object is first passed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Guid, Iid, iid
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.stub import InterfaceStub, stub_class_for
from pyorpc.unknown import IUnknown, interface_for, name_of

K = TypeVar("K")


class IPSFactoryBuffer(IUnknown):
    """A class object that has the proxy and stub classes of interfaces.

    Not in IDL: what it returns are Python classes, as generated modules have them.
    """

    IID: ClassVar[Iid] = iid("d5f569d0-593b-101a-b569-08002b2dbf7a")

    def CreateProxy(
        self, outer: IUnknown | None, riid: type[IUnknown] | Guid
    ) -> type[InterfaceProxy] | None:
        """The proxy class of an interface; null: the generated one. A failure fails the call."""
        raise NotImplementedError

    def CreateStub(
        self, riid: type[IUnknown] | Guid, server: IUnknown
    ) -> type[InterfaceStub[Any]] | None:
        """The stub class of an interface; null: the generated one. A failure fails marshaling."""
        raise NotImplementedError


class ProxyStubClasses:
    """One per Runtime."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _clsids
        self._clsids: dict[Iid, Guid] = {}
        # Finds a factory in the calling thread's apartment. Set by the activation, a layer above.
        self.class_object: Callable[[Guid], IPSFactoryBuffer | None]

    def register(self, iid: Iid, clsid: Guid) -> None:
        """Enter a factory; the last one counts."""
        with self._lock:
            self._clsids[iid] = clsid

    def clear(self) -> None:
        """The last apartment has ended."""
        with self._lock:
            self._clsids.clear()

    def clsid_of(self, iid: Iid) -> Guid:
        """The factory of an interface. Raises REGDB_E_IIDNOTREG.

        As with MIDL's own, the CLSID of a generated module's proxy and stub is the interface's IID.
        """
        found = self._clsids.get(iid)
        if found is not None:
            return found
        if stub_class_for(interface_for(iid)) is None:
            raise ComError(
                HRESULT.REGDB_E_IIDNOTREG,
                f"{name_of(iid)} has no proxy and stub: neither is a factory registered, nor is a "
                "generated module with it imported here",
            )
        return Guid(iid.bytes)

    def has_factory(self, iid: Iid) -> bool:
        return iid in self._clsids

    def create_stub(self, iid: Iid, server: IUnknown) -> type[InterfaceStub[Any]] | None:
        """What the interface's factory makes; None without one. Raises what the factory does."""
        factory = self._factory(iid)
        if factory is None:
            return None
        return _checked(factory.CreateStub(interface_for(iid), server), InterfaceStub)

    def create_proxy(self, iid: Iid) -> type[InterfaceProxy] | None:
        """As `create_stub`."""
        factory = self._factory(iid)
        if factory is None:
            return None
        return _checked(factory.CreateProxy(None, interface_for(iid)), InterfaceProxy)

    def _factory(self, iid: Iid) -> IPSFactoryBuffer | None:
        if not self._clsids:
            return None
        clsid = self._clsids.get(iid)
        return None if clsid is None else self.class_object(clsid)


def _checked(made: object, kind: type[K]) -> type[K] | None:
    """Factories are users' code: what they return may be anything."""
    if made is None:
        return None
    if isinstance(made, type) and issubclass(made, kind):
        return made
    raise InvalidArgumentError(
        HRESULT.E_INVALIDARG, f"a factory returned {made!r:.80}, which is no {kind.__name__} class"
    )
