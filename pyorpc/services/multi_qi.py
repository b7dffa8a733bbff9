"""IMultiQI: several interfaces of an object in one round trip. Every proxy answers it.

Not in IDL: an array of interfaces of different types has no spelling there that Python would like.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Guid, Iid, iid
from pyorpc.remoting.proxy_face import ProxyFace
from pyorpc.unknown import IUnknown, iid_of, name_of

Result = tuple[HRESULT, IUnknown | None]


class IMultiQI(IUnknown):
    """Tells a proxy from an object: objects at home do not answer it."""

    IID: ClassVar[Iid] = iid("00000020-0000-0000-c000-000000000046")

    def QueryMultipleInterfaces(self, ifaces: Sequence[type[IUnknown] | Guid]) -> list[Result]:
        """For each interface the HRESULT and the pointer, or None.

        `last_hresult()` is S_FALSE where some are missing; raises E_NOINTERFACE where all are.
        """
        raise NotImplementedError


class MultiQI(ProxyFace, IMultiQI):
    """Asks the object for all interfaces that the proxy does not know yet, at once."""

    def QueryMultipleInterfaces(self, ifaces: Sequence[type[IUnknown] | Guid]) -> list[Result]:
        """See IMultiQI. Raises E_INVALIDARG for none, RPC_E_WRONG_THREAD."""
        self._check("QueryMultipleInterfaces")
        if not ifaces:
            raise InvalidArgumentError(HRESULT.E_INVALIDARG, "ifaces: empty")
        iids = [iid_of(iface) for iface in ifaces]
        refusals = self._proxy.learn(iids)
        results = [
            (refusals[wanted].hresult, None) if wanted in refusals else self._one(iface)
            for wanted, iface in zip(iids, ifaces, strict=True)
        ]
        failed = [hresult for hresult, _ in results if hresult.failed]
        if len(failed) == len(results):
            names = ", ".join(name_of(iface) for iface in ifaces)
            raise ComError(failed[0], f"{self._proxy!r} answers none of {names}")
        thread_state().last_hresult = HRESULT.S_FALSE if failed else HRESULT.S_OK
        return results

    def _one(self, iface: type[IUnknown] | Guid) -> Result:
        try:
            return HRESULT.S_OK, self._proxy.QueryInterface(iface)
        except ComError as error:  # it has no proxy class here
            return error.hresult, None
