from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.default_runtime import default_runtime, default_runtime_or_none
from tests.conftest import Spawn
from tests.support.child import Parent
from tests.support.probe import Probe
from tests.support.probe_idl import AsyncIProbe, IProbe


@pytest.fixture(autouse=True)
def _closed_afterwards() -> Iterator[None]:
    yield
    runtime = default_runtime_or_none()
    if runtime is not None:
        runtime.close()


def test_there_is_one_default_runtime_until_it_is_closed() -> None:
    assert default_runtime_or_none() is None
    first = default_runtime()
    assert first.is_default
    assert default_runtime() is first
    first.close()
    assert default_runtime_or_none() is None
    assert default_runtime() is not first


def test_threads_outside_com_use_the_default_runtimes_mta_only() -> None:
    with pyorpc.Runtime() as other, other.enter_apartment(COINIT.MULTITHREADED):
        assert default_runtime_or_none() is None


def _initialize_after_fork(answers: Connection) -> None:
    try:
        pyorpc.initialize()
        answers.send("initialized")
    except ComError as error:
        answers.send(str(error))


def test_a_forked_process_is_told_to_spawn() -> None:
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_initialize_after_fork, args=(theirs,))
    child.start()
    assert ours.poll(10)
    assert "spawn" in ours.recv()
    child.join(10)
    assert child.exitcode == 0


def end_with_an_sta_on_a_daemon_thread(test: Parent, calls: bool) -> None:
    """In a child process, which ends while that thread pumps, or is in a call."""
    is_ready = threading.Event()
    packets: list[bytes] = []

    def serve() -> None:
        pyorpc.initialize(COINIT.APARTMENTTHREADED)
        packets.append(pyorpc.marshal_interface(Probe(), IProbe))
        is_ready.set()
        pyorpc.pump_messages()

    threading.Thread(target=serve, daemon=True).start()
    assert is_ready.wait(10)
    if calls:
        pyorpc.initialize(COINIT.APARTMENTTHREADED)
        call = pyorpc.create_call(pyorpc.unmarshal_interface(packets[0], IProbe), AsyncIProbe)
        call.Begin_Sleep(60.0)
    test.send("ends")


@pytest.mark.parametrize("calls", [False, True])
def test_a_process_ends_while_a_daemon_thread_is_in_an_sta(spawn: Spawn, calls: bool) -> None:
    with spawn(end_with_an_sta_on_a_daemon_thread, calls) as child:
        assert child.receive() == "ends"
        assert child.join() == 0


def test_settings_are_fixed_once_the_runtime_is_there() -> None:
    default_runtime()
    with pytest.raises(ComError) as late:
        pyorpc.configure(debug=True)
    assert late.value.hresult == HRESULT.E_UNEXPECTED
