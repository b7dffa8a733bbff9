from __future__ import annotations

import pytest

from pyorpc.midl import model
from pyorpc.midl.emit.variables import Variables

POINTER = model.InterfacePointer("IFoo")
N = model.SizeNumber(1)


def parameter(name: str, type_: model.Type) -> model.Parameter:
    return model.Parameter(name, type_, is_in=True, is_out=False)


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        (POINTER, "x_ref"),
        (model.Array(POINTER, N), "x_refs"),
        (model.InterfaceId(), "x_iid"),
        (model.Nullable(model.StructRef("S")), "x_wire"),
        (model.Array(model.Scalar(model.ScalarKind.LONG), N), "x_sent"),
    ],
)
def test_the_wires_form_is_named_after_what_it_is(type_: model.Type, name: str) -> None:
    one = parameter("x", type_)
    assert Variables(model.World(), model.Method("F", 3, (one,), "")).wire(one) == name


def test_no_variable_hides_a_parameter() -> None:
    one, other = parameter("x", POINTER), parameter("x_ref", POINTER)
    variables = Variables(model.World(), model.Method("F", 3, (one, other), ""))
    assert [variables.wire(one), variables.wire(other)] == ["x_ref_", "x_ref_ref"]
    assert variables.wire(one) == "x_ref_"


def test_full_pointers_are_marshaled_with_what_the_call_keeps_of_them() -> None:
    one = parameter("pointers", model.FullPointer(model.StructRef("S")))
    variables = Variables(model.World(), model.Method("F", 3, (one,), ""))
    assert variables.channel(one.type) == variables.pointers == "pointers_"
    assert variables.channel(POINTER) == "self._channel"
