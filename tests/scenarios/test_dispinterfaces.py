"""Dispinterfaces: calls by name only, with the Python of any interface."""

from __future__ import annotations

from typing import Any

import pyorpc
from pyorpc import COINIT, MSHCTX, IDispatch, Runtime
from pyorpc.wire.variant import OMITTED
from tests.midl.good.dispinterfaces_idl import DShape, DShapeEvents, IShape
from tests.support.apartment_thread import ApartmentThread


class Events(DShapeEvents):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self._color = 1

    @property
    def Name(self) -> str:
        return "events"

    @property
    def Color(self) -> int:
        return self._color

    @Color.setter
    def Color(self, value: int) -> None:
        self._color = value

    def Moved(self, x: int, y: int) -> None:
        self.told.append((x, y))

    def MayMove(self, shape: IShape | None, why: Any = OMITTED) -> bool:
        self.told.append(shape)
        return bool(why == "please")

    def get_Item(self, key: str) -> Any:
        return [key]


class Shape(IShape, DShape):
    """Moves."""

    x = 0

    def Move(self, x: int, y: int = 0) -> None:
        self.x += x + y

    @property
    def Area(self) -> float:
        return 0.5


def test_methods_and_properties_are_called_late() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, COINIT.APARTMENTTHREADED) as host,
        runtime.enter_apartment(COINIT.MULTITHREADED),
    ):
        far = Events()
        packet = host.run(pyorpc.marshal_interface, far, DShapeEvents, MSHCTX.INPROC)
        events = pyorpc.unmarshal_interface(packet, DShapeEvents)
        events.Moved(1, -2)
        assert events.Name == "events"
        events.Color = 7
        assert events.Color == 7
        shape = Shape()
        assert events.MayMove(shape, "please") is True
        assert events.MayMove(None) is False
        assert events.get_Item("key") == ["key"]
        assert far.told[0] == (1, -2)
        late = events.QueryInterface(IDispatch)
        assert late.GetIDsOfNames(["moved"]) == [1]


def test_a_dual_interface_has_a_late_bound_form() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, COINIT.APARTMENTTHREADED) as host,
        runtime.enter_apartment(COINIT.MULTITHREADED),
    ):
        far = Shape()
        packet = host.run(pyorpc.marshal_interface, far, DShape, MSHCTX.INPROC)
        shape = pyorpc.unmarshal_interface(packet, DShape)
        shape.Move(3)
        assert (far.x, shape.Area) == (3, 0.5)
