"""Error information of threads that are in no apartment, too."""

from __future__ import annotations

import pyorpc
from pyorpc import COINIT, ErrorInfo
from tests.support.far_runtime import FarRuntime
from tests.support.probe import in_apartment


def test_a_thread_outside_com_has_its_own() -> None:
    info = ErrorInfo("what")
    pyorpc.set_error_info(info)
    assert pyorpc.get_error_info() is info
    assert pyorpc.get_error_info() is None


def test_an_outgoing_call_clears_it() -> None:
    with FarRuntime() as far, in_apartment(COINIT.MULTITHREADED):
        pointer = far.pointer()
        pyorpc.set_error_info(ErrorInfo("what"))
        pointer.Echo("")
        assert pyorpc.get_error_info() is None
