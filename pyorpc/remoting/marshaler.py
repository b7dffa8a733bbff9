"""Marshaler: interface pointers to packets and back, for the context that the thread is in.

A pointer that comes home is the object itself; elsewhere it becomes a proxy whose link fits the
distance. Runs on the thread that passes or takes the pointer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar, cast

from pyorpc.apartment.apartment import ApartmentKind
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.enumerations import MSHCTX, MSHLFLAGS
from pyorpc.errors import HRESULT, ComError, DisconnectedError, InvalidArgumentError, Success
from pyorpc.ids import Guid, Iid, Ipid
from pyorpc.remoting.custom_marshal import CustomMarshal
from pyorpc.remoting.exporter import FREE_THREADED, PUBLIC_REFS, Exporter
from pyorpc.remoting.in_process_link import gone
from pyorpc.remoting.link import Link
from pyorpc.remoting.proxy import InterfaceProxy, proxy_class_for
from pyorpc.remoting.proxy_face import ProxyFace
from pyorpc.remoting.proxy_manager import ProxyManager
from pyorpc.remoting.reference_desk import ReferenceDesk
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.unknown import IUnknown, iid_of, interface_for, name_of
from pyorpc.wire.objref import SORF_NOPING, ObjRef

if TYPE_CHECKING:
    from pyorpc.context.context import Context
    from pyorpc.remoting.call_object import CallObject

T = TypeVar("T", bound=IUnknown)

# The destinations that are in this process.
IN_PROCESS: Final = (MSHCTX.INPROC, MSHCTX.CROSSCTX)


class Links:
    """The links of a Runtime, by distance.

    `remote(ref, receiver="")` claims the packet's references, too.
    """

    def __init__(self, same_thread: Link, local: Link, remote: Callable[..., Link]) -> None:
        self.same_thread = same_thread
        self.local = local
        self.remote = remote


class Marshaler:
    """One per Runtime."""

    def __init__(
        self,
        exporter: Exporter,
        links: Links,
        join_implicit_mta: Callable[[ThreadState], None],
        start_housekeeping: Callable[[], object],
        desk: ReferenceDesk,
    ) -> None:
        self._exporter = exporter
        self._desk = desk
        self._links = links
        self.join_implicit_mta = join_implicit_mta
        self._start_housekeeping = start_housekeeping
        # What every proxy answers by itself, without asking the object. Set by the Runtime.
        self.faces: dict[Guid, Callable[[InterfaceProxy], IUnknown]] = {}
        # What every call object answers beside its asynchronous interface. Set by the Runtime.
        self.call_faces: dict[Guid, Callable[[CallObject], IUnknown]] = {}
        self.customs = CustomMarshal()

    # ---- out -------------------------------------------------------------------------------

    def marshal(
        self,
        obj: IUnknown | None,
        iface: type[IUnknown] | Guid,
        *,
        is_remote: bool,
        receiver: str = "",
    ) -> ObjRef | None:
        """A packet for `obj`; null stays null. Raises E_NOINTERFACE, keeping no reference then."""
        if obj is None:
            return None
        if isinstance(obj, Success):
            thread_state().incoming.success = obj.hresult
            value = cast("IUnknown | None", obj.value)
            return self.marshal(value, iface, is_remote=is_remote, receiver=receiver)
        if isinstance(obj, InterfaceProxy):
            return self._pass_on(obj, iface, goes_to=receiver if is_remote else None)
        if isinstance(obj, ProxyFace):
            return self._pass_on(obj.proxy, iface, goes_to=receiver if is_remote else None)
        _refuse_what_is_no_pointer(obj, iface)
        dest = MSHCTX.LOCAL if is_remote else MSHCTX.INPROC
        ref = self.customs.write(obj, iface, dest, MSHLFLAGS.NORMAL)
        if ref is not None:
            return ref
        ref = self._export(obj, iface, is_remote=is_remote)
        if receiver:
            self._desk.sent(receiver, ref.ipid.bytes, ref.public_refs)
        return ref

    def write_custom(
        self, obj: IUnknown, iface: type[IUnknown] | Guid, dest: MSHCTX | int, flags: MSHLFLAGS
    ) -> ObjRef | None:
        """The packet that an object writes itself; None where it is marshaled the standard way."""
        if isinstance(obj, InterfaceProxy | ProxyFace):
            return None
        _refuse_what_is_no_pointer(obj, iface)
        return self.customs.write(obj, iface, dest, flags)

    def marshal_standard(
        self, obj: IUnknown, iface: type[IUnknown] | Guid, *, is_remote: bool
    ) -> ObjRef:
        """A standard packet, whatever the object would write itself."""
        if isinstance(obj, ProxyFace):
            obj = obj.proxy
        if isinstance(obj, InterfaceProxy):
            return self._pass_on(obj, iface, goes_to="" if is_remote else None)
        return self._export(obj, iface, is_remote=is_remote)

    def _export(self, obj: IUnknown, iface: type[IUnknown] | Guid, *, is_remote: bool) -> ObjRef:
        with self.held(obj) as manager:
            return self._exporter.reference(manager, iface, is_remote=is_remote)

    @contextmanager
    def held(self, obj: IUnknown) -> Generator[StubManager]:
        """An object's stub manager, which nothing retires inside the block.

        Its last clients may be giving it up at this moment; a block that fails leaves nothing.
        """
        state = self.current_state()
        self._start_housekeeping()  # it will take back what is not unmarshaled elsewhere
        manager = self._exporter.export(obj, state, holds=1)
        try:
            yield manager
        finally:
            self._exporter.let_go(manager)

    def _pass_on(
        self, proxy: InterfaceProxy, iface: type[IUnknown] | Guid, *, goes_to: str | None
    ) -> ObjRef:
        state = thread_state()
        proxy.channel.check(state, f"passing on {name_of(iface)}")
        manager = proxy.manager
        iid = iid_of(iface)
        ipid = self._interface_of(manager, proxy.channel.ipid, iid, state)
        ref = manager.link.reference(manager, iid, ipid, state, goes_to=goes_to)
        if goes_to and not proxy.channel.is_remote:
            self._desk.sent(goes_to, ref.ipid.bytes, ref.public_refs)
        return ref

    # ---- in --------------------------------------------------------------------------------

    def unmarshal(
        self, ref: ObjRef | None, iface: type[T] | Guid, state: ThreadState | None = None
    ) -> T | None:
        """The pointer in a packet, for the current context. Raises CO_E_OBJNOTCONNECTED."""
        if ref is None:
            return None
        if state is None:
            state = self.current_state()
        if ref.custom is not None:
            return cast(T, self.customs.read(ref, iface))
        apartment = self._exporter.apartments.get(ref.oxid)
        if apartment is None and self._exporter.is_ours(ref):
            raise DisconnectedError(
                HRESULT.CO_E_OBJNOTCONNECTED, "the apartment of the packet's object has ended"
            )
        if apartment is None:
            pointer: IUnknown = self._proxy(ref, iface, self._links.remote(ref), state)
        else:
            pointer = self._unmarshal_local(ref, iface, state)
        return cast(T, pointer)

    def _unmarshal_local(
        self, ref: ObjRef, iface: type[IUnknown] | Guid, state: ThreadState
    ) -> IUnknown:
        stub = self._exporter.stub(ref.ipid.bytes)
        if stub is None:
            raise DisconnectedError(
                HRESULT.CO_E_OBJNOTCONNECTED, "the packet's object is not exported any more"
            )
        manager = stub.manager
        target = manager.target
        if target is None:
            raise gone()
        if manager.context is state.context or getattr(target, FREE_THREADED, False):
            self._links.local.release_later({ref.ipid: ref.public_refs})
            if manager.context.watch is not None:
                manager.context.watch(target, "unmarshaled")
            return target.QueryInterface(iface)
        apartment = manager.apartment
        same_thread = apartment is state.apartment or apartment.kind is ApartmentKind.NEUTRAL
        # A neutral object that calls back into its caller's own apartment stays on the thread too.
        if not same_thread and apartment is state.home:
            same_thread = apartment.is_current_thread()
        link = self._links.same_thread if same_thread else self._links.local
        return self._proxy(ref, iface, link, state)

    def _proxy(
        self, ref: ObjRef, iface: type[IUnknown] | Guid, link: Link, state: ThreadState
    ) -> InterfaceProxy:
        context = state.context
        assert context is not None
        self._start_housekeeping()  # it will release what this proxy's finalizer gives up
        manager = _manager_in(context, ref, link)
        proxy = None
        try:
            manager.objref_flags |= ref.flags & SORF_NOPING
            manager.took(ref.iid, ref.ipid, ref.public_refs)
            if ref.public_refs == 0:
                manager.took(ref.iid, ref.ipid, self._first_refs(manager, ref, state))
            wanted = iid_of(iface)
            if wanted != ref.iid:
                self._interface_of(manager, ref.ipid, wanted, state)
            proxy = manager.proxy(wanted, iface, self._maker(manager, wanted))
            return proxy
        finally:
            manager.arrived()
            if proxy is None:
                self.released(manager, state)  # what the packet brought goes back at once

    def _first_refs(self, manager: ProxyManager, ref: ObjRef, state: ThreadState) -> int:
        """A packet without references: obtain some before the first use."""
        manager.link.add_refs(manager, ref.ipid, PUBLIC_REFS, state)
        return PUBLIC_REFS

    def _maker(self, manager: ProxyManager, iid: Iid) -> Callable[..., InterfaceProxy]:
        # Here, not in `_make`, which is called under a lock: a factory is users' code.
        is_there = iid in manager.proxies
        made = None if is_there else self._exporter.ps_classes.create_proxy(iid)
        return partial(self._make, iid, made)

    def _make(
        self,
        iid: Iid,
        made: type[InterfaceProxy] | None,
        manager: ProxyManager,
        iface: type[IUnknown] | Guid,
        ipid: Ipid,
    ) -> InterfaceProxy:
        known = interface_for(iid)
        proxy_class = made or proxy_class_for(known)
        if proxy_class is None:
            raise ComError(
                HRESULT.E_NOINTERFACE, f"{name_of(iface)} has no proxy class (is it [local]?)"
            )
        return proxy_class(manager, known, ipid, self)

    # ---- QueryInterface and Release --------------------------------------------------------

    def query(
        self, manager: ProxyManager, ipid: Ipid, iface: type[IUnknown] | Guid, state: ThreadState
    ) -> InterfaceProxy:
        """Another interface of a proxy's object."""
        iid = iid_of(iface)
        manager.arrive()
        try:
            self._interface_of(manager, ipid, iid, state)
            return manager.proxy(iid, iface, self._maker(manager, iid))
        finally:
            manager.arrived()

    def learn(
        self, manager: ProxyManager, ipid: Ipid, iids: Sequence[Iid], state: ThreadState
    ) -> dict[Iid, ComError]:
        """Ask a proxy's object for all interfaces not known yet, at once; what it refuses."""
        unknown = [iid for iid in dict.fromkeys(iids) if self._is_to_ask(manager, iid)]
        if not unknown:
            return {}
        answers = zip(unknown, manager.link.query_all(manager, ipid, unknown, state), strict=True)
        refusals: dict[Iid, ComError] = {}
        for iid, answer in answers:
            if isinstance(answer, ComError):
                refusals[iid] = answer
            else:
                manager.took(iid, *answer)
        return refusals

    def _is_to_ask(self, manager: ProxyManager, iid: Iid) -> bool:
        return iid != IUnknown.IID and iid not in self.faces and iid not in manager.ipids

    def _interface_of(
        self, manager: ProxyManager, ipid: Ipid, iid: Iid, state: ThreadState
    ) -> Ipid:
        known = manager.ipids.get(iid)
        if known is None and iid == IUnknown.IID:
            # Every interface is an IUnknown: answered here, on the interface that there is.
            manager.took(iid, ipid, 0)
            return ipid
        if known is None:
            known, refs = manager.link.query(manager, ipid, iid, state)
            manager.took(iid, known, refs)
        return known

    def released(self, manager: ProxyManager, state: ThreadState) -> None:
        """A proxy's last pointer was given up: with the object's last one, its references go."""
        context = manager.context
        # In one step: a pointer that arrives meanwhile finds this manager in use, or a new one.
        with context.lock, manager.lock:
            if manager.is_used:
                return
            if context.proxies.get((manager.oxid, manager.oid)) is manager:
                del context.proxies[manager.oxid, manager.oid]
            counts = {ipid: count for ipid, count in manager.take_all().items() if count}
        if counts:
            manager.link.release(counts, state, manager.last_line)

    def current_state(self) -> ThreadState:
        """The calling thread's state. Raises CO_E_NOTINITIALIZED outside COM."""
        state = thread_state()
        if state.context is None or state.is_implicit:
            self.require_apartment(state)
        return state

    def release_packet(self, ref: ObjRef, receiver: str = "") -> None:
        """Give back the references in a packet that nobody will unmarshal. Does not wait.

        `receiver` is the process that it was to go to.
        """
        if ref.custom is not None:
            self.customs.release_unsent(ref)
        elif self._exporter.is_ours(ref):
            left = self._desk.take_back(receiver, ref.ipid.bytes, ref.public_refs)
            self._links.local.release_later({ref.ipid: left})
        else:
            link = self._links.remote(ref, receiver)
            link.release_later({ref.ipid: ref.public_refs})

    def release_received(self, ref: ObjRef) -> None:
        """Give back the references in a packet that came, and that nobody will unmarshal."""
        if ref.custom is not None:
            self.customs.release_unsent(ref)
            return
        link = self.link_of(ref)
        link.took(ref)  # they were nobody's on the way
        link.release_later({ref.ipid: ref.public_refs})

    def link_of(self, ref: ObjRef) -> Link:
        """A link over which a packet's references, held by this process now, can be released."""
        if self._exporter.is_ours(ref):
            return self._links.local
        return self._links.remote(ref)

    def require_apartment(self, state: ThreadState) -> None:
        """Raises CO_E_NOTINITIALIZED for a thread outside COM."""
        self.join_implicit_mta(state)
        if state.context is None:
            raise ComError(
                HRESULT.CO_E_NOTINITIALIZED,
                "this thread is in no apartment: call pyorpc.initialize() on it, "
                "or use `with pyorpc.enter_apartment(...)`",
                executed="no",
            )


def _refuse_what_is_no_pointer(obj: object, iface: type[IUnknown] | Guid) -> None:
    if not isinstance(obj, IUnknown):
        raise InvalidArgumentError(
            HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA,
            f"a {type(obj).__name__} is no interface pointer: its class must derive from "
            f"{name_of(iface)}",
            executed="no",
        )


def _manager_in(context: Context, ref: ObjRef, link: Link) -> ProxyManager:
    """The context's one proxy manager of that object, told that a pointer arrives."""
    key = ref.oxid, ref.oid
    with context.lock:
        manager: ProxyManager | None = context.proxies.get(key)
        if manager is None or manager.link is not link:  # its process was lost, and met again
            manager = ProxyManager(link, context, ref.oxid, ref.oid)
            context.proxies[key] = manager
        manager.arrive()
    return manager
