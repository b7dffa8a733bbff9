"""`async def` methods of an object: their stub functions start a task and answer the call later.

Found once for each class; calls of plain methods never come here. A generated stub function goes
from the wire to the method and back in one piece. So it is run twice: up to the call, for the
coroutine, and with what came of that in place of the call, for the [out]s.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.deferral import GoesOn

if TYPE_CHECKING:
    from pyorpc.remoting.stub import InterfaceStub, MethodEntry

Function = Callable[[Any, Any], Any]


def methods_with_tasks(
    stub_class: type[InterfaceStub[Any]], target_class: type
) -> dict[int, MethodEntry] | None:
    """The METHODS of stubs for that class of objects; None: it has no `async def` method."""
    # Classes can be hashed, whatever mypy thinks of those that say how their objects are.
    known = _KNOWN.setdefault(cast(Any, target_class), {})
    if stub_class not in known:
        known[stub_class] = _methods_with_tasks(stub_class, target_class)
    return known[stub_class]


# By class of objects, weakly: the module of a service that is unloaded takes its classes along.
_KNOWN: Final[WeakKeyDictionary[Any, dict[Any, dict[int, MethodEntry] | None]]] = (
    WeakKeyDictionary()
)


def _methods_with_tasks(stub_class: Any, target_class: Any) -> dict[int, MethodEntry] | None:
    asynchronous = {
        slot: (method, _starting(function))
        for slot, (method, function) in stub_class.METHODS.items()
        if _is_async(target_class, method.name.rpartition(".")[2])
    }
    return {**stub_class.METHODS, **asynchronous} if asynchronous else None


def _is_async(target_class: type, name: str) -> bool:
    # The compiler adds an underscore to Python's own words.
    method = getattr(target_class, name, None) or getattr(target_class, f"{name}_", None)
    return method is not None and inspect.iscoroutinefunction(inspect.unwrap(method))


def _starting(function: Function) -> Function:
    """The stub function of an `async def` method, made of the plain one."""

    def start(stub: Any, args: Any) -> object:
        loop = stub.manager.apartment.loop
        call = thread_state().incoming
        coroutine = _coroutine_of(function, stub, args)
        if loop is None:
            coroutine.close()
            raise ComError(
                HRESULT.E_NOTIMPL,
                f"{call.method_name} is an `async def` method, and {stub.manager.apartment!r} has "
                "no trio loop to run it: the object must be made, or marshaled first, inside "
                "`async with pyorpc.trio.open_apartment()`",
                executed="no",
            )
        return loop.start(call, coroutine, partial(_finished, function, stub, args))

    return start


def _coroutine_of(function: Function, stub: Any, args: Any) -> Coroutine[Any, Any, Any]:
    first = copy(stub)
    first._target = _Calling(stub._target)  # noqa: SLF001  # it is the stub's other half
    try:
        function(first, args)
    except _Called as called:
        return called.coroutine
    raise AssertionError(f"{function.__name__} calls no method")


def _finished(function: Function, stub: Any, args: Any, value: object) -> object:
    second = copy(stub)
    second._target = _Returning(value)  # noqa: SLF001
    second._channel = _OutsOnly(stub._channel)  # noqa: SLF001
    return function(second, args)


class _Called(GoesOn):
    """Leaves a stub function at the call. Never leaves this module."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        super().__init__()
        self.coroutine = coroutine


class _Calling:
    """In the object's place: its method is called, and the stub function left."""

    def __init__(self, target: object) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._target, name)

        def call(*args: Any) -> Any:
            raise _Called(method(*args))

        return call


class _Returning:
    """In the object's place: every method has returned already."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *_args: self._value


class _OutsOnly:
    """In the channel's place: the pointers among the [in]s have been taken."""

    def __init__(self, channel: Any) -> None:
        self.marshal = channel.marshal
        self.take_back = channel.take_back

    def unmarshal(self, ref: object, iface: object) -> None:
        """Nobody uses it."""
