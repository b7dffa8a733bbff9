"""release, is_same_object, last_hresult, disconnect_object."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def test_an_object_at_home_is_the_same_as_itself_only() -> None:
    one, other = Probe(), Probe()
    assert pyorpc.is_same_object(one, one)
    assert not pyorpc.is_same_object(one, other)


def test_releasing_what_is_no_proxy_does_nothing() -> None:
    with in_apartment(MTA):
        assert pyorpc.release(Probe()) == 1
        assert pyorpc.release(pyorpc.global_interface_table()) == 1


def test_release_counts_down_and_works_on_any_thread_outside_com() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        pointer = far.pointer()
        far.pointer()
        assert pyorpc.release(pointer) == 1
        assert pyorpc.release(pointer) == 0
        assert far.references() == 0


def test_the_last_hresult_is_the_calling_threads_own() -> None:
    class Partial(Probe):
        def Add(self, a: int, b: int) -> Any:
            return pyorpc.Success(HRESULT.S_FALSE, a + b)

    with FarRuntime(MTA, Partial()) as far, in_apartment(STA) as near:
        pointer = far.pointer()
        assert pointer.Add(1, 2) == 3
        assert pyorpc.last_hresult() == HRESULT.S_FALSE
        assert pointer.Echo("") == ""
        assert pyorpc.last_hresult() == HRESULT.S_OK
        assert near is not far.runtime


def test_a_method_without_results_has_a_success_code_too() -> None:
    class Partial(Probe):
        def LetGo(self) -> Any:
            return pyorpc.Success(HRESULT.S_FALSE)

    with FarRuntime(MTA, Partial()) as far, in_apartment(STA):
        far.pointer().LetGo()
        assert pyorpc.last_hresult() == HRESULT.S_FALSE


def test_disconnecting_what_was_never_marshaled_or_null() -> None:
    nothing: Any = None
    with in_apartment(MTA):
        assert pyorpc.disconnect_object(Probe()) == HRESULT.S_OK
        with pytest.raises(ComError) as refused:
            pyorpc.disconnect_object(nothing)
        assert refused.value.hresult == HRESULT.E_INVALIDARG
