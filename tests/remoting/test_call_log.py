"""One grep for a causality id shows a call's whole way, in the logs of both processes."""

from __future__ import annotations

import logging
import timeit
from pathlib import Path

import pytest

import pyorpc
from pyorpc import COINIT, ComError
from pyorpc.remoting import call_log
from tests.conftest import Spawn
from tests.support.child import Parent
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def serve_probe_and_log(test: Parent, path: str) -> None:
    """In a child: serve_probe, with the calls logged to a file."""
    logging.basicConfig(filename=path, format="%(message)s")
    call_log.calls.setLevel(logging.DEBUG)
    serve_probe(test, int(STA), {})


def hops(lines: list[str], causality: str) -> list[str]:
    """What the lines of one causality say: the hop and the method."""
    return [" ".join(line.split()[1:3]) for line in lines if line.startswith(causality)]


def test_a_call_and_its_callback_are_found_in_both_logs_by_one_causality_id(
    spawn: Spawn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    child = spawn(serve_probe_and_log, str(tmp_path / "callee.log"))
    with in_apartment(STA), caplog.at_level(logging.DEBUG, "pyorpc.calls"):
        probe = pyorpc.unmarshal_interface(child.receive(), IProbe)
        probe.CallBack(Probe())
        causality = str(pyorpc.get_current_logical_thread_id())
        del probe
        child.send("stop")
        assert child.join() == 0
    assert hops(caplog.messages, causality) == [
        "send IProbe.CallBack",
        "arrive IProbe.ThreadId",
        "begin IProbe.ThreadId",
        "end IProbe.ThreadId",
        "done IProbe.CallBack",
    ]
    callee = (tmp_path / "callee.log").read_text().splitlines()
    assert hops(callee, causality) == [
        "arrive IProbe.CallBack",
        "begin IProbe.CallBack",
        "send IProbe.ThreadId",
        "done IProbe.ThreadId",
        "end IProbe.CallBack",
    ]


def test_a_call_to_another_apartment_logs_who_runs_it_and_how_it_ended(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        in_apartment(MTA) as runtime,
        ProbeThread(runtime, STA) as far,
        caplog.at_level(logging.DEBUG, "pyorpc.calls"),
    ):
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        with pytest.raises(ComError):
            probe.Fail(-1, "as it was told")
        causality = str(pyorpc.get_current_logical_thread_id())
        assert hops(caplog.messages, causality) == [
            "send IProbe.Fail",
            "begin IProbe.Fail",
            "end IProbe.Fail",
            "done IProbe.Fail",
        ]
        begin, end, done = caplog.messages[-3:]
        assert f"on thread {far.ident:#018x}" in begin
        assert end.endswith("0xFFFFFFFF: as it was told")
        assert done.endswith("0xFFFFFFFF: as it was told")


def test_a_call_that_was_begun_is_done_when_it_has_been_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        in_apartment(MTA) as runtime,
        ProbeThread(runtime, STA) as far,
        caplog.at_level(logging.DEBUG, "pyorpc.calls"),
    ):
        call = pyorpc.create_call(pyorpc.unmarshal_interface(far.packet, IProbe), AsyncIProbe)
        call.Begin_Sleep(0.1)
        call.Finish_Sleep()
        causality = str(pyorpc.get_current_logical_thread_id())
        assert sorted(hops(caplog.messages, causality)) == [
            "begin IProbe.Sleep",
            "done IProbe.Sleep",
            "end IProbe.Sleep",
            "send IProbe.Sleep",
        ]


def test_an_exception_is_logged_with_its_traceback_where_it_was_raised(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        with pytest.raises(ComError):
            probe.Raise("a fault")
        causality = str(pyorpc.get_current_logical_thread_id())
    (record,) = [record for record in caplog.records if record.name == "pyorpc.calls"]
    assert record.getMessage() == f"{causality} IProbe.Raise raised"
    assert record.exc_info is not None


def test_a_log_that_nobody_wants_costs_next_to_nothing() -> None:
    assert not call_log.is_wanted()
    times = 10_000
    best = min(timeit.repeat(call_log.is_wanted, number=times, repeat=10))
    # A call asks at most twice on each side; 0.2 us is what it may pay.
    assert best / times < 0.1e-6 * 5  # five times that: a busy machine is no failure
