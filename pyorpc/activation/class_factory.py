"""ClassFactory: the class object around a `@coclass` class. It makes the objects.

Runs where the objects are to live, in the context that they are born in.
"""

from __future__ import annotations

from typing import Protocol, TypeVar, cast

from pyorpc.activation.coclass import record_of
from pyorpc.context.context import Context
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.exporter import set_home_context
from pyorpc.unknown import IUnknown, name_of

T = TypeVar("T", bound=IUnknown)


class ServerProcess(Protocol):
    """What LockServer counts with."""

    def add_ref(self) -> int: ...
    def release(self) -> int: ...


class ClassFactory(IClassFactory):
    """The standard class object. `LockServer` counts with what its server counts with."""

    def __init__(self, implementation: type, server: ServerProcess | None = None) -> None:
        self.record = record_of(implementation)
        self._implementation = implementation
        self._server = server

    def __repr__(self) -> str:
        return f"<class object of {self._implementation.__qualname__}>"

    def CreateInstance(self, pUnkOuter: IUnknown | None, riid: type[T] | Guid) -> T | None:
        """A new object. Raises CLASS_E_NOAGGREGATION, E_NOINTERFACE, CO_E_INITIALIZATIONFAILED."""
        name = self._implementation.__qualname__
        if pUnkOuter is not None:
            raise ComError(
                HRESULT.CLASS_E_NOAGGREGATION, f"objects of {name} cannot be part of another one"
            )
        context = thread_state().context
        try:
            made: object = self._implementation()
        except ComError:
            raise
        except Exception as error:
            raise ComError(
                HRESULT.CO_E_INITIALIZATIONFAILED,
                f"the constructor of {name} raised {type(error).__name__}: {error}",
            ) from error
        if not isinstance(made, IUnknown):
            raise ComError(HRESULT.E_NOINTERFACE, f"{name} does not implement {name_of(riid)}")
        if isinstance(context, Context):
            set_home_context(made, context, "activated")
        return cast("T", made.QueryInterface(riid))

    def LockServer(self, fLock: int) -> None:
        if self._server is None:
            return
        if fLock:
            self._server.add_ref()
        else:
            self._server.release()
