"""ERR: error information on a thread, and codes that arrive as they are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import pyorpc
from pyorpc import HRESULT, ErrorInfo, Success
from pyorpc.context.thread_state import thread_state
from tests.conformance.test_apt import code_of
from tests.support.error_probes import (
    GUID,
    INFO,
    MTA,
    STA,
    Pointers,
    Telling,
    anywhere,
    everywhere,
    failure_of,
)
from tests.support.probe import Probe, in_apartment

# ---- ERR-01: on a thread ----------------------------------------------------------------------


def test_ERR_01_reading_takes_what_was_set() -> None:
    info = ErrorInfo("what", "who", "where.hlp", 7, GUID)
    assert pyorpc.set_error_info(info) == HRESULT.S_OK
    assert pyorpc.get_error_info() is info
    assert pyorpc.get_error_info() is None
    fields = info.description, info.source, info.help_file, info.help_context, info.guid
    assert fields == ("what", "who", "where.hlp", 7, GUID)


def test_ERR_01_reserved_must_be_zero_and_what_is_set_stays() -> None:
    info = ErrorInfo("what")
    pyorpc.set_error_info(info)
    assert code_of(pyorpc.set_error_info, None, 0xDEADBEEF) == HRESULT.E_INVALIDARG
    assert code_of(lambda: pyorpc.set_error_info(None, reserved=1)) == HRESULT.E_INVALIDARG
    assert code_of(pyorpc.get_error_info, 1) == HRESULT.E_INVALIDARG
    assert code_of(lambda: pyorpc.get_error_info(reserved=-1)) == HRESULT.E_INVALIDARG
    assert pyorpc.get_error_info(0) is info


def test_ERR_01_null_clears_and_a_later_one_replaces() -> None:
    pyorpc.set_error_info(ErrorInfo("first"))
    pyorpc.set_error_info(ErrorInfo("second"))
    assert pyorpc.get_error_info() == ErrorInfo("second")
    pyorpc.set_error_info(ErrorInfo("third"))
    assert pyorpc.set_error_info(None) == HRESULT.S_OK
    assert pyorpc.get_error_info() is None


def test_ERR_01_each_thread_has_its_own() -> None:
    pyorpc.set_error_info(INFO)
    seen: list[ErrorInfo | None] = []
    thread = threading.Thread(target=lambda: seen.append(pyorpc.get_error_info()))
    thread.start()
    thread.join()
    assert seen == [None]
    assert pyorpc.get_error_info() == INFO


def test_ERR_01_it_does_not_outlive_the_apartment() -> None:
    with in_apartment(STA):
        pyorpc.set_error_info(INFO)
    assert pyorpc.get_error_info() is None


def test_ERR_01_what_is_no_error_information_is_refused() -> None:
    wrong: Any = "the film is torn"
    assert code_of(pyorpc.set_error_info, wrong) == HRESULT.E_INVALIDARG


# ---- ERR-04: codes ----------------------------------------------------------------------------

CODES = [0x8000_4005, 0xDEAD_BEEF, 0x8004_0200, 0xFFFF_FFFF, 0x8000_0000, 0xA123_4567]
SUCCESSES = [0x0000_0001, 0x0004_0200, 0x0008_0012, 0x0000_00C0, 0x7FFF_FFFF]


class Coded(Probe):
    """Ends with the code that it is given."""

    code = 0

    def Add(self, a: int, b: int) -> Any:
        return Success(self.code, a + b)

    def LetGo(self) -> Any:
        return Success(self.code)

    def Hold(self, other: Any) -> Any:
        return HRESULT(self.code)

    def Make(self) -> Any:
        return Success(self.code)


@everywhere
@pytest.mark.parametrize("code", CODES)
def test_ERR_04_a_failure_arrives_as_it_was_raised(code: int, where: str) -> None:
    with Pointers(STA, where) as pointers:
        coded = Coded()
        pointer = pointers.to(coded)
        error = failure_of(lambda: pointer.Fail(code - 2**32, "as I was told"))
        assert (error.hresult, error.description) == (code, "as I was told")
        assert (error.executed, int(error.hresult)) == ("yes", code)
        coded.code = code
        assert failure_of(lambda: pointer.Hold(None)).hresult == code


@everywhere
@pytest.mark.parametrize("code", SUCCESSES)
def test_ERR_04_a_success_code_is_seen_and_not_raised(code: int, where: str) -> None:
    with Pointers(MTA, where) as pointers:
        coded = Coded()
        coded.code = code
        pointer = pointers.to(coded)
        calls: list[Callable[[], object]] = [
            lambda: pointer.Add(1, 2),
            pointer.LetGo,
            lambda: pointer.Hold(None),
            pointer.Make,
        ]
        for call, value in zip(calls, (3, None, None, None), strict=True):
            pointer.Echo("")
            assert pyorpc.last_hresult() == HRESULT.S_OK
            assert call() == value
            assert pyorpc.last_hresult() == code


@pytest.mark.parametrize("code", [0, *CODES, *SUCCESSES])
def test_ERR_04_a_code_is_marshaled_as_four_bytes(code: int) -> None:
    data = pyorpc.marshal_hresult(code)
    assert data == code.to_bytes(4, "little")
    assert pyorpc.unmarshal_hresult(data) == code
    assert pyorpc.unmarshal_hresult(data + b"more") == code
    assert pyorpc.marshal_hresult(code - 2**32 if code >= 2**31 else code) == data


def test_ERR_04_what_is_no_code_is_refused() -> None:
    for number in (2**32, -(2**31) - 1):
        assert code_of(pyorpc.marshal_hresult, number) == HRESULT.E_INVALIDARG
    assert code_of(pyorpc.unmarshal_hresult, b"\x05\x40\x00") == HRESULT.STG_E_READFAULT
    assert code_of(pyorpc.unmarshal_hresult, None) == HRESULT.E_INVALIDARG


@anywhere
def test_ERR_04_a_success_code_that_is_raised_is_the_callees_mistake(where: str) -> None:
    with Pointers(MTA, where) as pointers:
        pointer = pointers.to(Probe())
        error = failure_of(lambda: pointer.Fail(HRESULT.S_FALSE, "partly"))
        assert error.hresult == HRESULT.RPC_E_SERVERFAULT
        assert "Success(" in error.description


def test_the_runtime_asks_with_the_calls_own_causality() -> None:
    """InterfaceSupportsErrorInfo is a part of the call: it may call out as a method may."""
    seen: list[object] = []

    class Asking(Telling):
        def InterfaceSupportsErrorInfo(self, riid: Any) -> Any:
            call = thread_state().incoming
            seen.append(call.causality)

    with Pointers(MTA, "another apartment") as pointers:
        pointer = pointers.to(Asking())
        failure_of(lambda: pointer.Fail(0x8000_4005 - 2**32, ""))
        assert [str(each) for each in seen] == [str(pyorpc.get_current_logical_thread_id())]
