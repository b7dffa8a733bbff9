"""InterfaceAwaitable: a pointer whose methods are awaited. Base of the generated IFooAwaitable's.

Used by tasks of a trio apartment; many may have calls under way over it at the same time. It holds
its pointer, and works where that does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar, get_args

from pyorpc.arguments import refuse_no_object
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.own_loop import own_loop
from pyorpc.remoting.parameter_names import name_parameter
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.unknown import IUnknown
from pyorpc.wire.method import Method

A = TypeVar("A", bound=tuple[Any, ...])
I = TypeVar("I", bound=IUnknown)  # noqa: E741  # the interface
R = TypeVar("R")


class InterfaceAwaitable(Generic[I]):
    """The methods of an interface, as coroutines.

    Each sends its call, lets other tasks and calls run, and returns or raises what came of it. A
    cancelled scope cancels the call. Raises CO_E_NOT_SUPPORTED outside a trio apartment.

    Made of a pointer to that very interface: another one's methods have other places. Raises
    E_NOINTERFACE, E_INVALIDARG for null and what is no pointer.
    """

    _interface: ClassVar[type[IUnknown]] = IUnknown

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for base in vars(cls).get("__orig_bases__", ()):
            for iface in get_args(base):
                if isinstance(iface, type):
                    cls._interface = iface

    def __init__(self, proxy: I) -> None:
        if not isinstance(proxy, self._interface):
            raise _misfit(proxy, self._interface)
        self._pointer = proxy
        if isinstance(proxy, InterfaceProxy):
            self._channel = proxy.channel
        else:
            own_class: Any = type(self)
            self.__class__ = _at_home(own_class)

    async def _call(self, method: Method[A, R], args: A) -> R:
        channel = self._channel
        try:
            loop = own_loop(method.name)
            await loop.checkpoint()
            call = channel.begin(method, args)
        except BaseException as error:
            self._failed(method, args, error)
            raise
        try:
            await loop.completed(call, channel)
        finally:
            if call.error is not None:
                channel.release_unsent(args, call.error)
        state = thread_state()
        state.last_hresult = call.hresult
        state.error_info = None if call.error is None else call.error.error_info
        try:
            result: R = call.result()
        except ComError as error:
            name_parameter(error, self._pointer, method.name.rpartition(".")[2])
            raise
        return result

    async def _send(self, method: Method[A, None], args: A) -> None:
        """Hand a one-way call over; other tasks run before."""
        channel = self._channel
        try:
            await own_loop(method.name).checkpoint()
            channel.send(method, args)
        except BaseException as error:
            self._failed(method, args, error)
            raise

    def _failed(self, method: Method[Any, Any], args: object, error: BaseException) -> None:
        """Nothing was sent."""
        if isinstance(error, ComError):
            self._channel.release_unsent(args, error)
            name_parameter(error, self._pointer, method.name.rpartition(".")[2])
        else:  # the scope was cancelled before
            self._channel.release_unsent(
                args, ComError(HRESULT.RPC_E_CALL_CANCELED, method.name, executed="no")
            )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._pointer!r}>"


def _misfit(pointer: object, iface: type[IUnknown]) -> ComError:
    refuse_no_object(pointer, "proxy")
    return ComError(
        HRESULT.E_NOINTERFACE,
        f"proxy: {pointer!r:.160} is no {iface.__name__}: pass what its "
        f"QueryInterface({iface.__name__}) returns",
    )


# ---- an object of the caller's own context has no channel ------------------------------------


@lru_cache(maxsize=1024)
def _at_home(awaitable_class: Any) -> Any:
    """The same methods for objects themselves: called directly; what is async is awaited."""
    own: Any = awaitable_class.__dict__
    names: list[str] = [str(name) for name in own]
    methods: dict[str, Any] = {
        name: _direct(name) for name in names if inspect.iscoroutinefunction(own[name])
    }
    return type(awaitable_class.__name__, (awaitable_class,), methods)


def _direct(name: str) -> Callable[..., Any]:
    async def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        pointer = self._pointer
        await own_loop(f"{type(pointer).__name__}.{name}").checkpoint()
        result = getattr(pointer, name)(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    method.__name__ = name
    return method
