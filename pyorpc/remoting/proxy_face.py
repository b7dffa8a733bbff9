"""ProxyFace: an interface that a proxy answers by itself, whatever its object implements.

It has the proxy's identity: QueryInterface leads back, and to pass it on is to pass on the object.
Used in the proxy's own context.
"""

from __future__ import annotations

from typing import TypeVar, overload

from pyorpc.context.thread_state import thread_state
from pyorpc.ids import Guid
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)


class ProxyFace(IUnknown):
    """Base of the faces; it keeps the proxy, and so the object."""

    def __init__(self, proxy: InterfaceProxy) -> None:
        self._proxy = proxy

    @property
    def proxy(self) -> InterfaceProxy:
        return self._proxy

    @overload
    def QueryInterface(self, iface: type[T]) -> T: ...
    @overload
    def QueryInterface(self, iface: Guid) -> IUnknown: ...
    def QueryInterface(self, iface: type[IUnknown] | Guid) -> IUnknown:
        """What the proxy answers."""
        return self._proxy.QueryInterface(iface)

    def _check(self, what: str) -> None:
        """Raises RPC_E_WRONG_THREAD outside the proxy's context, CO_E_OBJNOTCONNECTED."""
        self._proxy.channel.check(thread_state(), what)
