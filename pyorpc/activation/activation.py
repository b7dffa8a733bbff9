"""Activation: one Runtime's way from a CLSID to an object. Connects the parts of this folder.

The public functions and the Runtime call it, on the thread that is concerned.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from pyorpc.activation.activator import Activator
from pyorpc.activation.active_objects import ActiveObjects
from pyorpc.activation.catalog import Catalog
from pyorpc.activation.class_object import pointer_to, publish, withdraw
from pyorpc.activation.class_string import parse_class_string
from pyorpc.activation.class_table import ClassTable, Registration
from pyorpc.activation.coclass import record_of
from pyorpc.activation.create import InProcess, make
from pyorpc.activation.door import Door
from pyorpc.activation.host_sta import HostStas
from pyorpc.activation.implementation import Implementation
from pyorpc.activation.inproc_classes import find_by_progid, find_inproc_class
from pyorpc.activation.listener import Offers
from pyorpc.activation.process import Process
from pyorpc.activation.remote_activation import checked_host, door_at
from pyorpc.activation.running_objects import RunningObjects, not_running
from pyorpc.activation.scm_client import ScmClient
from pyorpc.activation.time_limit import time_limit
from pyorpc.apartment.apartment import Apartment
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.enumerations import CLSCTX
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid
from pyorpc.interfaces.activation_idl import IRemoteActivation
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.custom_marshal import IMarshal
from pyorpc.remoting.exporter import go_with_context
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.proxy_stub_classes import IPSFactoryBuffer
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)


class Wanted(NamedTuple):
    """The class that an activation names, and where its code may run."""

    clsid: Clsid
    implementation: type | None  # where it was given itself
    clsctx: CLSCTX
    timeout_s: float | None

    @property
    def what(self) -> str:
        return f"an object of the class {self.clsid}"


class Activation:
    """One per Runtime."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.catalog = Catalog(process.settings.home)
        self.hosts = HostStas(process)
        self.door = Door(process)
        self.table = ClassTable(self._publish)
        self.scm = ScmClient(process, self.door.servers, self.catalog)
        self._in_process = InProcess(process, self.hosts)
        self.active = ActiveObjects(process.marshaler, self._publish)
        self._running = RunningObjects(process, self.door.servers)
        self._activator = Activator(self.table, self.active, process.marshaler)
        process.marshaler.customs.new_reader = self._new_reader
        process.exporter.ps_classes.class_object = self._ps_factory

    # ---- from a CLSID to an object ---------------------------------------------------------

    def create(self, wanted: Wanted, iface: type[T] | Guid, state: ThreadState) -> T:
        """A new object, from the nearest place that has the class. Raises REGDB_E_CLASSNOTREG."""
        with self._here(wanted, IClassFactory, state) as factory:
            if factory is not None:
                with time_limit(wanted.timeout_s, state, wanted.what):
                    return self._make(factory, iface)
        if wanted.clsctx & CLSCTX.LOCAL_SERVER:
            made = self.scm.create_instance(wanted.clsid, iface, wanted.timeout_s, state)
            if made is not None:
                return made
        return make(self._from_catalog(wanted, IClassFactory, state), iface)

    def _make(self, factory: IClassFactory, iface: type[T] | Guid) -> T:
        made = make(factory, iface)
        exporter = self._process.exporter
        maker = exporter.manager_of(factory)
        if maker is not None and maker.goes_with_context and not isinstance(made, InterfaceProxy):
            go_with_context(made, exporter)
        return made

    def class_object(self, wanted: Wanted, iface: type[T] | Guid, state: ThreadState) -> T:
        """The class object, from the nearest place that has it. Raises REGDB_E_CLASSNOTREG."""
        with self._here(wanted, iface, state) as found:
            if found is not None:
                return found
        if wanted.clsctx & CLSCTX.LOCAL_SERVER:
            found = self.scm.class_object(wanted.clsid, iface, wanted.timeout_s, state)
            if found is not None:
                return found
        return self._from_catalog(wanted, iface, state)

    def create_at(self, host: str, wanted: Wanted, iface: type[T] | Guid, state: ThreadState) -> T:
        """A new object, made by the process that listens at `host`."""
        with self._door(host, wanted, state) as door:
            made = door.CreateInstance(wanted.clsid, iface)
        if made is None:
            raise not_registered(wanted, host)
        return made

    def class_object_at(
        self, host: str, wanted: Wanted, iface: type[T] | Guid, state: ThreadState
    ) -> T:
        """The class object, as the process has it that listens at `host`."""
        with self._door(host, wanted, state) as door:
            found = door.GetClassObject(wanted.clsid, iface)
        if found is None:
            raise not_registered(wanted, host)
        return found

    def active_object(self, clsid: Clsid, iface: type[T] | Guid, state: ThreadState) -> T:
        """An object that is registered as active, from the nearest place that has one."""
        found = self.active.find(clsid, iface, state)
        if found is None:
            found = self._running.find(clsid, iface, state)
        if found is None:
            raise not_running(clsid, "here")
        return found

    def active_object_at(
        self, host: str, clsid: Clsid, iface: type[T] | Guid, state: ThreadState
    ) -> T:
        """The object, as the process has it that listens at `host`."""
        found: T | None = None
        try:
            with door_at(checked_host(host), IRemoteActivation, self._process, state) as door:
                found = door.GetActiveObject(clsid, iface)
        except ComError as error:
            if error.hresult != HRESULT.REGDB_E_CLASSNOTREG:  # it has no door: it offers nothing
                raise
        if found is None:
            raise not_running(clsid, f"at {host}")
        return found

    def find(self, name: Guid | str | type) -> tuple[Clsid, type | None]:
        """The class that a user names. Raises CO_E_CLASSSTRING, E_INVALIDARG."""
        if isinstance(name, type):
            return record_of(name).clsid, name
        parsed = parse_class_string(name)
        if isinstance(parsed, Guid):
            return parsed, None
        record = find_by_progid(parsed)
        return (self.catalog.find(parsed) if record is None else record).clsid, None

    def _new_reader(self, clsid: Clsid) -> IMarshal:
        """Reads packets. A packet comes from anywhere, so it makes no other code run than IMarshal
        classes that this process registered itself: nothing is imported for it, nothing started.
        """
        state = self._process.marshaler.current_state()
        wanted = Wanted(clsid, None, CLSCTX.INPROC_SERVER, None)
        implementation = find_inproc_class(clsid)
        if implementation is not None and not issubclass(implementation, IMarshal):
            raise ComError(
                HRESULT.E_NOINTERFACE, f"the class {clsid} reads no packets: it is no IMarshal"
            )
        factory = self._near(wanted, IClassFactory, state)
        if factory is None:
            raise not_registered(wanted)
        return make(factory, IMarshal)

    def _ps_factory(self, clsid: Guid) -> IPSFactoryBuffer | None:
        state = thread_state()
        registration = None
        if state.apartment is not None:
            registration = self.table.find_in(state.apartment, Clsid(clsid))
        if registration is None:
            return None
        return pointer_to(registration, IPSFactoryBuffer, self._process.marshaler, state)

    @contextmanager
    def _door(self, host: str, wanted: Wanted, state: ThreadState) -> Generator[IRemoteActivation]:
        """Who makes objects at `host`, for as long as that may take."""
        settled_s = self._process.settings.activation_timeout_s
        timeout_s = settled_s if wanted.timeout_s is None else wanted.timeout_s
        with (
            door_at(checked_host(host), IRemoteActivation, self._process, state) as door,
            time_limit(timeout_s, state, wanted.what),
        ):
            yield door

    @contextmanager
    def _here(
        self, wanted: Wanted, iface: type[T] | Guid, state: ThreadState
    ) -> Generator[T | None]:
        """The class object, if this process has it."""
        near = self._near(wanted, iface, state) if wanted.clsctx & CLSCTX.INPROC_SERVER else None
        if near is not None or not wanted.clsctx & CLSCTX.LOCAL_SERVER:
            yield near
            return
        registration = self.table.take(wanted.clsid)
        if registration is None:
            yield None
            return
        try:
            yield pointer_to(registration, iface, self._process.marshaler, state)
        finally:
            self.table.taken()

    def _near(self, wanted: Wanted, iface: type[T] | Guid, state: ThreadState) -> T | None:
        assert state.apartment is not None
        registration = self.table.find_in(state.apartment, wanted.clsid)
        if registration is not None:
            return pointer_to(registration, iface, self._process.marshaler, state)
        implementation = wanted.implementation or find_inproc_class(wanted.clsid)
        if implementation is None:
            return None
        return self._in_process.class_object(implementation, iface, state)

    def _from_catalog(self, wanted: Wanted, iface: type[T] | Guid, state: ThreadState) -> T:
        """The class object of a class whose code the catalog names; it is imported."""
        entry = None
        if wanted.clsctx & CLSCTX.INPROC_SERVER:
            entry = self.catalog.find(wanted.clsid)
        if entry is None or entry.implementation is None:
            raise not_registered(wanted)
        directories = [entry.directory] if entry.directory else []
        implementation = Implementation.parse(entry.implementation).load(directories)
        return self._in_process.class_object(implementation, iface, state)

    # ---- class objects ---------------------------------------------------------------------

    def register(self, registration: Registration, state: ThreadState) -> int:
        """Enter a class object; the cookie. Raises CO_E_OBJISREG."""
        is_local = registration.clsctx & CLSCTX.LOCAL_SERVER
        if is_local:
            publish(registration, self._process.exporter, state)
        try:
            return self.table.register(registration)
        except ComError:
            if is_local:
                withdraw(registration, self._process.exporter)
            raise

    def revoke(self, cookie: int, apartment: Apartment) -> None:
        self._withdraw([self.table.revoke(cookie, apartment)])

    def apartment_ending(self, apartment: Apartment) -> None:
        """Called by the Runtime before the apartment's objects are dropped, on its thread."""
        self.active.revoke_all(apartment)
        self._withdraw(self.table.revoke_all(apartment))
        self.door.apartment_ended(apartment)

    def close(self) -> None:
        """The Runtime ends: nothing more is activated here."""
        self.active.revoke_all()
        self._withdraw(self.table.revoke_all())
        self.hosts.close()

    def _withdraw(self, revoked: list[Registration]) -> None:
        for registration in revoked:
            if registration.clsctx & CLSCTX.LOCAL_SERVER:
                withdraw(registration, self._process.exporter)

    def _publish(self) -> None:
        if any(self._offers()):
            self.door.open(self._activator)
        self.door.publish(self._offers)

    def _offers(self) -> Offers:
        return Offers(self.table.available(), self.active.classes())


def not_registered(wanted: Wanted, host: str = "here") -> ComError:
    return ComError(
        HRESULT.REGDB_E_CLASSNOTREG,
        f"the class {wanted.clsid} is not registered {host} for {wanted.clsctx!r}",
        executed="no",
    )
