"""HandPackets: packets that users make, pass on and take themselves, and locks on objects.

A NORMAL packet holds references and is used once. A TABLESTRONG packet keeps its object, a
TABLEWEAK one only knows it; both are used until they are released. Any thread in an apartment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar, cast

from pyorpc.enumerations import MSHCTX, MSHLFLAGS
from pyorpc.errors import HRESULT, ComError, DisconnectedError, InvalidArgumentError
from pyorpc.ids import Guid
from pyorpc.remoting.exporter import FREE_THREADED, PUBLIC_REFS, Exporter
from pyorpc.remoting.in_process_link import DROP_WAIT_S
from pyorpc.remoting.in_process_wait import await_done, waker_of
from pyorpc.remoting.marshaler import IN_PROCESS, Marshaler
from pyorpc.remoting.packet_state import MOVES, PacketEvent, PacketState
from pyorpc.remoting.passed_on_packets import NOTHING, PassedOnPackets
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.proxy_face import ProxyFace
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.unknown import IUnknown
from pyorpc.wire.objref import ObjRef

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState

T = TypeVar("T", bound=IUnknown)

# Flags of an OBJREF for the use of those who made it: [MS-DCOM] 2.2.18.2 reserves them.
SORF_TABLEWEAK: Final = 0x01
SORF_TABLESTRONG: Final = 0x20
SORF_PASSED_ON: Final = 0x80  # made from a proxy: the object's process has not counted it
_NORMAL: Final = 0
_TABLE: Final = SORF_TABLEWEAK | SORF_TABLESTRONG
_KINDS: Final = {
    MSHLFLAGS.NORMAL: _NORMAL,
    MSHLFLAGS.TABLESTRONG: SORF_TABLESTRONG,
    MSHLFLAGS.TABLEWEAK: SORF_TABLEWEAK,
}
_STATES: Final = {
    _NORMAL: PacketState.NORMAL,
    SORF_TABLESTRONG: PacketState.TABLESTRONG,
    SORF_TABLEWEAK: PacketState.TABLEWEAK,
}


class HandPackets:
    """One per Runtime. The counts are the stub managers'."""

    def __init__(self, exporter: Exporter, marshaler: Marshaler) -> None:
        self.exporter = self._exporter = exporter
        self._marshaler = marshaler
        self._passed = PassedOnPackets()

    # ---- packets ---------------------------------------------------------------------------

    def make(
        self,
        obj: IUnknown,
        iface: type[IUnknown] | Guid,
        dest: MSHCTX | int,
        flags: MSHLFLAGS,
    ) -> ObjRef:
        """A packet of the kind that `flags` says. Raises E_INVALIDARG for both kinds of table."""
        _kind_of(flags)
        ref = self._marshaler.write_custom(obj, iface, dest, flags)
        return self.make_standard(obj, iface, dest, flags) if ref is None else ref

    def make_standard(
        self,
        obj: IUnknown,
        iface: type[IUnknown] | Guid,
        dest: MSHCTX | int,
        flags: MSHLFLAGS,
    ) -> ObjRef:
        """As `make`, of an object that may have a way of its own: the way of all others."""
        kind = _kind_of(flags)
        is_remote = dest not in IN_PROCESS
        if kind != _NORMAL and not isinstance(obj, InterfaceProxy | ProxyFace):
            with self._marshaler.held(obj) as manager:
                # No reference, so an object that counts its connections hears of no weak packet.
                ref = self._exporter.name(manager, iface, is_remote=is_remote)
                self._note(manager, ref, kind)
                if kind == SORF_TABLESTRONG:
                    self._exporter.add_refs(manager, 0)
                ref = self._with_pings(ref, flags)
                return ref._replace(flags=ref.flags | kind)
        ref = self._marshaler.marshal_standard(obj, iface, is_remote=is_remote)
        return self.adopt(self._with_pings(ref, flags), kind)

    def _with_pings(self, ref: ObjRef, flags: MSHLFLAGS) -> ObjRef:
        """With NOPING nobody pings for the object; for another process's, that process decides."""
        stub = self._exporter.stub(ref.ipid.bytes)
        if stub is None or not flags & MSHLFLAGS.NOPING:
            return ref
        stub.manager.is_pinged = False
        return ref._replace(flags=stub.manager.objref_flags)

    def adopt(self, ref: ObjRef, kind: int = _NORMAL) -> ObjRef:
        """From now on a packet is one that its user unmarshals or releases."""
        stub = self._exporter.stub(ref.ipid.bytes)
        if stub is None:
            return self._passed_on(ref, kind)
        self._note(stub.manager, ref, kind)
        if kind == _NORMAL:
            stub.manager.drift(ref.public_refs)
            return ref
        self._give_back(ref, self._marshaler.current_state(), closes=False)
        return ref._replace(flags=ref.flags | kind, public_refs=0)

    def _note(self, manager: StubManager, ref: ObjRef, kind: int) -> None:
        with manager.lock:
            manager.packets[ref.ipid.bytes, kind] += 1
            if kind == SORF_TABLESTRONG:
                manager.strong_packets += 1
            elif kind == SORF_TABLEWEAK:
                manager.weak_packets += 1
                target = manager.target  # None: it is known weakly already, and stays so
                is_agile = target is None or getattr(target, FREE_THREADED, False)
                manager.is_kept_by_weak |= not is_agile

    def _passed_on(self, ref: ObjRef, kind: int) -> ObjRef:
        """What a NORMAL packet of another process's object becomes."""
        if kind == _NORMAL:
            return ref._replace(flags=ref.flags | SORF_PASSED_ON)
        link = self._marshaler.link_of(ref)  # its references are this process's now
        if kind == SORF_TABLESTRONG:
            self._passed.keep(ref, kind, link, ref.public_refs)
        else:
            self._passed.keep(ref, kind, link, NOTHING)
            link.release({ref.ipid: ref.public_refs}, self._marshaler.current_state())
        return ref._replace(flags=ref.flags | SORF_PASSED_ON | kind, public_refs=0)

    def take(self, ref: ObjRef, iface: type[T] | Guid) -> T:
        """The pointer in a packet. A NORMAL packet is used up, also where this raises.

        Raises CO_E_OBJNOTCONNECTED for a packet that is used up, or whose object is gone; for a
        table packet CO_E_OBJNOTREG outside the object's apartment: there is nothing to refer to.
        """
        state = self._marshaler.current_state()
        try:
            return self._take(ref, iface, state)
        except DisconnectedError as error:
            home = self._exporter.apartments.get(ref.oxid)
            if not ref.flags & _TABLE or (home is not None and home is state.apartment):
                raise
            raise ComError(HRESULT.CO_E_OBJNOTREG, error.description, executed="no") from error

    def _take(self, ref: ObjRef, iface: type[T] | Guid, state: ThreadState) -> T:
        if ref.custom is None and self._exporter.is_ours(ref):
            manager = self._use(ref, PacketEvent.UNMARSHAL)
            if ref.flags & _TABLE:
                self._exporter.add_refs(manager, PUBLIC_REFS)
                ref = ref._replace(public_refs=PUBLIC_REFS)
            target = manager.target
            is_home = manager.context is state.context or getattr(target, FREE_THREADED, False)
            if is_home and target is not None and ref.public_refs:
                if manager.context.watch is not None:
                    manager.context.watch(target, "unmarshaled")
                try:
                    return cast(T, target.QueryInterface(iface))
                finally:
                    self._give_back(ref, state, closes=False)
        pointer = self._marshaler.unmarshal(ref, iface, state)
        assert pointer is not None
        return pointer

    def release(self, ref: ObjRef) -> None:
        """Give up a packet; once. Raises CO_E_OBJNOTCONNECTED for one that is used up."""
        state = self._marshaler.current_state()
        if ref.custom is not None:
            self._marshaler.customs.release(ref)
            return
        is_home = self._exporter.is_ours(ref)
        if ref.flags & _TABLE and (ref.flags & SORF_PASSED_ON or not is_home):
            self._passed.release(ref, ref.flags & _TABLE, state)
            return
        if not is_home:
            self._marshaler.release_packet(ref)
            return
        manager = self._use(ref, PacketEvent.RELEASE)
        with manager.lock:
            if ref.flags & SORF_TABLESTRONG:
                manager.strong_packets -= 1
            elif ref.flags & SORF_TABLEWEAK:
                manager.weak_packets -= 1
        self._give_back(ref, state, closes=not ref.flags & SORF_TABLEWEAK)

    def _use(self, ref: ObjRef, event: PacketEvent) -> StubManager:
        """The object of a packet of this process, to which `event` happens."""
        stub = self._exporter.stub(ref.ipid.bytes)
        if stub is None:
            raise DisconnectedError(
                HRESULT.CO_E_OBJNOTCONNECTED, "the packet's object is not exported any more"
            )
        manager = stub.manager
        if ref.flags & SORF_PASSED_ON or not (ref.public_refs or ref.flags & _TABLE):
            manager.landed(ref.public_refs)
            return manager
        kind = ref.flags & _TABLE
        key = ref.ipid.bytes, kind
        with manager.lock:
            used_up = PacketState.RELEASED if kind else PacketState.SPENT
            state = _STATES[kind] if manager.packets[key] else used_up
            after = MOVES.get((state, event))
            if after is None:
                raise DisconnectedError(
                    HRESULT.CO_E_OBJNOTCONNECTED,
                    "the packet was released, or was unmarshaled before: only table packets "
                    "(MSHLFLAGS.TABLESTRONG, TABLEWEAK) can be unmarshaled again",
                )
            manager.packets[key] -= after is not state
        if not kind:
            manager.landed(ref.public_refs)
        return manager

    def _give_back(self, ref: ObjRef, state: ThreadState, *, closes: bool) -> None:
        manager = self._exporter.release(ref.ipid.bytes, ref.public_refs, closes=closes)
        if manager is not None:
            self._drop(manager, state, closes=closes)

    def _drop(self, manager: StubManager, state: ThreadState, *, closes: bool) -> None:
        item = self._exporter.drop(manager, waker_of(state), closes=closes)
        await_done(item, DROP_WAIT_S, state)

    # ---- locks -----------------------------------------------------------------------------

    def lock(self, obj: IUnknown) -> None:
        """Keep an object, as a client outside would."""
        manager = self._exporter.export(obj, self._marshaler.current_state(), holds=1)
        with manager.lock:
            manager.locks += 1
        self._exporter.add_refs(manager, 0)  # from now on it holds a weakly known object too

    def unlock(self, obj: IUnknown, *, last_unlock_releases: bool) -> None:
        """Undo one lock. Where nothing was locked, nothing happens."""
        manager = self._exporter.manager_of(obj)
        if manager is None:
            return
        with manager.lock:
            if manager.locks == 0:
                return
            manager.locks -= 1
            manager.strong_packets -= 1
            if manager.is_wanted:
                return
            if last_unlock_releases and not manager.is_watched:
                manager.weak_packets = 0
                manager.packets.clear()  # PacketEvent.DISCONNECT: all are SPENT
        if self._exporter.is_to_drop(manager, closes=last_unlock_releases):
            self._drop(manager, self._marshaler.current_state(), closes=last_unlock_releases)


def _kind_of(flags: MSHLFLAGS) -> int:
    kind = _KINDS.get(flags & ~MSHLFLAGS.NOPING)
    if kind is None:
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"flags: {flags!r} is no kind")
    return kind
