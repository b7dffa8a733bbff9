"""A call that failed leaves nothing to the garbage collector, whatever kind of failure that was."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

import pyorpc
from pyorpc import COINIT, ComError, Runtime
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import AsyncIProbe, INobody, IProbe
from tests.support.waiting import wait_until

MTA = COINIT.MULTITHREADED


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def begin_and_finish(probe: IProbe) -> None:
    call = pyorpc.create_call(probe, AsyncIProbe)
    call.Begin_Fail(5 - (1 << 31), "on purpose")
    call.Finish_Fail()


FAILURES: dict[str, Callable[[IProbe], object]] = {
    "its own error": lambda probe: probe.Fail(5 - (1 << 31), "on purpose"),
    "an exception": lambda probe: probe.Raise("on purpose"),
    "a bad argument": lambda probe: probe.Add(1 << 40, 0),
    "no such interface": lambda probe: probe.QueryInterface(INobody),
    "a begun call": begin_and_finish,
}


def is_failing(call: Callable[[IProbe], object], pointer: IProbe) -> bool:
    try:
        call(pointer)
    except ComError:
        return True
    return False


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.usefixtures("no_collector")
def test_a_failed_call_to_another_process_keeps_no_pointer(failure: str) -> None:
    with FarRuntime() as far, in_apartment(MTA):
        pointer = far.pointer()
        assert far.references() > 0
        assert is_failing(FAILURES[failure], pointer)
        del pointer
        wait_until(lambda: far.references() == 0, "the proxy has died")


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.usefixtures("no_collector")
def test_a_failed_call_to_another_apartment_keeps_no_pointer(failure: str) -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, COINIT.APARTMENTTHREADED) as host,
        runtime.enter_apartment(MTA),
    ):
        probe = Probe()
        stream = host.run(pyorpc.marshal_inter_thread_interface, probe, IProbe)
        pointer = pyorpc.get_interface_and_release(stream, IProbe)
        assert is_failing(FAILURES[failure], pointer)
        del pointer, stream
        wait_until(lambda: runtime.exporter.manager_of(probe) is None, "the proxy has died")
