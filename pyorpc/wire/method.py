"""Method: one IDL method as both sides know it: its name, its slot, its codecs.

Made once, at import of the generated module, and shared by proxy, stub and call object, so the wire
form is written once. Pure; used on any thread.
"""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar, cast

import msgspec

from pyorpc.errors import HRESULT, ComError
from pyorpc.wire.codec import UNREADABLE, copy_by_parts, decoder, encode, reread
from pyorpc.wire.value_limits import Growth, growth_of

A = TypeVar("A", bound=tuple[Any, ...])
R = TypeVar("R")

# A longer body is checked by the callee only: decoding it twice would cost more than it saves.
CHECKED_BY_SENDER: Final = 4096
# What the codec says of None where only something will do.
_NULL: Final = "got `None`"
_TEXTS: Final = (bytes, str)
_MISFITS: Final = (msgspec.ValidationError, TypeError, RecursionError)


class Method(Generic[A, R]):
    """`Method("IFoo.Bar", 3, tuple[str, Long], Long)`: the [in]s and the [out]s, typed."""

    __slots__ = (
        "_args",
        "_result",
        "args_growth",
        "args_type",
        "is_idempotent",
        "name",
        "result_growth",
        "result_type",
        "slot",
    )

    # What the types leave open; looked up when a body is long enough to matter.
    args_growth: Growth
    result_growth: Growth

    def __init__(
        self, name: str, slot: int, args: Any, result: Any, *, is_idempotent: bool = False
    ) -> None:
        self.name = name
        self.slot = slot
        self.args_type = args
        self.result_type = result
        self.is_idempotent = is_idempotent  # it may run twice without harm
        self._args = decoder(args)
        self._result = decoder(result)

    def __getattr__(self, name: str) -> Growth:
        # Only for what is not there yet.
        if name == "args_growth":
            self.args_growth = growth_of(self.args_type)
            return self.args_growth
        if name == "result_growth":
            self.result_growth = growth_of(self.result_type)
            return self.result_growth
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"<Method {self.name} slot {self.slot}>"

    def encode_args(self, args: A) -> bytes:
        """The [in]s as a body. Raises RPC_E_CLIENT_CANTMARSHAL_DATA naming the bad one."""
        body = encode(args)
        if len(body) < CHECKED_BY_SENDER:
            try:
                self._args.decode(body)
            except _MISFITS as error:
                if reread(self._args, body) is UNREADABLE:
                    raise self._cannot_send(error) from None
        return body

    def decode_args(self, body: bytes) -> A:
        """The [in]s of a body. Raises RPC_X_BAD_STUB_DATA with the place of the misfit."""
        return cast(A, _decoded(self._args, body, self.name, "arguments"))

    def encode_result(self, result: R) -> bytes:
        """The [out]s as a body. Raises RPC_E_SERVERFAULT: the implementation broke its contract."""
        body = b""
        try:
            body = encode(result)
            if len(body) < CHECKED_BY_SENDER:
                self._result.decode(body)
        except (*_MISFITS, ComError) as error:
            if reread(self._result, body) is UNREADABLE:
                raise self._broken_contract(error) from None
        return body

    def decode_result(self, body: bytes) -> R:
        return cast(R, _decoded(self._result, body, self.name, "results"))

    def copy_args(self, args: A) -> A:
        """The [in]s as the callee of an in-process call sees them: checked, its own copies."""
        body = b""
        try:
            for arg in args:
                if isinstance(arg, _TEXTS) and len(arg) > CHECKED_BY_SENDER:
                    return cast(A, copy_by_parts(args, self.args_type))
            # Through the codec and back is the fastest check there is, and a copy.
            body = encode(args)
            return cast(A, self._args.decode(body))
        except _MISFITS as error:
            again = reread(self._args, body)
            if again is UNREADABLE:
                raise self._cannot_send(error) from None
            return cast(A, again)

    def copy_result(self, result: R) -> R:
        body = b""
        try:
            value: object = result
            several = isinstance(value, tuple)
            for part in cast("tuple[Any, ...]", value if several else (value,)):
                if isinstance(part, _TEXTS) and len(part) > CHECKED_BY_SENDER:
                    return cast(R, copy_by_parts(result, self.result_type))
            body = encode(result)
            return cast(R, self._result.decode(body))
        except (*_MISFITS, ComError) as error:
            again = reread(self._result, body)
            if again is UNREADABLE:
                raise self._broken_contract(error) from None
            return cast(R, again)

    def _cannot_send(self, error: Exception) -> ComError:
        text = _text(error)
        is_null = _NULL in text and isinstance(error, msgspec.ValidationError)
        return ComError(
            HRESULT.RPC_X_NULL_REF_POINTER if is_null else HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA,
            f"{self.name}: {text} (of the arguments, counted from 0)",
            executed="no",
        )

    def _broken_contract(self, error: Exception) -> ComError:
        return ComError(
            HRESULT.RPC_E_SERVERFAULT,
            f"{self.name} returned what its IDL does not allow: {_text(error)}",
            executed="yes",
        )


def _text(error: Exception) -> str:
    return error.description if isinstance(error, ComError) else str(error)


def _decoded(known: msgspec.msgpack.Decoder[Any], body: bytes, name: str, what: str) -> object:
    try:
        return known.decode(body)
    except (msgspec.DecodeError, TypeError, RecursionError, UnicodeDecodeError) as error:
        again = reread(known, body)
        if again is UNREADABLE:
            raise ComError(
                HRESULT.RPC_X_BAD_STUB_DATA, f"{name}: the {what} do not fit: {error}"
            ) from None
        return again
