"""What every proxy answers by itself, whatever its object implements: no traffic.

Runs on the caller's thread, in the proxy's context.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Guid
from pyorpc.interfaces.call_idl import ICallFactory
from pyorpc.remoting.call_object import make_call_object
from pyorpc.remoting.custom_marshal import IMarshal
from pyorpc.remoting.hand_packets import HandPackets
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.proxy_face import ProxyFace
from pyorpc.services.client_security import ClientSecurity, IClientSecurity
from pyorpc.services.multi_qi import IMultiQI, MultiQI
from pyorpc.services.standard_marshal import ProxyMarshal
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)


class CallFactory(ProxyFace, ICallFactory):
    """ICallFactory of a proxy: makes call objects."""

    def CreateCall(self, riid: type[T] | Guid, outer: IUnknown | None = None) -> T:
        """A call object for an Async interface. Raises E_INVALIDARG for null, E_NOINTERFACE."""
        if riid is None:  # pyright: ignore[reportUnnecessaryComparison]
            raise InvalidArgumentError(HRESULT.E_INVALIDARG, "riid: null")
        if outer is not None:
            raise ComError(
                HRESULT.CLASS_E_NOAGGREGATION, "outer: call objects are not aggregated yet"
            )
        return cast(T, make_call_object(self._proxy, riid))


def faces_with(packets: HandPackets) -> dict[Guid, Callable[[InterfaceProxy], IUnknown]]:
    """The faces by their IID."""
    return {
        ICallFactory.IID: CallFactory,
        IClientSecurity.IID: ClientSecurity,
        IMarshal.IID: partial(ProxyMarshal, packets),
        IMultiQI.IID: MultiQI,
    }
