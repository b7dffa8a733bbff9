"""Random IDL types and values: compiled, sent between two processes, and compared."""

from __future__ import annotations

import importlib.util
import itertools
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import pyorpc
from pyorpc import COINIT, VT, Guid, Variant
from pyorpc.midl.compile import Compiler
from tests.conftest import Spawn
from tests.support.child import Parent
from tests.support.plain_msgpack import unpack
from tests.support.probe import in_apartment

NUMBERS = itertools.count()
STOP = "stop"


@dataclass(frozen=True)
class Kind:
    """A type: how a field of it is declared, what must be declared before, and its values."""

    field: str  # with {} for the name
    values: Callable[[Any], st.SearchStrategy[Any]]  # of the generated module
    before: str = ""


def plain(field: str, values: st.SearchStrategy[Any]) -> Kind:
    return Kind(field, lambda _module: values)


def integers(bits: int, *, is_signed: bool) -> st.SearchStrategy[int]:
    low = -(1 << bits - 1) if is_signed else 0
    return st.integers(low, low + (1 << bits) - 1)


def exactly(count: int, values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=count, max_size=count)


TEXT = st.text(st.characters(), max_size=8)
FLOAT = st.floats(allow_nan=False)
VARIANT = st.recursive(
    st.none()
    | st.booleans()
    | integers(64, is_signed=True)
    | FLOAT
    | TEXT
    | st.binary(max_size=4)
    | st.builds(Variant, st.just(VT.UI2), integers(16, is_signed=False)),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
LEAVES = [
    plain("boolean {};", st.booleans()),
    plain("byte {};", integers(8, is_signed=False)),
    plain("short {};", integers(16, is_signed=True)),
    plain("unsigned long {};", integers(32, is_signed=False)),
    plain("hyper {};", integers(64, is_signed=True)),
    plain("double {};", FLOAT),
    plain("BSTR {};", TEXT),
    plain("[unique] LPWSTR {};", st.none() | TEXT),
    plain("wchar_t {};", st.characters()),
    plain("GUID {};", st.builds(Guid, st.binary(min_size=16, max_size=16))),
    plain("DATE {};", st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))),
    plain("CY {};", st.integers(-(2**63), 2**63 - 1).map(lambda units: Decimal(units).scaleb(-4))),
    plain("VARIANT {};", VARIANT),
    plain("SAFEARRAY(BSTR) {};", st.lists(TEXT, max_size=3)),
    plain("SAFEARRAY(VARIANT) {};", st.lists(VARIANT, max_size=3)),
    plain("long {}[2][3];", exactly(2, exactly(3, integers(32, is_signed=True)))),
    plain("byte {}[4];", st.binary(min_size=4, max_size=4)),
    plain("[unique] double *{};", st.none() | FLOAT),
]  # fmt: skip


@st.composite
def structs(draw: st.DrawFn, inner: st.SearchStrategy[Kind]) -> Kind:
    """A struct of some fields; a sized array has its count before it."""
    kinds = draw(st.lists(inner, min_size=1, max_size=4))
    name = f"S{next(NUMBERS)}"
    fields = " ".join(kind.field.format(f"f{at}") for at, kind in enumerate(kinds))
    sized = draw(st.booleans())
    if sized:
        fields += " long n; [size_is(n)] short *items;"
    before = "".join(kind.before for kind in kinds) + f"struct {name} {{ {fields} }};\n"

    def values(module: Any) -> st.SearchStrategy[Any]:
        parts = [kind.values(module) for kind in kinds]
        made = getattr(module, name)
        if not sized:
            return st.builds(made, *parts)
        items = st.lists(integers(16, is_signed=True), max_size=4)
        return st.tuples(st.tuples(*parts), items).map(
            lambda both: made(*both[0], len(both[1]), both[1])
        )

    return Kind(f"struct {name} {{}};", values, before)  # fmt: skip


@st.composite
def unions(draw: st.DrawFn, inner: st.SearchStrategy[Kind]) -> Kind:
    """An encapsulated union; the last arm is empty."""
    kinds = draw(st.lists(inner, min_size=1, max_size=3))
    name = f"U{next(NUMBERS)}"
    arms = "".join(f"case {at}: {kind.field.format(f'a{at}')} " for at, kind in enumerate(kinds))
    before = "".join(kind.before for kind in kinds)
    before += f"union {name} switch (long t) u {{ {arms} case -1: ; }};\n"

    def values(module: Any) -> st.SearchStrategy[Any]:
        made = getattr(module, name)
        each = [st.builds(made, st.just(at), kind.values(module)) for at, kind in enumerate(kinds)]
        return st.one_of(st.just(made(-1, None)), *each)

    return Kind(f"union {name} {{}};", values, before)  # fmt: skip


KINDS = st.recursive(
    st.sampled_from(LEAVES), lambda inner: structs(inner) | unions(inner), max_leaves=6
)


def load(path: str, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where msgspec looks for the names in annotations
    spec.loader.exec_module(module)
    return module


def _give_back(_self: object, value: Any) -> Any:
    return value


def serve_echo(test: Parent, path: str, name: str) -> None:
    """In a child process: an object whose only method gives back what it gets."""
    module = load(path, name)
    echo = type("Echo", (module.IEcho,), {"Echo": _give_back})
    with in_apartment(COINIT.MULTITHREADED):
        test.send(pyorpc.marshal_interface(echo(), module.IEcho))
        assert test.receive(300) == STOP


def compiled(kind: Kind, folder: Path) -> tuple[str, str]:
    """Compile an interface that passes a struct of that kind; the path and name of its module."""
    name = f"echo{next(NUMBERS)}"
    source = folder / f"{name}.idl"
    source.write_text(
        f'import "unknwn.idl";\n{kind.before}struct Sent {{ {kind.field.format("it")} }};\n'
        f"[object, uuid({uuid.uuid4()})] interface IEcho : IUnknown {{\n"
        "    HRESULT Echo([in, out] struct Sent *value);\n}\n"
    )
    compiler = Compiler([])
    module = compiler.compile(source, folder)
    assert module is not None, compiler.reporter.render()
    path = folder / module.file_name
    path.write_text(module.text)
    return str(path), f"{name}_idl"


def check(kind: Kind, data: st.DataObject, spawn: Spawn, folder: Path) -> None:
    path, name = compiled(kind, folder)
    module = load(path, name)
    server = spawn(serve_echo, path, name)
    with in_apartment(COINIT.MULTITHREADED):
        echo = pyorpc.unmarshal_interface(server.receive(), module.IEcho)
        method, _ = module.IEchoStub.METHODS[3]
        for _ in range(8):
            value = module.Sent(data.draw(kind.values(module)))
            assert echo.Echo(value) == value
            packed = getattr(module, "_pack_Sent", None)
            if packed is None:
                assert len(unpack(method.encode_args((value,)))) == 1
    server.send(STOP)
    assert server.join() == 0


COMMON: dict[str, Any] = {
    "phases": (Phase.generate,),  # each example starts a process: no time for the smallest one
    "suppress_health_check": list(HealthCheck),
    "deadline": None,
}


@settings(max_examples=8, **COMMON)
@given(kind=KINDS, data=st.data())
def test_random_types_and_values(
    spawn: Spawn, tmp_path: Path, kind: Kind, data: st.DataObject
) -> None:
    check(kind, data, spawn, tmp_path)


@pytest.mark.nightly
@pytest.mark.timeout(900)
@settings(max_examples=300, **COMMON)
@given(kind=KINDS, data=st.data())
def test_many_random_types_and_values(
    spawn: Spawn, tmp_path: Path, kind: Kind, data: st.DataObject
) -> None:
    check(kind, data, spawn, tmp_path)
