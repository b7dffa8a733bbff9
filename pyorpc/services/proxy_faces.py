"""What every proxy answers by itself, whatever its object implements: no traffic.

Runs on the caller's thread, in the proxy's context.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar, cast

from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Guid
from pyorpc.interfaces.call_idl import ICallFactory
from pyorpc.remoting.call_object import make_call_object
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)


class CallFactory(ICallFactory):
    """ICallFactory of a proxy: makes call objects."""

    def __init__(self, proxy: InterfaceProxy) -> None:
        self._proxy = proxy

    def CreateCall(self, riid: type[T] | Guid, outer: IUnknown | None = None) -> T:
        """A call object for an Async interface. Raises E_INVALIDARG for null, E_NOINTERFACE."""
        if riid is None:  # pyright: ignore[reportUnnecessaryComparison]
            raise InvalidArgumentError(HRESULT.E_INVALIDARG, "riid: null")
        if outer is not None:
            raise ComError(
                HRESULT.CLASS_E_NOAGGREGATION, "outer: call objects are not aggregated yet"
            )
        return cast(T, make_call_object(self._proxy, riid))


FACES: Final[dict[Guid, Callable[[InterfaceProxy], IUnknown]]] = {ICallFactory.IID: CallFactory}
