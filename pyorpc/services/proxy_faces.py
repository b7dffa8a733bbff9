"""What every proxy answers by itself, whatever its object implements: no traffic.

Runs on the caller's thread, in the proxy's context.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

from pyorpc.errors import HRESULT, InvalidArgumentError
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
        """A call object for an Async interface. Raises E_INVALIDARG for null, E_NOINTERFACE.

        With `outer` it is aggregated, and what is returned is for the outer alone: its
        QueryInterface gives the asynchronous interface, whose own asks the outer. The outer's
        ISynchronize.Signal is called once for each call that was begun, when it is done.
        """
        if riid is None:  # pyright: ignore[reportUnnecessaryComparison]
            raise InvalidArgumentError(HRESULT.E_INVALIDARG, "riid: null")
        call = make_call_object(self._proxy, riid, outer)
        return cast(T, call if outer is None else call.inner)


def faces_with(packets: HandPackets) -> dict[Guid, Callable[[InterfaceProxy], IUnknown]]:
    """The faces by their IID."""
    return {
        ICallFactory.IID: CallFactory,
        IClientSecurity.IID: ClientSecurity,
        IMarshal.IID: partial(ProxyMarshal, packets),
        IMultiQI.IID: MultiQI,
    }
