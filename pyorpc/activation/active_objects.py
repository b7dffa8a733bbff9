"""ActiveObjects: the objects that this process has registered as active, each under a CLSID.

A registration is strong: it keeps its object until it is revoked or its apartment ends. Any thread;
what is handed out is a pointer for the context that asks.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from pyorpc.activation.listener import ActiveClass
from pyorpc.apartment.apartment import Apartment
from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT, ComError, DisconnectedError, InvalidArgumentError
from pyorpc.ids import Clsid, Guid
from pyorpc.remoting.link import Link
from pyorpc.remoting.marshaler import Marshaler
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.unknown import IUnknown
from pyorpc.wire.objref import ObjRef

T = TypeVar("T", bound=IUnknown)

_GONE: Final = frozenset({HRESULT.OR_INVALID_OXID, HRESULT.CO_E_OBJNOTREG})
"""What is said, besides disconnections, of an object whose apartment or process has ended."""


class ActiveObject(NamedTuple):
    """One registration: the packet's references are the table's."""

    clsid: Clsid
    ref: ObjRef
    link: Link  # over which its references go back
    apartment: Apartment
    since_ns: int


class ActiveObjects:
    """One per Runtime. `changed` is called, outside the lock, after every change."""

    def __init__(self, marshaler: Marshaler, changed: Callable[[], None]) -> None:
        self._marshaler = marshaler
        self._changed = changed
        self._lock = threading.Lock()  # guards _entries
        self._entries: dict[int, ActiveObject] = {}  # by cookie, in the order of arrival
        self._cookies = itertools.count(1)

    def register(self, obj: IUnknown, clsid: Clsid, apartment: Apartment) -> int:
        """Keep an object, or the object of a proxy, and let it be found; the cookie, never 0."""
        is_foreign = isinstance(obj, InterfaceProxy) and obj.channel.is_remote
        ref = self._marshaler.marshal(obj, IUnknown, is_remote=is_foreign)
        assert ref is not None
        link = self._marshaler.link_of(ref)
        with self._lock:
            cookie = next(self._cookies)
            entry = ActiveObject(clsid, ref, link, apartment, time.monotonic_ns())
            self._entries[cookie] = entry
        self._changed()
        return cookie

    def revoke(self, cookie: int, state: ThreadState) -> None:
        """Let go of an object. Raises E_INVALIDARG, RPC_E_WRONG_THREAD."""
        with self._lock:
            entry = self._entries.get(cookie)
            if entry is None:
                raise InvalidArgumentError(
                    HRESULT.E_INVALIDARG,
                    f"cookie: {cookie!r} is no active object's, or was revoked",
                )
            if entry.apartment is not state.apartment:
                raise ComError(
                    HRESULT.RPC_E_WRONG_THREAD,
                    f"the active object {entry.clsid} was registered by {entry.apartment!r}, "
                    f"and only that revokes it, not {state.apartment!r}",
                )
            del self._entries[cookie]
        self._changed()  # first of all: nobody shall be sent here for it
        entry.link.release({entry.ref.ipid: entry.ref.public_refs}, state)

    def revoke_all(self, apartment: Apartment | None = None) -> None:
        """Let go of what an apartment has registered; without one, of everything."""
        with self._lock:
            cookies = [
                cookie
                for cookie, entry in self._entries.items()
                if apartment is None or entry.apartment is apartment
            ]
            revoked = [self._entries.pop(cookie) for cookie in cookies]
        if revoked:
            self._changed()
        for entry in revoked:
            entry.link.release_later({entry.ref.ipid: entry.ref.public_refs})

    def find(self, clsid: Clsid, iface: type[T] | Guid, state: ThreadState) -> T | None:
        """The object that was registered first and is there still. Raises E_NOINTERFACE."""
        with self._lock:
            entries = [entry for entry in self._entries.values() if entry.clsid == clsid]
        for entry in entries:
            try:
                # A packet without references: the pointer obtains its own, the table keeps its.
                ref = entry.ref._replace(public_refs=0)
                return self._marshaler.unmarshal(ref, iface, state)
            except ComError as error:
                if isinstance(error, DisconnectedError) or error.hresult in _GONE:
                    continue
                raise
        return None

    def classes(self) -> list[ActiveClass]:
        """What others find here, and since when."""
        with self._lock:
            first = {entry.clsid: entry.since_ns for entry in reversed(self._entries.values())}
        return [ActiveClass(str(clsid), since_ns) for clsid, since_ns in first.items()]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._entries)
