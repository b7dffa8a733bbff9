"""Guard: finds, in debug mode, who calls an object's raw pointer outside the object's context.

The contexts of a Runtime with the setting `debug` call `watch` with every raw pointer that they
hand out, on the thread that gets it. A watched object's class becomes a subclass that looks, at
each method of an interface, in which context the calling thread is. Without the setting nothing
here runs.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any, Final, cast

from pyorpc.apartment.apartment import ApartmentKind
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.exporter import FREE_THREADED, home_context
from pyorpc.remoting.incoming_call import IncomingCall
from pyorpc.unknown import IUnknown

_log = logging.getLogger(__name__)

# The attribute of an implementation's class: the class of its guarded objects; None: none can be.
GUARD_CLASS: Final = "_pyorpc_guard_class"
# The attribute of a guarded object: where its raw pointer was handed out.
HANDED_OUT: Final = "_pyorpc_handed_out"
# So many places are remembered: the first, and the latest.
PLACES: Final = 6


def watch(obj: object, how: str) -> None:
    """Guard an object whose raw pointer is handed out here, and note the place.

    Agile objects and the framework's own are left alone. So is an object whose class allows no
    subclass of it; the log says that once.
    """
    if not isinstance(obj, IUnknown):
        return  # whatever it is may be registered as a class object
    cls = type(obj)
    if getattr(cls, FREE_THREADED, False) or cls.__module__.startswith("pyorpc."):
        return
    if not _is_guarded(obj, cls):
        return
    places: list[str] = vars(obj).setdefault(HANDED_OUT, [])
    place = f"{how} {_place()}"
    if place in places:
        return
    if len(places) >= PLACES:
        del places[1]
    places.append(place)


# ---- The guarded class ------------------------------------------------------------------


def _is_guarded(obj: IUnknown, cls: type[IUnknown]) -> bool:
    """Make it so, if that can be."""
    try:
        if GUARD_CLASS not in vars(cls):
            type.__setattr__(cls, GUARD_CLASS, _guard_class(cls))
        guard = vars(cls)[GUARD_CLASS]
        if guard not in (cls, None):
            object.__setattr__(obj, "__class__", guard)
    except Exception as error:  # the class, its metaclass and its __init_subclass__ are the user's
        _log.warning("debug: the objects of %s cannot be guarded: %r", cls.__qualname__, error)
        type.__setattr__(cls, GUARD_CLASS, None)
        return False
    return guard is not None


def _guard_class(cls: type[IUnknown]) -> type[IUnknown]:
    """A subclass that passes for `cls` itself and checks the calls."""
    passing = {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "__slots__": (),  # the objects' layout stays
        **{name: value for name, value in vars(cls).items() if name.startswith("__pyorpc_")},
    }
    metaclass = cast("Callable[..., type[IUnknown]]", type(cls))
    guard = metaclass(cls.__name__, (cls,), passing)
    for name in interface_methods(cls):
        setattr(guard, name, _checked(guard, name))
    type.__setattr__(guard, GUARD_CLASS, guard)
    return guard


def interface_methods(cls: type) -> set[str]:
    """The names that the interfaces of a class declare, without IUnknown's."""
    return {
        name
        for each in cls.__mro__
        if each is not IUnknown and "IID" in vars(each)
        for name, value in vars(each).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }


def _checked(guard: type[IUnknown], name: str) -> Callable[..., Any]:
    @wraps(getattr(guard, name))
    def method(self: IUnknown, *args: Any, **kwargs: Any) -> Any:
        state = thread_state()
        if state.context is not home_context(self):
            _refuse_smuggled(self, name, state)
        return getattr(super(guard, self), name)(*args, **kwargs)

    return method


def _refuse_smuggled(obj: IUnknown, name: str, state: ThreadState) -> None:
    home = home_context(obj)
    if home is None or home.apartment.is_closed or getattr(obj, FREE_THREADED, False):
        return
    if state.context is None and home.is_default and home.apartment.kind is ApartmentKind.MTA:
        return  # a thread outside COM works in the MTA
    here = "outside COM" if state.context is None else f"in {state.context!r}"
    places = "; ".join(vars(obj).get(HANDED_OUT, ()))
    raise ComError(
        HRESULT.RPC_E_WRONG_THREAD,
        f"{type(obj).__name__}.{name} was called on a raw pointer {_place()}, {here} (thread "
        f"{threading.current_thread().name}); the object lives in {home!r}. Smuggled pointers are "
        "refused in debug mode: pass it on with marshal_inter_thread_interface, agile_reference "
        "or global_interface_table(), or as an argument of a call, and call the pointer that "
        f"arrives. The raw pointer was handed out at home: {places}",
        executed="no",
    )


# ---- Places -----------------------------------------------------------------------------

_PACKAGE: Final = str(Path(__file__).resolve().parent.parent) + "/"
_NOBODYS: Final = {threading.__file__, contextlib.__file__}
_RUN: Final = IncomingCall.run.__code__


def _place() -> str:
    """The line of the user's code that led here, or the call that did."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and frame.f_code is not _RUN:
        code = frame.f_code
        if _is_users(code.co_filename):
            return f"at {code.co_filename}:{frame.f_lineno} in {code.co_qualname}"
        frame = frame.f_back
    call = thread_state().incoming
    return "inside pyorpc" if call is None else f"in a call of {call.method_name}"


def _is_users(filename: str) -> bool:
    return not (
        filename.startswith((_PACKAGE, "<frozen"))
        or filename.endswith("_idl.py")
        or filename in _NOBODYS
    )
