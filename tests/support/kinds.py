"""An object that gives back every value that it gets, and a process that serves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Guid, Variant
from pyorpc.wire.variant import OMITTED
from tests.midl.good.unions_idl import (
    Drawn,
    Figure,
    IUnions,
    Letter,
    Shape,
    Tagged,
    Unnamed,
)
from tests.support.child import Parent
from tests.support.kinds_idl import Bag, Heat, IKinds, Wide
from tests.support.probe import in_apartment

STOP = "stop"


class Kinds(IKinds):
    """Gives back what it gets."""

    def Integers(  # noqa: PLR0917  # of its IDL
        self, i1: int, u1: int, i2: int, u2: int, i4: int, u4: int, i8: int, u8: int
    ) -> tuple[int, int, int, int, int, int, int, int]:
        return i1, u1, i2, u2, i4, u4, i8, u8

    def Numbers(
        self, r4: float, r8: float, flag: bool, automation: bool, windows: int
    ) -> tuple[float, float, bool, bool, int]:
        return r4, r8, flag, automation, windows

    def Texts(
        self, text: str, maybe: str | None, narrow: str, letter: str
    ) -> tuple[str, str | None, str | None, str]:
        return text, maybe, narrow, letter

    def Codes(
        self, guid: Guid, code: HRESULT, heat: Heat, wide: Wide, window: int
    ) -> tuple[Guid, HRESULT, Heat, Wide, int]:
        return guid, code, heat, wide, window

    def Amounts(
        self, date: datetime, time: datetime, money: Decimal, exact: Decimal, large: int
    ) -> tuple[datetime, datetime, Decimal, Decimal, int]:
        return date, time, money, exact, large

    def Value(self, value: Any) -> tuple[str, Any]:
        if str(value).startswith("['fail'"):
            raise ComError(HRESULT.E_FAIL, "after its values have come")
        return repr(value), value

    def Optional(self, first: int, second: Any = OMITTED) -> Any:
        return second

    def Several(self, n: int, values: Sequence[Any]) -> list[Any]:
        return list(values)

    def Bags(self, bag: Bag, maybe: Any | None) -> tuple[Bag, Any | None]:
        return bag, maybe

    def Pointer(self, pointer: Any) -> Any:
        held = pointer.value if isinstance(pointer, Variant) else pointer
        held.QueryInterface(IKinds).Optional(1)
        return pointer


class Unions(IUnions):
    """Gives back what it gets; an integer tag 99 makes it return a union that has no such arm."""

    def Encapsulated(self, shape: Shape, unnamed: Unnamed) -> Shape:
        return Shape(99, None) if unnamed == Unnamed(True, "a wrong tag, please") else shape

    def Switched(self, figure: Figure, drawn: Drawn, t: int, back: Drawn) -> tuple[int, Drawn]:
        return int(figure), drawn

    def Nested(self, letter: Letter, tagged: Tagged) -> tuple[Letter, Tagged]:
        return letter, tagged

    def Many(self, n: int, shapes: Sequence[Shape], maybe: Shape | None) -> None:
        if maybe is not None and maybe.value != [shape.tag for shape in shapes]:
            raise ComError(HRESULT.E_INVALIDARG, "these shapes have other tags")


def serve_kinds(test: Parent) -> None:
    """In a child process: send packets, then serve in the MTA until the test says stop."""
    with in_apartment(COINIT.MULTITHREADED):
        test.send(pyorpc.marshal_interface(Kinds(), IKinds))
        test.send(pyorpc.marshal_interface(Unions(), IUnions))
        assert test.receive(300) == STOP
