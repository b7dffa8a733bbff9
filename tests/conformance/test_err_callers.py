"""ERR: the way of error information to the caller."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, ErrorInfo, ISupportErrorInfo, Success
from pyorpc.context.thread_state import thread_state
from pyorpc.testing import WirePeer
from pyorpc.wire.codec import encode
from pyorpc.wire.error_info import EXTENSION
from pyorpc.wire.objref import unpack
from tests.conftest import Spawn
from tests.support.child import Parent
from tests.support.error_probes import (
    INFO,
    MTA,
    STA,
    Pointers,
    Silent,
    Telling,
    anywhere,
    everywhere,
    failure_of,
    from_both,
)
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe

# ---- ERR-02: to the caller --------------------------------------------------------------------


@everywhere
@from_both
def test_ERR_02_all_five_fields_arrive_and_the_code_is_unchanged(
    caller: COINIT, where: str
) -> None:
    with Pointers(caller, where) as pointers:
        pointer = pointers.to(Telling())
        error = failure_of(lambda: pointer.Fail(-0x7FFB_FDFF, "no picture"))
        assert (error.hresult, error.description) == (0x8004_01FF + 2, "no picture")
        assert error.error_info == INFO
        assert pyorpc.get_error_info() == INFO
        assert pyorpc.get_error_info() is None


def serve_telling(test: Parent, coinit: int) -> None:
    with in_apartment(COINIT(coinit)):
        test.send(pyorpc.marshal_interface(Telling(), IProbe))
        if coinit & COINIT.APARTMENTTHREADED:
            me = threading.get_ident()
            threading.Thread(target=quit_later, args=(test, me)).start()
            pyorpc.pump_messages()
        else:
            test.receive(60)


def quit_later(test: Parent, thread_id: int) -> None:
    test.receive(60)
    pyorpc.post_quit(0, thread_id)


@from_both
@pytest.mark.parametrize("callee", [STA, MTA])
def test_ERR_02_two_processes(spawn: Spawn, caller: COINIT, callee: COINIT) -> None:
    child = spawn(serve_telling, int(callee))
    with in_apartment(caller):
        pointer = pyorpc.unmarshal_interface(child.receive(), IProbe)
        error = failure_of(lambda: pointer.Fail(0x8000_4005 - 2**32, ""))
        assert error.hresult == HRESULT.E_FAIL
        assert error.description == INFO.description
        assert pyorpc.get_error_info() == INFO
        pointer.Echo("")
        assert pyorpc.get_error_info() is None
        child.send("stop")


@everywhere
def test_ERR_02_without_ISupportErrorInfo_only_the_text_crosses(where: str) -> None:
    with Pointers(MTA, where) as pointers:
        pointer = pointers.to(Silent())
        error = failure_of(lambda: pointer.Fail(0x8000_4005 - 2**32, "no picture"))
        assert (error.description, error.error_info) == ("no picture", None)
        assert pyorpc.get_error_info() is None


class Denying(Silent, ISupportErrorInfo):
    """Answers what the test says."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer

    def InterfaceSupportsErrorInfo(self, riid: Any) -> Any:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "crosses"),
    [
        (None, True),
        (True, True),
        (HRESULT.S_OK, True),
        (Success(HRESULT.S_OK), True),
        (False, False),
        (HRESULT.S_FALSE, False),
        (Success(HRESULT.S_FALSE), False),
        (ComError(HRESULT.E_NOTIMPL), False),
        (ValueError("broken"), False),
    ],
)
def test_ERR_02_what_the_object_answers_decides(answer: Any, *, crosses: bool) -> None:
    with Pointers(MTA, "another process") as pointers:
        pointer = pointers.to(Denying(answer))
        error = failure_of(lambda: pointer.Fail(0x8000_4005 - 2**32, "no picture"))
        assert (error.hresult, error.description) == (HRESULT.E_FAIL, "no picture")
        assert pyorpc.get_error_info() == (INFO if crosses else None)


@anywhere
def test_ERR_02_other_ways_to_fail_take_it_along(where: str) -> None:
    with Pointers(STA, where) as pointers:
        pointer = pointers.to(Telling())
        error = failure_of(lambda: pointer.Raise("oops"))
        assert error.hresult == HRESULT.RPC_E_SERVERFAULT
        assert "ValueError: oops" in error.description
        assert pyorpc.get_error_info() == INFO
        returned = failure_of(lambda: pointer.Sleep(0))
        assert returned.hresult == HRESULT.E_ACCESSDENIED
        assert returned.description == INFO.description
        assert pyorpc.get_error_info() == INFO


@everywhere
def test_ERR_02_a_call_that_succeeds_brings_none_and_clears_what_there_was(where: str) -> None:
    with Pointers(STA, where) as pointers:
        pointer = pointers.to(Telling())
        pyorpc.set_error_info(ErrorInfo("stale"))
        assert pointer.Echo("text") == "text"
        assert pyorpc.get_error_info() is None
        pyorpc.set_error_info(ErrorInfo("stale"))
        failure_of(lambda: pointers.to(Silent()).Fail(0x8000_4005 - 2**32, ""))
        assert pyorpc.get_error_info() is None


@everywhere
def test_ERR_02_what_a_method_set_does_not_stay_on_its_thread(where: str) -> None:
    class Reading(Telling):
        saw: object = "nothing"

        def LetGo(self) -> None:
            self.saw = pyorpc.get_error_info()

    with Pointers(MTA, where) as pointers:
        probe = Reading()
        pointer = pointers.to(probe)
        for _ in range(3):
            failure_of(lambda: pointer.Fail(0x8000_4005 - 2**32, ""))
            pointer.LetGo()
            assert probe.saw is None


@everywhere
def test_ERR_02_a_client_may_ask_the_object_too(where: str) -> None:
    with Pointers(MTA, where) as pointers:
        more = pointers.to(Telling()).QueryInterface(ISupportErrorInfo)
        more.InterfaceSupportsErrorInfo(IProbe)
        assert pyorpc.last_hresult() == HRESULT.S_OK
        more.InterfaceSupportsErrorInfo(ISupportErrorInfo)
        assert pyorpc.last_hresult() == HRESULT.S_FALSE


def test_ERR_02_a_callback_does_not_touch_what_the_interrupted_method_set() -> None:
    class Setting(Probe):
        """A callback that leaves something behind, on the thread that waits."""

        def __init__(self) -> None:
            super().__init__()
            self.saw: object = "nothing"

        def ThreadId(self) -> int:
            self.saw = pyorpc.get_error_info()
            pyorpc.set_error_info(ErrorInfo("of the callback"))
            return 1

    with in_apartment(STA), FarRuntime(MTA) as far:
        pointer, mine = far.pointer(), Setting()
        assert pointer.CallBack(mine) == 1
        assert mine.saw is None
        assert pyorpc.get_error_info() is None


@anywhere
def test_ERR_02_a_begun_call_brings_it_to_who_finishes_it(where: str) -> None:
    with Pointers(MTA, where) as pointers:
        call = pyorpc.create_call(pointers.to(Telling()), AsyncIProbe)
        call.Begin_Fail(0x8000_4005 - 2**32, "")
        error = failure_of(call.Finish_Fail)
        assert error.description == INFO.description
        assert pyorpc.get_error_info() == INFO


def test_ERR_02_it_goes_on_only_through_objects_that_support_it() -> None:
    """The middle method lets the failure of its own call pass."""

    class Middle(Silent):
        def LetGo(self) -> None:
            assert self.held is not None
            self.held.Fail(0x8000_4005 - 2**32, "deep")

    class TellingMiddle(Middle, Telling):
        pass

    with Pointers(MTA, "another process") as pointers, FarRuntime(MTA, Telling()) as last:
        for middle, seen in ((Middle(), None), (TellingMiddle(), INFO)):
            pointer = pointers.to(middle)
            pointer.Hold(last.pointer())
            error = failure_of(pointer.LetGo)
            assert (error.description, error.error_info) == ("deep", seen)
            assert pyorpc.get_error_info() == seen
            middle.held = None


def test_ERR_02_a_peer_that_ignores_it_gets_the_code() -> None:
    with FarRuntime(MTA, Telling()) as far, WirePeer(far.packet()) as peer:
        ipid = unpack(far.packet()).ipid
        peer.send(peer.frames(ipid, 10, encode((-0x7FFF_BFFB, "no picture"))))
        assert peer.receive(5) == HRESULT.E_FAIL


class Garbling(Telling):
    """Its answers carry what a hostile peer sends in place of error information."""

    octets = b""

    def Fail(self, hresult: int, text: str) -> None:
        call = thread_state().incoming
        call.extensions = {EXTENSION: self.octets}
        raise ComError(hresult, text)


@pytest.mark.parametrize("octets", [b"", b"\xc1", b"\x95\x01\x02\x03\x04\x05", b"\x00" * 900_000])
def test_ERR_02_malformed_information_is_logged_and_the_failure_stands(
    octets: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    garbling = Garbling()
    garbling.octets = octets
    with FarRuntime(MTA, garbling) as far, in_apartment(MTA):
        pointer = far.pointer()
        with caplog.at_level(logging.WARNING, "pyorpc.wire.error_info"):
            error = failure_of(lambda: pointer.Fail(0x8000_4005 - 2**32, "no picture"))
        assert (error.hresult, error.description) == (HRESULT.E_FAIL, "no picture")
        assert error.error_info is None
        assert pyorpc.get_error_info() is None
        assert "malformed" in caplog.text


def test_ERR_02_long_and_unsendable_texts_are_cut_and_the_call_is_answered() -> None:
    class Verbose(Telling):
        def Fail(self, hresult: int, text: str) -> None:
            pyorpc.set_error_info(ErrorInfo("d" * 1_000_000, "\ud800", "\U0001f600" * 100_000))
            raise ComError(hresult, "\udfff" * 1_000_000)

    with FarRuntime(MTA, Verbose()) as far, in_apartment(STA):
        pointer = far.pointer()
        error = failure_of(lambda: pointer.Fail(0x8000_4005 - 2**32, ""))
        assert error.hresult == HRESULT.E_FAIL
        assert error.description.startswith("\\udfff")
        info = pyorpc.get_error_info()
        assert info is not None
        assert info.description == "d" * 65536
        assert info.source == "\\ud800"
        assert info.help_file == "\U0001f600" * 65536
