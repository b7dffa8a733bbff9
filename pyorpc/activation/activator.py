"""Activator: the door through which others reach this process's class and active objects.

Its methods run on the MTA's pool. A null pointer says: not here, or not any more; an error comes
from the class itself.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeVar

from pyorpc.activation.active_objects import ActiveObjects
from pyorpc.activation.class_object import pointer_to
from pyorpc.activation.class_table import ClassTable, Registration
from pyorpc.activation.create import make
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid
from pyorpc.interfaces.activation_idl import IRemoteActivation
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.marshaler import Marshaler
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)


class Activator(IRemoteActivation):
    """One per Runtime that has LOCAL_SERVER class objects, or active objects."""

    def __init__(self, table: ClassTable, active: ActiveObjects, marshaler: Marshaler) -> None:
        self._table = table
        self._active = active
        self._marshaler = marshaler

    def CreateInstance(self, clsid: Guid, riid: type[T] | Guid) -> T | None:
        with self._taken(clsid) as registration:
            if registration is None:
                return None
            state = thread_state()
            return make(pointer_to(registration, IClassFactory, self._marshaler, state), riid)

    def GetClassObject(self, clsid: Guid, riid: type[T] | Guid) -> T | None:
        with self._taken(clsid) as registration:
            if registration is None:
                return None
            return pointer_to(registration, riid, self._marshaler, thread_state())

    def GetActiveObject(self, clsid: Guid, riid: type[T] | Guid) -> T | None:
        return self._active.find(Clsid(clsid), riid, thread_state())

    @contextmanager
    def _taken(self, clsid: Guid) -> Generator[Registration | None]:
        try:
            registration = self._table.take(Clsid(clsid))
        except ComError as error:
            if error.hresult != HRESULT.CO_E_SERVER_STOPPING:
                raise
            registration = None
        try:
            yield registration
        finally:
            if registration is not None:
                self._table.taken()
