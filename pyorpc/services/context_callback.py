"""IContextCallback: runs a function inside a context, on a thread of that context's apartment.

A pointer to it travels like any other, inside the process; what it is called with does not leave
the process: the function, its arguments, its result and what it raises are passed as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, NoReturn, TypeVar, cast

from pyorpc.arguments import invalid, refuse_no_function
from pyorpc.errors import HRESULT, ComError, Success
from pyorpc.ids import Guid, Iid, iid
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.stub import InterfaceStub
from pyorpc.unknown import IUnknown
from pyorpc.wire.method import Method

R = TypeVar("R")


class IContextCallback(IUnknown):
    """The way into a context."""

    IID: ClassVar[Iid] = iid("000001da-0000-0000-c000-000000000046")

    def ContextCallback(
        self,
        fn: Callable[[Any], int | Success | None],
        data: object = None,
        iid: Guid | None = None,
        method: int = 5,
        reserved: None = None,
    ) -> HRESULT:
        """Call `fn(data)` inside the context; returns its HRESULT (None: S_OK).

        Raises what `fn` raises. What `iid` and `method` say of `fn` changes nothing here.
        """
        refuse_no_function(fn, "fn")
        if reserved is not None:
            raise invalid(f"reserved: {reserved!r:.80} is not null")
        return _hresult_of(self.run(fn, data))

    def run(self, fn: Callable[..., R], *args: Any) -> R:
        """Call `fn(*args)` inside the context and return its value."""
        raise NotImplementedError


def _hresult_of(result: object) -> HRESULT:
    if result is None:
        return HRESULT.S_OK
    if isinstance(result, Success):
        return result.hresult
    try:
        return HRESULT(cast("int", result))
    except ValueError:
        text = f"fn returned {result!r:.80}, which is no HRESULT; run() gives any value back"
        raise ComError(HRESULT.E_UNEXPECTED, text, executed="yes") from None


class Errand:
    """A function on its way to another apartment, and what came of it."""

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._fn = fn
        self._args = args
        self._value: Any = None
        self._error: Exception | None = None

    def run_in(self, context: IContextCallback) -> None:
        try:
            self._value = context.run(self._fn, *self._args)
        except Exception as error:  # raised again by result
            self._error = error

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._value


class InProcessMethod(Method[tuple[Errand], None]):
    """Its argument is passed as it is, and so never to or from another process."""

    __slots__ = ()

    def copy_args(self, args: tuple[Errand]) -> tuple[Errand]:
        return args

    def encode_args(self, args: tuple[Errand]) -> NoReturn:
        raise self._refusal()

    def decode_args(self, body: bytes) -> NoReturn:
        raise self._refusal()

    def _refusal(self) -> ComError:
        return ComError(
            HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA,
            f"{self.name}: a function cannot go to another process; a context can be entered from "
            "its own process only",
            executed="no",
        )


_RUN: Final = InProcessMethod("IContextCallback.run", 3, tuple[()], None)


class ContextCallbackProxy(InterfaceProxy, IContextCallback):
    """A context of another apartment: the caller waits until the function has returned."""

    def run(self, fn: Callable[..., R], *args: Any) -> R:
        errand = Errand(fn, args)
        self._call(_RUN, (errand,))
        value: R = errand.result()
        return value


class ContextCallbackStub(InterfaceStub[IContextCallback]):
    """Runs what arrives, on the thread that took the call."""

    def _run(self, args: tuple[Errand]) -> None:
        (errand,) = args
        errand.run_in(self._target)

    METHODS: ClassVar = {3: (_RUN, _run)}
