"""Policies run around every call into their context. The hook that later services hang on."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from tests.conftest import Spawn
from tests.support.child import Parent
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Recording:
    """A policy that writes down what passes, and refuses what it is told to."""

    def __init__(self, name: str, lines: list[str], refuses: str = "") -> None:
        self._name = name
        self._lines = lines
        self._refuses = refuses

    def enter(self, call: Any) -> None:
        self._lines.append(f"{self._name} enter {call.method_name}")
        if call.method_name == self._refuses:
            raise ComError(HRESULT.E_ACCESSDENIED, "not this one")

    def leave(self, call: Any, error: BaseException | None) -> None:
        self._lines.append(f"{self._name} leave {type(error).__name__}")


def test_policies_surround_a_call_and_may_refuse_it() -> None:
    lines: list[str] = []
    with in_apartment(STA):
        context = pyorpc.create_context(
            policies=(Recording("outer", lines), Recording("inner", lines, "IProbe.Echo"))
        )
        probe = Probe()
        packet = context.run(pyorpc.marshal_interface, probe, IProbe, pyorpc.MSHCTX.CROSSCTX)
        pointer = pyorpc.unmarshal_interface(packet, IProbe)
        assert pointer.Add(1, 2) == 3
        with pytest.raises(pyorpc.AccessDeniedError) as refused:
            pointer.Echo("x")
        assert refused.value.executed == "no"
        assert probe.log == []
        with pytest.raises(ComError):
            pointer.Raise("oops")
    assert lines == [
        "outer enter IProbe.Add",
        "inner enter IProbe.Add",
        "inner leave NoneType",
        "outer leave NoneType",
        "outer enter IProbe.Echo",
        "inner enter IProbe.Echo",
        "outer leave AccessDeniedError",
        "outer enter IProbe.Raise",
        "inner enter IProbe.Raise",
        "inner leave ValueError",
        "outer leave ValueError",
    ]


def serve_guarded(test: Parent) -> None:
    with in_apartment(MTA):
        context = pyorpc.create_context(policies=(Recording("guard", [], "IProbe.Echo"),))
        test.send(context.run(pyorpc.marshal_interface, Probe(), IProbe))
        test.receive(300)


def test_policies_guard_calls_from_other_processes_and_apartments(spawn: Spawn) -> None:
    child = spawn(serve_guarded)
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA):
        pointer = pyorpc.unmarshal_interface(child.receive(), IProbe)
        assert pointer.Add(1, 2) == 3
        with pytest.raises(pyorpc.AccessDeniedError) as refused:
            pointer.Echo("x")
        assert (refused.value.executed, refused.value.description) == ("no", "not this one")
