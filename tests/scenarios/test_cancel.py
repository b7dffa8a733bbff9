"""Cancelling calls. Retells the Windows 2000 column, "Call Cancellation"."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import product

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from tests.conftest import Spawn
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Caller:
    """A thread in an apartment that makes one long call, and what that ended with."""

    def __init__(
        self, runtime: pyorpc.Runtime, coinit: COINIT, packet: bytes, seconds: float
    ) -> None:
        self._runtime = runtime
        self._coinit = coinit
        self._packet = packet
        self._seconds = seconds
        self.error: ComError | None = None
        self.result: bool | None = None
        self.is_enabled = True
        self.ident = 0
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with self._runtime.enter_apartment(self._coinit):
            if self.is_enabled:
                pyorpc.enable_call_cancellation()
            probe = pyorpc.unmarshal_interface(self._packet, IProbe)
            self.ident = threading.get_ident()
            try:
                self.result = probe.UntilCancelled(self._seconds)
            except ComError as error:
                self.error = error

    def await_call(self, runtime: pyorpc.Runtime) -> None:
        self.thread.start()

        def is_on_its_way() -> bool:
            state = runtime.thread(self.ident)
            return state is not None and any(
                call.method.name == "IProbe.UntilCancelled" and call.id in runtime.table.outgoing
                for call in list(state.outgoing)
            )

        wait_until(is_on_its_way, "the call is on its way")

    def join(self) -> None:
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive()


PLACES = [
    (where, caller, callee)
    for where in ("another apartment", "another process")
    for caller, callee in product((STA, MTA), repeat=2)
    # In one process there is one MTA: such a caller has the object itself.
    if where == "another process" or (caller, callee) != (MTA, MTA)
]


@pytest.mark.parametrize(("where", "caller", "callee"), PLACES)
def test_a_cancelled_caller_goes_on_at_once_and_the_servant_sees_it(
    spawn: Spawn, where: str, caller: COINIT, callee: COINIT
) -> None:
    with in_apartment(MTA) as runtime:
        if where == "another process":
            child = spawn(serve_probe, int(callee), {})
            packet = child.receive()

            def started() -> bool:
                child.send("started")
                return bool(child.receive())

            _cancel_it(runtime, caller, packet, started)

            def seen() -> bool:
                child.send("log")
                return bool(child.receive() == ["cancelled"])

            wait_until(seen, "the servant sees the cancel")
        else:
            with ProbeThread(runtime, callee) as far:
                _cancel_it(runtime, caller, far.packet, far.probe.started.is_set)
                wait_until(lambda: far.probe.log == ["cancelled"], "the servant sees the cancel")


def _cancel_it(
    runtime: pyorpc.Runtime, coinit: COINIT, packet: bytes, is_started: Callable[[], bool]
) -> None:
    caller = Caller(runtime, coinit, packet, 10)
    caller.await_call(runtime)
    wait_until(is_started, "the method runs")
    cancel = pyorpc.get_cancel_object(caller.ident)
    begun = time.monotonic()
    assert cancel.Cancel(0) == HRESULT.S_OK
    assert cancel.Cancel(0) == HRESULT.RPC_E_CALL_CANCELED
    caller.join()
    assert time.monotonic() - begun < 0.5
    assert isinstance(caller.error, pyorpc.CallCanceledError)
    assert caller.error.hresult == HRESULT.RPC_E_CALL_CANCELED
    # At first; the late result of a method in another process tells.
    assert caller.error.executed in ("unknown", "yes")


def test_cancel_gives_the_servant_time_to_end_the_call_itself(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with in_apartment(MTA) as runtime:
        caller = Caller(runtime, STA, child.receive(), 10)
        caller.await_call(runtime)

        def started() -> bool:
            child.send("started")
            return bool(child.receive())

        wait_until(started, "the method runs")
        assert pyorpc.cancel_call(caller.ident, timeout_s=5) == HRESULT.S_OK
        caller.join()
        assert caller.result is True


def test_cancellation_is_off_unless_the_calling_thread_enables_it() -> None:
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA) as far:
        caller = Caller(runtime, MTA, far.packet, 0.4)
        caller.is_enabled = False
        caller.await_call(runtime)
        assert pyorpc.cancel_call(caller.ident) == HRESULT.CO_E_CANCEL_DISABLED
        caller.join()
        assert caller.result is False
        with pytest.raises(ComError) as idle:
            pyorpc.get_cancel_object(caller.ident)
        assert idle.value.hresult == HRESULT.E_NOINTERFACE


def test_a_queued_call_that_is_cancelled_never_starts() -> None:
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA) as far:
        gate = threading.Event()
        pyorpc.post_work(far.ident, gate.wait, DEADLINE_S)
        caller = Caller(runtime, MTA, far.packet, 1)
        caller.await_call(runtime)
        assert pyorpc.cancel_call(caller.ident) == HRESULT.S_OK
        caller.join()
        assert caller.error is not None
        assert (caller.error.executed, caller.error.outcome) == ("no", "not started")
        gate.set()
        pyorpc.send_work(far.ident, lambda: None)
        assert not far.probe.started.is_set()


def test_outside_a_call_there_is_nothing_to_test_or_to_disable() -> None:
    assert pyorpc.test_cancel() == HRESULT.RPC_E_CALL_COMPLETE
    with pytest.raises(ComError) as none:
        pyorpc.get_call_context()
    assert none.value.hresult == HRESULT.RPC_E_CALL_COMPLETE
    with pytest.raises(ComError) as disabled:
        pyorpc.disable_call_cancellation()
    assert disabled.value.hresult == HRESULT.CO_E_CANCEL_DISABLED
    assert Probe() is not None
