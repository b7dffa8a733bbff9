"""Exporter: the objects that this Runtime offers, by object, OID and IPID, and their references.

Any thread. It makes stub managers, counts references, and sends objects that nobody outside wants
any more to their own apartment to be dropped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from pyorpc.apartment.admission import ItemKind
from pyorpc.apartment.waits import Waker
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.errors import HRESULT, ComError, DisconnectedError
from pyorpc.ids import CausalityId, Guid, Iid, Ipid, Oid, Oxid, new_ipid, new_oid
from pyorpc.remoting.external_connection import TellItem, tell
from pyorpc.remoting.proxy_stub_classes import ProxyStubClasses
from pyorpc.remoting.stub import InterfaceStub, StubChannel, UnknownStub, stub_class_for
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.remoting.stub_state import StubEvent, StubState
from pyorpc.unknown import IUnknown, iid_of, interface_for, name_of
from pyorpc.wire.objref import ObjRef

if TYPE_CHECKING:
    from pyorpc.apartment.apartment import Apartment
    from pyorpc.context.context import Context

# What a NORMAL packet carries, as in DCOM: the receiver can pass some on without asking.
PUBLIC_REFS: Final = 5
# So many dead IPIDs are remembered.
RETIRED: Final = 65_536
# The attribute of an object that names the context it belongs to, once that is known.
HOME_CONTEXT: Final = "_pyorpc_home_context"
GOES_WITH_CONTEXT: Final = "_pyorpc_goes_with_context"  # on an object; see StubManager
FREE_THREADED: Final = "_pyorpc_free_threaded"  # on a class whose objects are agile


class Exporter:
    """One per Runtime."""

    def __init__(self) -> None:
        self.apartments: dict[Oxid, Apartment] = {}  # this Runtime's, by OXID
        self.ps_classes = ProxyStubClasses()
        self.channel: StubChannel  # set by the Runtime: stubs marshal through it
        self._lock = threading.Lock()  # guards the tables below
        self._by_object: dict[int, StubManager] = {}  # by id(); the manager keeps the object
        self._by_oid: dict[Oid, StubManager] = {}
        self._by_ipid: dict[bytes, InterfaceStub[Any]] = {}
        # The latest dead IPIDs, to be told from false ones, and the classes of their stubs.
        self._retired: dict[bytes, type[Any]] = {}
        # Looks up an interface's stub. The dict's own method: every call comes this way.
        self.stub: Callable[[bytes], InterfaceStub[Any] | None] = self._by_ipid.get

    # ---- looking up ------------------------------------------------------------------------

    def manager_of(self, obj: object) -> StubManager | None:
        return self._by_object.get(id(obj))

    def manager(self, oid: Oid) -> StubManager | None:
        return self._by_oid.get(oid)

    def was_exported(self, ipid: bytes) -> bool:
        """Whether an IPID was one of ours not long ago."""
        return ipid in self._retired

    def retired_stub(self, ipid: bytes) -> type[Any]:
        """The class of the stub that such an IPID had, or NoneType."""
        return self._retired.get(ipid, type(None))

    def is_ours(self, ref: ObjRef) -> bool:
        """Whether a packet names an object of this Runtime, be it that its apartment has ended."""
        return ref.oxid in self.apartments or ref.ipid.bytes in self._retired

    def runs_users_code(self, manager: StubManager, iids: Sequence[Iid]) -> bool:
        """Whether interfaces can be looked up only where the object lives."""
        target = manager.target
        if target is not None and type(target).QueryInterface is not IUnknown.QueryInterface:
            return True
        return any(self.ps_classes.has_factory(iid) for iid in iids)

    def managers(self) -> list[StubManager]:
        """All there are now. Takes no lock: `list` is one step."""
        return list(self._by_oid.values())

    def apartment_ended(self, oxid: Oxid) -> None:
        """Forget an apartment; with the last one goes what was registered while COM lived."""
        self.apartments.pop(oxid, None)
        if not self.apartments:
            self.ps_classes.clear()

    # ---- exporting -------------------------------------------------------------------------

    def export(self, obj: IUnknown, state: ThreadState, *, holds: int = 0) -> StubManager:
        """The object's stub manager; a first one belongs to the object's home context.

        With `holds` 1 no release retires it before `let_go`, however few references there are.
        """
        # Not in the lock: a user's __getattr__ may run.
        context, is_marked = home_context(obj), getattr(obj, GOES_WITH_CONTEXT, False)
        with self._lock:
            manager = self._by_object.get(id(obj))
            if manager is not None:
                with manager.lock:
                    manager.strong_packets += holds
                return manager
            if context is None or context.apartment.is_closed:
                context = state.context  # its home has ended: it lives where it is used now
            assert context is not None
            if context.apartment.is_closed:
                raise context.apartment.closed_error()
            manager = StubManager(obj, new_oid(), context)
            manager.strong_packets = holds
            manager.goes_with_context = is_marked or _is_handed_out(context, state)
            self._by_object[id(obj)] = manager
            self._by_oid[manager.oid] = manager
        set_home_context(obj, context, "first marshaled")
        with context.lock:
            context.managers.add(manager)
        return manager

    def let_go(self, manager: StubManager, *, closes: bool = False) -> None:
        """Undo a hold; an object that nobody wants then is dropped."""
        with manager.lock:
            manager.strong_packets -= 1
            unwanted = not manager.is_wanted
        if unwanted and self.is_to_drop(manager, closes=closes):
            self.drop_from_here(manager)

    def interface(self, manager: StubManager, iface: type[IUnknown] | Guid) -> Ipid:
        """The IPID of one interface of an exported object; makes its stub. Raises E_NOINTERFACE."""
        iid = iid_of(iface)
        with manager.lock:
            if iid in manager.ipids:
                return manager.ipids[iid]
        target = manager.target
        if target is None and manager.loose is not None:
            target = manager.loose()
        if target is None:
            raise manager.refusal()
        pointer = target.QueryInterface(interface_for(iid))  # the object's word, not its class's
        stub_class = self._stub_class(iid, target, pointer)
        if stub_class is None:
            raise ComError(
                HRESULT.E_NOINTERFACE,
                f"{name_of(iface)} has no proxy and stub (it is [local], or its generated module "
                "is not imported here), so it cannot leave its apartment",
            )
        return self._add_stub(manager, iid, stub_class(pointer, manager, self.channel))

    def _stub_class(
        self, iid: Iid, target: IUnknown, pointer: IUnknown
    ) -> type[InterfaceStub[Any]] | None:
        if iid == IUnknown.IID:
            return UnknownStub
        made = self.ps_classes.create_stub(iid, target)
        return made or stub_class_for(interface_for(iid), pointer)

    def _add_stub(self, manager: StubManager, iid: Iid, stub: InterfaceStub[Any]) -> Ipid:
        with self._lock, manager.lock:
            if iid not in manager.ipids:
                ipid = new_ipid(manager.apartment.oxid)
                manager.ipids[iid], manager.stubs[iid] = ipid, stub
                if manager.state is not StubState.DISCONNECTED:
                    self._by_ipid[ipid.bytes] = stub
            return manager.ipids[iid]

    def reference(
        self, manager: StubManager, iface: type[IUnknown] | Guid, *, is_remote: bool
    ) -> ObjRef:
        """A NORMAL packet for one interface, with references of its own."""
        ref = self.name(manager, iface, is_remote=is_remote)
        self.add_refs(manager, PUBLIC_REFS)  # the last that can fail: none is left behind
        return ref._replace(public_refs=PUBLIC_REFS)

    def name(
        self, manager: StubManager, iface: type[IUnknown] | Guid, *, is_remote: bool
    ) -> ObjRef:
        """A packet for one interface that has no references."""
        ipid = self.interface(manager, iface)
        bindings = manager.apartment.lines.bindings() if is_remote else ()
        oxid, flags = manager.apartment.oxid, manager.objref_flags
        return ObjRef(iid_of(iface), flags, 0, oxid, manager.oid, ipid, bindings)

    # ---- counting --------------------------------------------------------------------------

    def add_refs(self, manager: StubManager, count: int) -> None:
        """Keep the object for somebody. Raises CO_E_OBJNOTCONNECTED where it has died."""
        while True:
            with manager.lock:
                if manager.state is StubState.DISCONNECTED:
                    raise manager.refusal()
                if manager.state is not StubState.LOOSE:
                    manager.public_refs += count
                    break
                assert manager.loose is not None
                target = manager.loose()
            self._tighten(manager, target)
        if manager.is_watched and not manager.was_told:
            state = thread_state()
            if state.apartment is manager.apartment:
                with manager.context.entered(state):
                    tell(manager)
            else:
                manager.apartment.submit(TellItem(manager))

    def release(self, ipid: bytes, count: int, *, closes: bool = True) -> StubManager | None:
        """Take back references, clamped; returns the manager if nobody wants the object now.

        `closes` False: it was no client that went; weak packets go on keeping what they keep.
        """
        stub = self._by_ipid.get(ipid)
        if stub is None:
            return None
        manager = stub.manager
        with manager.lock:
            manager.public_refs = max(0, manager.public_refs - count)
            unwanted = not manager.is_wanted
        return manager if unwanted and self.is_to_drop(manager, closes=closes) else None

    def is_to_drop(self, manager: StubManager, *, closes: bool) -> bool:
        """Whether an unwanted object must be let go of; retires it, if no packet names it."""
        with manager.lock:
            if closes and not manager.is_watched:  # one that is told decides for itself
                manager.is_kept_by_weak = False
            if manager.weak_packets:
                is_held = manager.state is StubState.CONNECTED
                return is_held and (manager.is_watched or not manager.is_kept_by_weak)
        return self.retire(manager, only_unwanted=True)

    def loosen(self, manager: StubManager) -> None:
        """Only weak packets are left: from now on the object lives as long as its owner lets it."""
        with manager.lock:
            target = manager.target
            if target is None or manager.is_wanted or manager.is_kept_by_weak:
                return
            if manager.state is not StubState.CONNECTED:
                return
            manager.loose = ref(target, lambda _: self._forget(manager, StubEvent.DIE))
            manager.apply(StubEvent.LOOSEN)
            manager.target = None
            for stub in manager.stubs.values():
                stub.let_go()

    def _tighten(self, manager: StubManager, target: IUnknown | None) -> None:
        """A weakly known object has a client again: hold it."""
        if target is None:
            raise DisconnectedError(
                HRESULT.CO_E_OBJNOTCONNECTED, "the weak packet's object has died", executed="no"
            )
        stubs = {
            iid: type(stub)(target.QueryInterface(interface_for(iid)), manager, self.channel)
            for iid, stub in list(manager.stubs.items())
        }
        with self._lock, manager.lock:
            if manager.state is not StubState.LOOSE:
                return
            if len(stubs) < len(manager.stubs):
                return  # another interface has come meanwhile: once more
            manager.apply(StubEvent.TIGHTEN)
            manager.target, manager.loose, manager.stubs = target, None, stubs
            for iid, stub in stubs.items():
                self._by_ipid[manager.ipids[iid].bytes] = stub

    def _forget(self, manager: StubManager, event: StubEvent) -> None:
        """Take an object out of the tables. Also from a finalizer, so: no lock."""
        manager.apply(event)
        if self._by_object.get(manager.object_id) is manager:
            self._by_object.pop(manager.object_id, None)
        self._by_oid.pop(manager.oid, None)
        for iid, ipid in list(manager.ipids.items()):
            self._by_ipid.pop(ipid.bytes, None)
            self._retired[ipid.bytes] = type(manager.stubs.get(iid))

    def unname(self, manager: StubManager) -> None:
        """While it is being disconnected: marshaled afresh, its object gets another manager."""
        with self._lock:
            if self._by_object.get(manager.object_id) is manager:
                del self._by_object[manager.object_id]
        if manager.goes_with_context and manager.target is not None:
            go_with_context(manager.target, self)

    def retire(self, manager: StubManager, *, only_unwanted: bool = False) -> bool:
        """Take an object out of the tables: its IPIDs are dead from now on. True: this did it."""
        with self._lock, manager.lock:
            if only_unwanted and (manager.is_wanted or manager.weak_packets):
                return False
            if self._by_oid.pop(manager.oid, None) is None:
                return False
            self._forget(manager, StubEvent.RETIRE)
            while len(self._retired) > RETIRED:
                del self._retired[next(iter(self._retired))]
        return True

    def drop(
        self, manager: StubManager, waker: Waker | None = None, *, closes: bool = True
    ) -> DropItem:
        """Have an unwanted object's last reference dropped where it lives; then wakes `waker`.

        `closes` is what an object that counts its connections is told.
        """
        item = DropItem(self, manager, waker, closes=closes)
        if getattr(manager.target, FREE_THREADED, False):
            item.run()  # any thread is its own
            return item
        try:
            manager.apartment.submit(item)
        except ComError:
            item.run()  # its apartment has ended: then on the thread that found out
        return item

    def drop_from_here(self, manager: StubManager, waker: Waker | None = None) -> None:
        """As `drop`; on a thread of the object's apartment it is gone when this returns."""
        if thread_state().apartment is manager.apartment:
            DropItem(self, manager, waker, closes=True).run()
        else:
            self.drop(manager, waker)


class DropItem:
    """The runtime's errand to an apartment: let go of an object, in its context.

    A call that is still inside keeps the object; the drop is its last act, and nobody waits for it.
    """

    kind = ItemKind.RUNTIME
    causality: CausalityId | None = None

    def __init__(
        self, exporter: Exporter, manager: StubManager, waker: Waker | None, *, closes: bool
    ) -> None:
        self._exporter = exporter
        self._manager = manager
        self._closes = closes
        self.is_done = False
        self._waker = waker

    def run(self) -> None:
        manager = self._manager
        with manager.lock:
            is_busy = manager.running > 0
            if is_busy:
                manager.on_drained.append(self._let_go)
        if not is_busy:
            self._let_go()
        self.is_done = True
        if self._waker is not None:
            self._waker.wake()

    def _let_go(self) -> None:
        manager = self._manager
        state = thread_state()
        with manager.context.entered(state):
            tell(manager, closes=self._closes)
            if manager.state is not StubState.DISCONNECTED:
                self._exporter.loosen(manager)
                return
            # The stubs hold it too. Its finalizer, if it has one, runs inside these lines.
            stubs = list(manager.stubs.values())
            manager.stubs.clear()
            if manager.target is not None:
                for stub in stubs:
                    stub.let_go()
            manager.target = manager.loose = None

    def refuse(self, error: ComError) -> None:
        self.run()


def home_context(obj: object) -> Context | None:
    """The context in which the object was activated or first marshaled."""
    return getattr(obj, HOME_CONTEXT, None)


def set_home_context(obj: object, context: Context, how: str = "made") -> None:
    """Settle an object in a context; `how` it came to that is a word for debug mode."""
    # Slots may leave no room for it: then the stub manager alone knows.
    with suppress(AttributeError):
        object.__setattr__(obj, HOME_CONTEXT, context)
    if context.watch is not None:
        context.watch(obj, how)


def go_with_context(obj: object, exporter: Exporter) -> None:
    """Have an object disconnected together with the context that it lives in."""
    with suppress(AttributeError):
        object.__setattr__(obj, GOES_WITH_CONTEXT, True)
    manager = exporter.manager_of(obj)
    if manager is not None:
        manager.goes_with_context = True


def _is_handed_out(context: Context, state: ThreadState) -> bool:
    """What an object that goes with its context hands out there, in any way, goes with it too."""
    call = state.incoming
    return call is not None and call.manager.context is context and call.manager.goes_with_context
