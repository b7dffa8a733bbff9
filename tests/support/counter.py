"""A dual object, and a process that serves it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pyorpc
from pyorpc import COINIT, ComError, IDispatch
from pyorpc.wire.variant import OMITTED
from tests.midl.good.dispatch_idl import Color, IBetterCounter, ICounter, INamed
from tests.support.child import Parent
from tests.support.kinds import STOP
from tests.support.probe import in_apartment


class Counter(IBetterCounter, INamed):
    """Counts; keeps what is put."""

    def __init__(self) -> None:
        self._value = 0
        self._items: dict[Any, Any] = {}
        self._owner: IDispatch | None = None
        self._name = "counter"
        self.log: list[str] = []

    def Add(self, a: int, b: int = 1) -> int:
        self._value += a + b
        return self._value

    @property
    def Value(self) -> int:
        return self._value

    @Value.setter
    def Value(self, value: int) -> None:
        self._value = value

    def get_Item(self, index: Any) -> Any:
        return self._items.get(index)

    def put_Item(self, index: Any, value: Any) -> None:
        self._items[index] = value

    @property
    def Password(self) -> str:
        raise AttributeError("nobody may read it")

    @Password.setter
    def Password(self, text: str) -> None:
        self.log.append(text)

    @property
    def Owner(self) -> IDispatch | None:
        return self._owner

    @Owner.setter
    def Owner(self, owner: IDispatch | None) -> None:
        self._owner = owner

    def putref_Owner(self, owner: IDispatch | None) -> None:
        self.log.append("by reference")
        self._owner = owner

    @property
    def Shade(self) -> Color:
        return Color.GREEN

    def Fail(self, scode: int, text: str) -> None:
        if scode == 0:
            raise ValueError(text)
        raise ComError(scode, text)

    def Merge(self, other: ICounter | None, note: Any = OMITTED, lcid: int = 0) -> tuple[int, Any]:
        assert other is not None
        return self._value + other.Value, f"{note!r:.40} {lcid}"

    def Money(self, amount: Decimal, since: datetime, flag: bool, ratio: float) -> str:
        return f"{amount!r} {since.year} {flag!r} {ratio!r}"

    def Format(self, text: str, *values: Any) -> str:
        return text.format(*values)

    def Step(self, by: int, sign: int) -> None:
        self._value += by * sign

    def Reset(self) -> None:
        self._value = 0

    @property
    def Name(self) -> str:
        return self._name

    @Name.setter
    def Name(self, name: str) -> None:
        self._name = name


def serve_counter(test: Parent) -> None:
    """In a child process: send a packet, then serve in the MTA until the test says stop."""
    with in_apartment(COINIT.MULTITHREADED):
        test.send(pyorpc.marshal_interface(Counter(), IBetterCounter))
        assert test.receive(300) == STOP
