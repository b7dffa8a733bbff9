"""Random IDL types and values: compiled, sent between two processes, and compared."""

from __future__ import annotations

import importlib.util
import itertools
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import pyorpc
from pyorpc import COINIT
from pyorpc.midl.compile import Compiler
from pyorpc.wire.method import Method
from tests.conftest import Spawn
from tests.support.child import Parent
from tests.support.plain_msgpack import unpack
from tests.support.probe import in_apartment
from tests.support.random_types import KINDS, Kind

NUMBERS = itertools.count()
STOP = "stop"


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


@contextmanager
def recorded_bodies() -> Generator[list[bytes]]:
    """The bodies that this thread's calls send, and those that answer them."""
    bodies: list[bytes] = []
    methods: Any = Method
    encode, decode = methods.encode_args, methods.decode_result

    def encode_args(self: Method[Any, Any], args: Any) -> bytes:
        body: bytes = encode(self, args)
        bodies.append(body)
        return body

    def decode_result(self: Method[Any, Any], body: bytes) -> Any:
        bodies.append(body)
        return decode(self, body)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Method, "encode_args", encode_args)
        patch.setattr(Method, "decode_result", decode_result)
        yield bodies


def check(kind: Kind, data: st.DataObject, spawn: Spawn, folder: Path) -> None:
    path, name = compiled(kind, folder)
    module = load(path, name)
    server = spawn(serve_echo, path, name)
    with in_apartment(COINIT.MULTITHREADED):
        echo = pyorpc.unmarshal_interface(server.receive(), module.IEcho)
        for _ in range(8):
            value = module.Sent(data.draw(kind.values(module)))
            with recorded_bodies() as bodies:
                assert echo.Echo(value) == value
            assert [len(unpack(body)) for body in bodies] == [1, len(unpack(bodies[1]))]
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
