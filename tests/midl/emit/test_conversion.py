from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl import model
from pyorpc.midl.emit.conversion import Conversion, Surroundings
from pyorpc.midl.emit.layout import flat
from pyorpc.midl.emit.names import Imports
from pyorpc.midl.source import SourceFile

HOME = SourceFile(Path("/a.idl"), "a.idl", "")
LONG, BYTE = model.Scalar(model.ScalarKind.LONG), model.Scalar(model.ScalarKind.BYTE)
N = model.SizeName("n", is_nullable=False)
POINTER = model.InterfacePointer("IFoo")
WORLD = model.World(
    structs={
        "S": model.Struct("S", (model.Field("p", POINTER, ""),), "", HOME),
        "B": model.Struct("B", (model.Field("b", model.Array(BYTE, N), ""),), "", HOME),
    },
    interfaces={
        "IFoo": model.Interface("IFoo", "", None, "IUnknown", (), "", HOME, is_local=False)
    },
)
AROUND = Surroundings("channel", lambda name: name, "x")


def conversion() -> Conversion:
    return Conversion(WORLD, Imports(HOME, ""))


@pytest.mark.parametrize(
    ("type_", "packed", "unpacked"),
    [
        (LONG, "x", "x"),
        (model.Scalar(model.ScalarKind.BOOL), "int(x)", "x"),
        (POINTER, "channel.marshal(x, IFoo)", "channel.unmarshal(x, IFoo)"),
        (
            model.Nullable(POINTER),
            "None if x is None else channel.marshal(x, IFoo)",
            "channel.unmarshal(x, IFoo)",
        ),
        (model.DynamicPointer("riid"), "channel.marshal(x, riid)", "channel.unmarshal(x, riid)"),
        (model.InterfaceId(), "iid_of(x)", "interface_for(x)"),
        (model.StructRef("S"), "_pack_S(channel, x)", "_unpack_S(channel, x)"),
        (model.StructRef("B"), "_pack_B(x)", "x"),
        (model.Array(LONG, N), 'sized(x, n, "x")', "x"),
        (model.Array(BYTE, N), 'sized_bytes(x, n, "x")', "x"),
        (model.Nullable(model.Array(LONG, N)), 'None if x is None else sized(x, n, "x")', "x"),
        (
            model.Array(POINTER, N),
            '[channel.marshal(item, IFoo) for item in sized(x, n, "x")]',
            "[channel.unmarshal(item, IFoo) for item in x]",
        ),
        (
            model.Array(model.Array(LONG, N), N),
            '[sized(item, n, "x") for item in sized(x, n, "x")]',
            "x",
        ),
    ],
)
def test_a_value_is_packed_and_unpacked(type_: model.Type, packed: str, unpacked: str) -> None:
    assert flat(conversion().pack(type_, "x", AROUND)) == packed
    assert flat(conversion().unpack(type_, "x", AROUND)) == unpacked


def test_a_stub_checks_the_size_that_came() -> None:
    text = flat(conversion().unpack(model.Array(LONG, N), "x", AROUND, checks_size=True))
    assert text == 'sized(x, n, "x")'


def test_a_struct_holds_the_iid_as_a_guid() -> None:
    around = Surroundings("channel", lambda name: f"value.{name}")
    text = flat(conversion().pack(model.DynamicPointer("iid", holds_guid=True), "x", around))
    assert text == "channel.marshal(x, interface_for(value.iid))"
