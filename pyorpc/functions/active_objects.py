"""The running object table: objects that are there already, found by their CLSID."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from pyorpc.activation.activation import Activation
from pyorpc.arguments import refuse_no_number
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.functions.activation import ClassName
from pyorpc.functions.apartments import current_runtime
from pyorpc.ids import Clsid, Guid
from pyorpc.unknown import IUnknown, iid_of

__all__ = ["get_active_object", "register_active_object", "revoke_active_object"]

T = TypeVar("T", bound=IUnknown)


def register_active_object(obj: IUnknown, clsid: ClassName) -> int:
    """Let every process of this home find `obj`, or a proxy's object. Returns a cookie, never 0.

    The registration keeps the object, and a server that an activation has started, until it is
    revoked or this apartment ends. Raises E_INVALIDARG, CO_E_CLASSSTRING, CO_E_NOTINITIALIZED,
    RPC_E_WRONG_THREAD for another context's proxy.
    """
    state = thread_state()
    activation = current_runtime(state).activation
    if not isinstance(obj, IUnknown):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG, f"obj: {obj!r:.80} is no interface pointer"
        )
    assert state.apartment is not None
    return activation.active.register(obj, _checked(activation, clsid), state.apartment)


def revoke_active_object(cookie: int) -> None:
    """Undo a registration. Pointers to the object that others have stay valid.

    Raises E_INVALIDARG for an unknown cookie, RPC_E_WRONG_THREAD outside the apartment that
    registered it.
    """
    refuse_no_number(cookie, "cookie")
    state = thread_state()
    current_runtime(state).activation.active.revoke(cookie, state)


@overload
def get_active_object(clsid: ClassName, iface: type[T], *, host: str | None = ...) -> T: ...
@overload
def get_active_object(clsid: ClassName, iface: Guid, *, host: str | None = ...) -> IUnknown: ...
def get_active_object(clsid: ClassName, iface: type[Any] | Guid, *, host: str | None = None) -> Any:
    """An object that is registered as active: of this process, else of another one of this home.

    Of several the one that was registered first and is there still. `host` names the endpoint of
    another process instead, or of another machine's SCM, which looks in its home. No server and no
    SCM is started. Raises MK_E_UNAVAILABLE where there is none, E_NOINTERFACE, E_INVALIDARG.
    """
    state = thread_state()
    activation = current_runtime(state).activation
    iid_of(iface)
    class_id = _checked(activation, clsid)
    with state.activating():
        if host is not None:
            return activation.active_object_at(host, class_id, iface, state)
        return activation.active_object(class_id, iface, state)


def _checked(activation: Activation, clsid: ClassName) -> Clsid:
    if clsid is None:  # pyright: ignore[reportUnnecessaryComparison]
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, "clsid: null")
    return activation.find(clsid)[0]
