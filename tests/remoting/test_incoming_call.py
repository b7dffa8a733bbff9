"""What a method's end becomes for its caller: answered once, truthfully, whatever it raises."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.context.thread_state import thread_state
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, at, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Raising(Probe):
    """Its Echo raises what the test says."""

    def __init__(self, error: BaseException | None = None) -> None:
        super().__init__()
        self.error = error

    def Echo(self, text: str) -> str:
        if self.error is not None:
            raise self.error
        return text


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


def outcome_of(error: BaseException) -> ComError:
    with FarRuntime(MTA, Raising(error)) as far, in_apartment(STA):
        pointer = far.pointer()
        with pytest.raises(ComError) as raised:
            pointer.Echo("")
        assert pointer.Add(1, 2) == 3
        wait_until(lambda: far.runtime.table.incoming == {}, "it is answered")
        return raised.value


def test_an_error_of_the_methods_own_comes_as_it_is() -> None:
    error = outcome_of(ComError(HRESULT.E_ACCESSDENIED, "not you"))
    assert (error.hresult, error.executed) == (HRESULT.E_ACCESSDENIED, "yes")
    assert error.description == "not you"


def test_what_a_call_of_the_methods_own_said_of_itself_is_not_said_of_the_method() -> None:
    inner = ComError(HRESULT.RPC_S_SERVER_UNAVAILABLE, "elsewhere", executed="no")
    assert outcome_of(inner).executed == "yes"


def test_any_other_exception_is_a_server_fault_with_its_text_and_without_its_frames() -> None:
    error = outcome_of(ValueError("oops"))
    assert (error.hresult, error.executed) == (HRESULT.RPC_E_SERVERFAULT, "yes")
    assert "ValueError: oops" in error.description
    assert error.remote_traceback is None


def test_an_exception_that_cannot_be_told_is_told_by_its_type() -> None:
    assert "UnspeakableError" in outcome_of(UnspeakableError()).description


def test_a_method_that_is_not_implemented_says_so() -> None:
    assert outcome_of(NotImplementedError()).hresult == HRESULT.E_NOTIMPL


def test_a_result_of_the_wrong_type_is_the_callees_fault_and_is_said_to_have_run() -> None:
    class Wrong(Probe):
        def Add(self, a: int, b: int) -> Any:
            return "three"

    for where in ("here", "there"):
        with in_apartment(STA) as runtime:
            if where == "here":
                with ProbeThread(runtime, MTA, Wrong()) as near:
                    error = refused(pyorpc.unmarshal_interface(near.packet, IProbe))
            else:
                with FarRuntime(MTA, Wrong()) as far:
                    error = refused(far.pointer())
        assert error.executed == "yes"
        assert error.hresult.failed


def refused(pointer: IProbe) -> ComError:
    with pytest.raises(ComError) as raised:
        pointer.Add(1, 2)
    return raised.value


def test_after_a_call_the_thread_is_where_it_was() -> None:
    with in_apartment(STA):
        state = thread_state()
        before = state.context, state.apartment, state.incoming
        context = pyorpc.create_context()
        probe = Raising(ValueError("oops"))
        packet = context.run(pyorpc.marshal_interface, probe, IProbe, pyorpc.MSHCTX.CROSSCTX)
        pointer = pyorpc.unmarshal_interface(packet, IProbe)
        assert pointer.Place()[0] == context.token
        with pytest.raises(ComError):
            pointer.Echo("")
        assert (state.context, state.apartment, state.incoming) == before


class Careless(Probe):
    """Gives back what its interface does not allow."""

    def Make(self) -> Any:
        return 3

    def Squares(self, n: int) -> Any:
        return n, [1] * (n - 1)

    def Same(self, other: IProbe | None) -> Any:
        raise ComError(HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, "of a call of its own", executed="no")


@pytest.mark.parametrize("where", ["apartment", "process"])
def test_results_that_cannot_be_passed_are_no_mistake_of_the_callers(where: str) -> None:
    with (
        FarRuntime(MTA, Careless()) as far,
        in_apartment(STA) as runtime,
        ProbeThread(runtime, MTA, Careless()) as near,
    ):
        pointer = at(near.packet) if where == "apartment" else far.pointer()
        begun = pyorpc.create_call(pointer, AsyncIProbe)
        begun.Begin_Make()
        for call in (pointer.Make, begun.Finish_Make, lambda: pointer.Squares(3)):
            with pytest.raises(ComError, match="returned what its IDL does not allow") as raised:
                call()
            assert raised.value.hresult == HRESULT.RPC_E_SERVERFAULT
            assert raised.value.executed == "yes"
        with pytest.raises(ComError, match="of a call of its own") as raised:
            pointer.Same(None)
        assert raised.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
