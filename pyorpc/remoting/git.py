"""The global interface table: cookies that every apartment of the process turns into a pointer.

A registered object is kept by the table until it is revoked. Any thread in an apartment.
"""

from __future__ import annotations

import itertools
import threading

from pyorpc.arguments import refuse_no_number, refuse_no_object
from pyorpc.enumerations import MSHCTX, MSHLFLAGS
from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.remoting.link import Link
from pyorpc.remoting.marshaler import Marshaler
from pyorpc.unknown import IUnknown, T, name_of
from pyorpc.wire.objref import ObjRef


class GlobalInterfaceTable:
    """One per Runtime. Releasing it does nothing."""

    def __init__(self, marshaler: Marshaler) -> None:
        self._marshaler = marshaler
        self._lock = threading.Lock()  # guards _entries
        self._entries: dict[int, tuple[ObjRef, Link | None]] = {}
        self._cookies = itertools.count(1)

    def RegisterInterfaceInGlobal(self, obj: IUnknown, iface: type[IUnknown]) -> int:
        """A cookie, never 0. Raises E_INVALIDARG for null, E_NOINTERFACE."""
        refuse_no_object(obj, "obj")
        self._marshaler.current_state()
        link = None
        ref = self._marshaler.write_custom(obj, iface, MSHCTX.INPROC, MSHLFLAGS.TABLESTRONG)
        if ref is None:
            ref = self._marshaler.marshal_standard(obj, iface, is_remote=False)
            link = self._marshaler.link_of(ref)
        with self._lock:
            cookie = next(self._cookies)
            self._entries[cookie] = ref, link
        return cookie

    def GetInterfaceFromGlobal(self, cookie: int, iface: type[T]) -> T:
        """The object itself at home, elsewhere a proxy. Raises E_INVALIDARG for a dead cookie."""
        refuse_no_number(cookie, "cookie")
        state = self._marshaler.current_state()
        with self._lock:
            entry = self._entries.get(cookie)
        if entry is None:
            raise _unknown(cookie)
        ref = entry[0]
        # A packet without references: the proxy obtains its own, the table keeps those it has.
        pointer = self._marshaler.unmarshal(ref._replace(public_refs=0), iface, state)
        if pointer is None:  # pragma: no cover - only null packets give null
            raise _unknown(cookie, f" ({name_of(iface)})")
        return pointer

    def RevokeInterfaceFromGlobal(self, cookie: int) -> None:
        """From any apartment; pointers already obtained stay valid. Raises E_INVALIDARG."""
        refuse_no_number(cookie, "cookie")
        self._marshaler.current_state()
        ref = self.forget(cookie)
        if ref is None:
            raise _unknown(cookie)
        if ref.custom is not None:
            self._marshaler.customs.release(ref)

    def packets(self) -> list[ObjRef]:
        """What the table holds now: a look, without the lock."""
        return [ref for ref, _ in list(self._entries.values())]

    def forget(self, cookie: int) -> ObjRef | None:
        """Revoke, also from a finalizer: no lock, no raise, no call out. None: not there.

        So a packet that its object wrote itself is only forgotten; Revoke releases it.
        """
        entry = self._entries.pop(cookie, None)
        if entry is None:
            return None
        ref, link = entry
        if link is not None:
            link.release_later({ref.ipid: ref.public_refs})
        return ref


def _unknown(cookie: int, more: str = "") -> InvalidArgumentError:
    return InvalidArgumentError(
        HRESULT.E_INVALIDARG, f"cookie {cookie} names nothing in the global interface table{more}"
    )
