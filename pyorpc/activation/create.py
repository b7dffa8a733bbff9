"""InProcess: objects of classes whose code is in this process. Placement decides the apartment.

Runs on the creator's thread. Where the class may live with its creator, the creator gets the class
object itself; elsewhere a proxy, and the object is made by a call through it, in its apartment.
"""

from __future__ import annotations

from typing import TypeVar, cast

from pyorpc.activation.class_factory import ClassFactory
from pyorpc.activation.coclass import record_of
from pyorpc.activation.host_sta import HostStas
from pyorpc.activation.placement import Creator, Placement, placement_of
from pyorpc.activation.process import Process
from pyorpc.apartment.apartment import Apartment, ApartmentKind
from pyorpc.apartment.sta import Sta
from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.exporter import set_home_context
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)


class InProcess:
    """One per Runtime."""

    def __init__(self, process: Process, hosts: HostStas) -> None:
        self._process = process
        self._hosts = hosts

    def class_object(self, implementation: type, iface: type[T] | Guid, state: ThreadState) -> T:
        """The class object, as the calling thread may use it. Raises REGDB_E_BADTHREADINGMODEL."""
        model = record_of(implementation).model
        has_main_sta = self._process.main_sta is not None
        placement = placement_of(model, creator_of(state), has_main_sta=has_main_sta)
        factory = ClassFactory(implementation)
        context = state.context
        if not placement.is_raw:
            context = self._process.default_context(self._apartment(placement, state))
        assert context is not None
        set_home_context(factory, context)
        # At home this comes back as the object itself, elsewhere as a proxy.
        if placement.is_raw:
            return cast("T", factory.QueryInterface(iface))
        ref = self._process.marshaler.marshal(factory, iface, is_remote=False)
        pointer = self._process.marshaler.unmarshal(ref, iface)
        assert pointer is not None
        return pointer

    def _apartment(self, placement: Placement, state: ThreadState) -> Apartment:
        match placement:
            case Placement.MTA:
                return self._process.mta()
            case Placement.NEUTRAL:
                return self._process.neutral()
            case Placement.MAIN_STA | Placement.NEW_MAIN_STA:
                return self._hosts.main_sta()
            case Placement.HOST_STA:
                return self._hosts.host_sta()
            case _:  # CURRENT_THREAD_STA, and CREATOR, which is no other apartment
                assert state.home is not None
                return state.home


def make(factory: IClassFactory, iface: type[T] | Guid) -> T:
    """One object of a class object's."""
    made: object = factory.CreateInstance(None, iface)  # users' code: it may be anything
    if not isinstance(made, IUnknown):
        what = "nothing" if made is None else f"a {type(made).__name__}, which is no object"
        raise ComError(HRESULT.E_UNEXPECTED, f"{factory!r} made {what}")
    return cast(T, made)


def creator_of(state: ThreadState) -> Creator:
    """Where the code of this thread runs now. The thread is in an apartment."""
    assert state.apartment is not None
    assert state.home is not None
    if state.apartment.kind is ApartmentKind.NEUTRAL:
        on_sta = state.home.kind is ApartmentKind.STA
        return Creator.NEUTRAL_ON_STA if on_sta else Creator.NEUTRAL_ON_MTA
    if not isinstance(state.apartment, Sta):
        return Creator.MTA
    return Creator.MAIN_STA if state.apartment.is_main else Creator.OTHER_STA
