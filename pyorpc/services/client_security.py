"""IClientSecurity: how a proxy's calls are authenticated. Every proxy answers it.

There are no keys yet, so there is one blanket, and it promises nothing: not authenticated, and
anonymous to the callee. Not in IDL: its authentication data is opaque.
"""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple

from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Iid, iid
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.proxy_face import ProxyFace
from pyorpc.unknown import IUnknown

DEFAULT: Final = 0xFFFFFFFF  # RPC_C_AUTHN_DEFAULT, RPC_C_AUTHZ_DEFAULT
_AUTHN_NONE: Final = 0
_AUTHZ_NONE: Final = 0
_AUTHN_LEVEL_DEFAULT: Final = 0
_AUTHN_LEVEL_NONE: Final = 1
_IMP_LEVEL_DEFAULT: Final = 0
_IMP_LEVEL_ANONYMOUS: Final = 1


class Blanket(NamedTuple):
    """The [out]s of QueryBlanket, in the order of COM; the numbers are its RPC_C constants."""

    authn_svc: int
    authz_svc: int
    server_principal_name: str | None
    authn_level: int
    imp_level: int
    auth_info: object | None
    capabilities: int


UNAUTHENTICATED: Final = Blanket(
    _AUTHN_NONE, _AUTHZ_NONE, None, _AUTHN_LEVEL_NONE, _IMP_LEVEL_ANONYMOUS, None, 0
)
# What may be asked for: what there is, and "the default".
_GRANTED: Final[tuple[tuple[object, ...], ...]] = (
    (_AUTHN_NONE, DEFAULT),
    (_AUTHZ_NONE, DEFAULT),
    (None, ""),
    (_AUTHN_LEVEL_NONE, _AUTHN_LEVEL_DEFAULT),
    (_IMP_LEVEL_ANONYMOUS, _IMP_LEVEL_DEFAULT),
    (None,),
    (0,),
)


class IClientSecurity(IUnknown):
    """The blanket of a proxy."""

    IID: ClassVar[Iid] = iid("0000013d-0000-0000-c000-000000000046")

    def QueryBlanket(self, proxy: IUnknown) -> Blanket:
        """How calls through `proxy` are authenticated."""
        raise NotImplementedError

    def SetBlanket(self, proxy: IUnknown, *blanket: object) -> None:
        """Change it; `blanket` is in the order of QueryBlanket's results."""
        raise NotImplementedError

    def CopyProxy(self, proxy: IUnknown) -> IUnknown:
        """A second proxy of the object, with a blanket of its own."""
        raise NotImplementedError


class ClientSecurity(ProxyFace, IClientSecurity):
    """Tells the truth, and refuses what would make it another."""

    def QueryBlanket(self, proxy: IUnknown) -> Blanket:
        """The one blanket. Raises E_INVALIDARG for what is no proxy of this object."""
        self._check_proxy(proxy, "QueryBlanket")
        return UNAUTHENTICATED

    def SetBlanket(self, proxy: IUnknown, *blanket: object) -> None:
        """Accepts the blanket that there is, and defaults. Raises E_NOTIMPL for any other."""
        self._check_proxy(proxy, "SetBlanket")
        if len(blanket) > len(UNAUTHENTICATED):
            raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"blanket: {len(blanket)} values")
        for name, wanted, granted in zip(Blanket._fields, blanket, _GRANTED, strict=False):
            if wanted not in granted:
                raise ComError(
                    HRESULT.E_NOTIMPL,
                    f"{name}: {wanted!r:.80} cannot be had: calls are not authenticated yet",
                )

    def CopyProxy(self, proxy: IUnknown) -> IUnknown:
        """Raises E_NOTIMPL: with one blanket for all, a copy could not differ."""
        self._check_proxy(proxy, "CopyProxy")
        raise ComError(
            HRESULT.E_NOTIMPL,
            "a copy is for a blanket of its own, and there is only one yet: use the proxy itself",
        )

    def _check_proxy(self, proxy: object, what: str) -> None:
        self._check(what)
        if isinstance(proxy, ProxyFace):
            raise ComError(
                HRESULT.E_NOINTERFACE,
                f"{what}: calls of {type(proxy).__name__} go nowhere: it is answered here",
            )
        if proxy != self._proxy or not isinstance(proxy, InterfaceProxy):
            raise InvalidArgumentError(
                HRESULT.E_INVALIDARG, f"proxy: {proxy!r:.80} is no proxy of this object"
            )
