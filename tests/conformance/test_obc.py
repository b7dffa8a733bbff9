"""OBC, from outside: the call context."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ICancelMethodCalls, IUnknown
from tests.conformance.test_apt import code_of
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
COMPLETE = HRESULT.RPC_E_CALL_COMPLETE


class Custom(IUnknown):
    """What is put in the call context's place."""


class Watching(Probe):
    """Its methods look at their call context, and switch it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def Echo(self, text: str) -> str:
        own = pyorpc.get_call_context()
        self.seen.append(own)
        assert isinstance(own, ICancelMethodCalls)
        assert own.TestCancel() == pyorpc.test_cancel() == HRESULT.RPC_S_CALLPENDING
        assert own.Cancel(0) == HRESULT.E_NOTIMPL
        assert pyorpc.get_call_context(IUnknown) == own
        assert code_of(pyorpc.get_call_context, IProbe) == HRESULT.E_NOINTERFACE
        return text

    def LetGo(self) -> None:
        own = pyorpc.get_call_context()
        custom = Custom()
        assert pyorpc.switch_call_context(custom) == own
        assert pyorpc.get_call_context(IUnknown) is custom
        assert code_of(pyorpc.get_call_context) == HRESULT.E_NOINTERFACE
        assert pyorpc.switch_call_context(None) is custom
        assert code_of(pyorpc.get_call_context) == COMPLETE
        assert pyorpc.switch_call_context(own) is None
        assert pyorpc.get_call_context() == own
        pyorpc.switch_call_context(custom)  # it goes with the call


@pytest.mark.parametrize("callee", [STA, MTA])
def test_OBC_01_call_context_lifetime(callee: COINIT) -> None:
    probe = Watching()
    with FarRuntime(callee, probe) as far, in_apartment(MTA):
        pointer = far.pointer()
        assert code_of(pyorpc.get_call_context) == COMPLETE
        assert pyorpc.test_cancel() == COMPLETE
        pointer.Echo("inside")
        assert code_of(pyorpc.get_call_context) == COMPLETE
        assert far.thread.run(code_of, pyorpc.get_call_context) == COMPLETE
        assert probe.seen[0].TestCancel() == COMPLETE  # one that was kept
        pointer.LetGo()
        pointer.Echo("the next call has its own")
        assert probe.seen[0] != probe.seen[1]


def test_OBC_01_switching_outside_a_call() -> None:
    with in_apartment(MTA):
        custom = Custom()
        assert pyorpc.switch_call_context(custom) is None
        assert pyorpc.get_call_context(IUnknown) is custom
        assert pyorpc.switch_call_context(None) is custom
        assert code_of(pyorpc.get_call_context) == COMPLETE
        pyorpc.switch_call_context(custom)
    assert code_of(pyorpc.get_call_context) == COMPLETE  # it goes with the apartment


def test_OBC_01_a_callback_has_a_context_of_its_own() -> None:
    probe = Watching()

    class Caller(Watching):
        def ThreadId(self) -> int:
            assert code_of(pyorpc.get_call_context, IUnknown) == 0
            self.Echo("in the callback")
            return super().ThreadId()

    with FarRuntime(MTA, probe) as far, in_apartment(STA):
        pointer, custom = far.pointer(), Custom()
        pyorpc.switch_call_context(custom)
        caller = Caller()
        pointer.CallBack(caller)
        assert len(caller.seen) == 1
        assert pyorpc.switch_call_context(None) is custom
