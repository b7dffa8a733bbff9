"""Activation: from a class to an object, and what a server does to offer its classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast, overload

from pyorpc.activation.activation import Activation, Wanted
from pyorpc.activation.class_factory import ClassFactory
from pyorpc.activation.class_table import Registration
from pyorpc.activation.inproc_classes import register_inproc_class, unregister_inproc_class
from pyorpc.arguments import invalid, member_of, refuse_no_number
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.enumerations import CLSCTX, REGCLS
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.functions.apartments import current_runtime
from pyorpc.ids import Clsid, Guid
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.runtime import Runtime
from pyorpc.unknown import IUnknown, iid_of

__all__ = [
    "add_ref_server_process",
    "create_instance",
    "create_instance_ex",
    "get_class_object",
    "register_class_object",
    "register_inproc_class",
    "release_server_process",
    "resume_class_objects",
    "revoke_class_object",
    "suspend_class_objects",
    "unregister_inproc_class",
]

T = TypeVar("T", bound=IUnknown)
ClassName = Guid | str | type
"""What names a class: its CLSID, as a Guid or as text, its ProgID, or a `@coclass` class."""


@overload
def create_instance(
    clsid: ClassName,
    iface: type[T],
    clsctx: CLSCTX | int = ...,
    *,
    host: str | None = ...,
    timeout_s: float | None = ...,
) -> T: ...
@overload
def create_instance(
    clsid: ClassName,
    iface: Guid,
    clsctx: CLSCTX | int = ...,
    *,
    host: str | None = ...,
    timeout_s: float | None = ...,
) -> IUnknown: ...
def create_instance(
    clsid: ClassName,
    iface: type[Any] | Guid,
    clsctx: CLSCTX | int = CLSCTX.ALL,
    *,
    host: str | None = None,
    timeout_s: float | None = None,
) -> Any:
    """A new object of a class: itself where it may live here, elsewhere a proxy.

    Classes are looked for in this process, then in running servers of this home, then in the
    catalog, whose servers are started; `host` names an endpoint of another process or machine
    instead. `timeout_s` is for all of it, without one `activation_timeout_s` for what other
    processes do. Raises REGDB_E_CLASSNOTREG, E_NOINTERFACE, CO_E_SERVER_EXEC_FAILURE, RPC_E_TIMEOUT
    and what the class raises.
    """
    iid_of(iface)
    activation, state, wanted = _wanted(clsid, clsctx, timeout_s)
    with state.activating():
        if host is not None:
            return activation.create_at(host, wanted, iface, state)
        return activation.create(wanted, iface, state)


def create_instance_ex(
    clsid: ClassName,
    ifaces: Sequence[type[IUnknown] | Guid],
    clsctx: CLSCTX | int = CLSCTX.ALL,
    *,
    host: str | None = None,
    timeout_s: float | None = None,
) -> tuple[HRESULT, list[tuple[HRESULT, IUnknown | None]]]:
    """A new object with several interfaces: for each the HRESULT and the pointer, or None.

    S_OK; CO_S_NOTALLINTERFACES where some are missing; raises E_NOINTERFACE where all are.
    """
    if not _is_list(ifaces):
        raise invalid(f"ifaces: {ifaces!r:.80} is no list of one or more interfaces")
    for iface in ifaces:
        iid_of(iface)
    made = create_instance(clsid, IUnknown, clsctx, host=host, timeout_s=timeout_s)
    results = [_query(made, iface) for iface in ifaces]
    if isinstance(made, InterfaceProxy):
        made.give_up()
    failures = [hresult for hresult, _ in results if hresult.failed]
    if len(failures) == len(results):
        raise ComError(failures[0], f"the class {clsid!r} has none of the interfaces asked for")
    return (HRESULT.CO_S_NOTALLINTERFACES if failures else HRESULT.S_OK), results


@overload
def get_class_object(
    clsid: ClassName,
    clsctx: CLSCTX | int = ...,
    *,
    host: str | None = ...,
    timeout_s: float | None = ...,
) -> IClassFactory: ...
@overload
def get_class_object(
    clsid: ClassName,
    clsctx: CLSCTX | int,
    iface: type[T],
    *,
    host: str | None = ...,
    timeout_s: float | None = ...,
) -> T: ...
@overload
def get_class_object(
    clsid: ClassName,
    clsctx: CLSCTX | int = ...,
    *,
    iface: type[T],
    host: str | None = ...,
    timeout_s: float | None = ...,
) -> T: ...
def get_class_object(
    clsid: ClassName,
    clsctx: CLSCTX | int = CLSCTX.ALL,
    iface: type[Any] = IClassFactory,
    *,
    host: str | None = None,
    timeout_s: float | None = None,
) -> Any:
    """The class object of a class, which makes its objects. Found as `create_instance` finds it."""
    iid_of(iface)
    activation, state, wanted = _wanted(clsid, clsctx, timeout_s)
    with state.activating():
        if host is not None:
            return activation.class_object_at(host, wanted, iface, state)
        return activation.class_object(wanted, iface, state)


def register_class_object(
    clsid: ClassName,
    factory: IUnknown | type,
    clsctx: CLSCTX | int = CLSCTX.LOCAL_SERVER,
    flags: REGCLS | int = REGCLS.MULTIPLEUSE,
) -> int:
    """Offer a class: its objects are made in this apartment and context. Returns a cookie, never 0.

    `factory` is a class object, or a `@coclass` class. INPROC_SERVER offers it to this apartment,
    LOCAL_SERVER to all processes; MULTIPLEUSE to both. Leaving the apartment revokes. Raises
    E_INVALIDARG, CO_E_NOTINITIALIZED, CO_E_OBJISREG.
    """
    state = thread_state()
    runtime = current_runtime(state)
    class_id = _clsid_to_register(runtime, clsid)
    class_object = _class_object_of(factory, runtime)
    where, how = _checked_clsctx(clsctx, _REGISTRABLE), member_of(REGCLS, flags, "flags")
    if int(how) & ~int(_KNOWN_FLAGS):  # as integers: a flag's inverse knows named bits only
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"flags: {how!r} is not supported")
    assert state.context is not None
    registration = Registration(class_id, class_object, state.context, where, how)
    return runtime.activation.register(registration, state)


def revoke_class_object(cookie: int) -> None:
    """Take a class object out. Objects and clients that exist are not touched.

    Raises E_INVALIDARG for an unknown cookie, RPC_E_WRONG_THREAD outside the apartment that
    registered it.
    """
    refuse_no_number(cookie, "cookie")
    state = thread_state()
    runtime = current_runtime(state)
    assert state.apartment is not None
    runtime.activation.revoke(cookie, state.apartment)


def resume_class_objects() -> None:
    """Publish all class objects of this process that are suspended, at once."""
    _activation().table.resume()


def suspend_class_objects() -> None:
    """Keep all class objects of this process from new activations until they are resumed."""
    _activation().table.suspend()


def add_ref_server_process() -> int:
    """One more reason for this server process to go on; returns the new count."""
    return _activation().table.add_ref()


def release_server_process() -> int:
    """One reason less; returns the new count.

    0 means that the process is to end: in the same moment its class objects have been suspended.
    An activation that is under way counts: it may be about to add its own.
    """
    return _activation().table.release()


# ---- checks --------------------------------------------------------------------------------

_REGISTRABLE = CLSCTX.INPROC_SERVER | CLSCTX.LOCAL_SERVER
_ACTIVATABLE = CLSCTX.ALL
_LONGEST_S = 1e6  # the system's waits take no more than 24 days
_KNOWN_FLAGS = REGCLS.MULTIPLEUSE | REGCLS.MULTI_SEPARATE | REGCLS.SUSPENDED


def _activation() -> Activation:
    return current_runtime(thread_state()).activation


def _wanted(
    clsid: ClassName, clsctx: CLSCTX | int, timeout_s: float | None
) -> tuple[Activation, ThreadState, Wanted]:
    state = thread_state()
    activation = current_runtime(state).activation
    where = _checked_clsctx(clsctx, _ACTIVATABLE)
    within_s = _checked_time(timeout_s)
    class_id, implementation = activation.find(clsid)
    return activation, state, Wanted(class_id, implementation, where, within_s)


def _checked_time(timeout_s: object) -> float | None:
    if timeout_s is None:
        return None
    if isinstance(timeout_s, (int, float)) and timeout_s > 0:  # which is false for a NaN, too
        return min(float(timeout_s), _LONGEST_S)
    raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"timeout_s: {timeout_s!r:.80} is no time")


def _checked_clsctx(clsctx: CLSCTX | int, meant: CLSCTX) -> CLSCTX:
    where = member_of(CLSCTX, clsctx, "clsctx")
    if not where & meant:
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG, f"clsctx: {where!r} names no place; there are {meant!r}"
        )
    return where


def _clsid_to_register(runtime: Runtime, clsid: ClassName) -> Clsid:
    if clsid is None:  # pyright: ignore[reportUnnecessaryComparison]
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, "clsid: null")
    return runtime.activation.find(clsid)[0]


def _class_object_of(factory: object, runtime: Runtime) -> IUnknown:
    if isinstance(factory, type):
        return ClassFactory(factory, runtime.activation.table)
    if isinstance(factory, IUnknown) and not isinstance(factory, InterfaceProxy):
        return factory
    raise InvalidArgumentError(
        HRESULT.E_INVALIDARG,
        f"factory: {factory!r:.80} is neither a class object of this process nor a @coclass class",
    )


def _is_list(ifaces: object) -> bool:
    return isinstance(ifaces, Sequence) and len(cast("Sequence[object]", ifaces)) > 0


def _query(made: IUnknown, iface: type[IUnknown] | Guid) -> tuple[HRESULT, IUnknown | None]:
    try:
        return HRESULT.S_OK, made.QueryInterface(iface)
    except ComError as error:
        return error.hresult, None
