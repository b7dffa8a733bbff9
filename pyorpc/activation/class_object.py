"""Pointers to registered class objects, for whichever context asks. Any thread of an apartment."""

from __future__ import annotations

from contextlib import suppress
from typing import TypeVar

from pyorpc.activation.class_table import Registration
from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import ComError
from pyorpc.ids import Guid
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.exporter import Exporter, home_context, set_home_context
from pyorpc.remoting.marshaler import Marshaler
from pyorpc.remoting.stub_state import StubState
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)


def publish(registration: Registration, exporter: Exporter, state: ThreadState) -> None:
    """Export a class object and keep it exported. Its own thread, in its context."""
    home = home_context(registration.factory)
    if home is None or home.apartment.is_closed:
        set_home_context(registration.factory, registration.context, "registered")
    manager = exporter.export(registration.factory, state)
    manager.goes_with_context = True
    registration.manager = manager
    with manager.lock:
        manager.strong_packets += 1
    with suppress(ComError):  # CLS-05: whatever it is may be registered; its callers will see
        exporter.interface(manager, IClassFactory)


def withdraw(registration: Registration, exporter: Exporter) -> None:
    """Undo `publish`. Clients that have the class object keep it."""
    manager = registration.manager
    if manager is None:
        return
    with manager.lock:
        manager.strong_packets = max(0, manager.strong_packets - 1)
    if exporter.retire(manager, only_unwanted=True):
        exporter.drop(manager)


def pointer_to(
    registration: Registration, iface: type[T] | Guid, marshaler: Marshaler, state: ThreadState
) -> T:
    """The class object itself in its own context, elsewhere a proxy. Raises E_NOINTERFACE.

    Raises CO_E_OBJNOTCONNECTED or RPC_E_DISCONNECTED for one that is, or was, disconnected from its
    clients: it must not be exported anew behind its server's back.
    """
    factory = registration.factory
    if registration.context is state.context:
        return factory.QueryInterface(iface)  # type: ignore[return-value]
    manager = registration.manager
    if manager is not None and manager.state is not StubState.CONNECTED:
        raise manager.refusal()
    if home_context(factory) is None:
        set_home_context(factory, registration.context, "registered")
    pointer: T | None = marshaler.unmarshal(
        marshaler.marshal(factory, iface, is_remote=False), iface
    )
    assert pointer is not None
    return pointer
