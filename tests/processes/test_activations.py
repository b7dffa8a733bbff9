"""Activations that go wrong, and class objects that come and go while others use them."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, REGCLS, Catalog, ComError
from pyorpc.activation.coclass import record_of
from pyorpc.activation.scm_seat import ScmSeat
from pyorpc.remoting.peer import new_identity
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import ROOT
from tests.support.class_server import (
    ClassServer,
    ServedX,
    ServedY,
    ServedZ,
    activations_end,
    class_server,
)
from tests.support.probe import in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
LOCAL = CLSCTX.LOCAL_SERVER
TOLERANCE_S = 1.0


@pytest.fixture(autouse=True)
def _nothing_is_left(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYORPC_GRACE_S", "0.5")
    with activations_end(home):
        yield


@pytest.fixture
def server(spawn: Spawn) -> Iterator[ClassServer]:
    """Serves Z from the MTA."""
    server = class_server(spawn)
    server.do("mta", "register", "Z")
    yield server
    if server.child.is_running:
        server.do("mta", "go on")
        server.stop()


def failure_of(function: Callable[..., Any], *args: Any, **named: Any) -> ComError:
    with pytest.raises(ComError) as failed:
        function(*args, **named)
    return failed.value


def pid_of(made: IProbe) -> int:
    return int(made.Echo("").rpartition(" ")[2])


def ways(server: ClassServer) -> list[dict[str, Any]]:
    """Through the SCM, and at the server's own endpoint."""
    return [{}, {"host": server.endpoints[0]}]


# ---- constructors --------------------------------------------------------------------------


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_what_a_constructor_raises_comes_to_the_activator(
    server: ClassServer, coinit: COINIT
) -> None:
    with in_apartment(coinit):
        for way in ways(server):
            server.do("mta", "plan", "raise")
            raised = failure_of(pyorpc.create_instance, ServedZ, IProbe, LOCAL, **way)
            assert raised.hresult == HRESULT.CO_E_INITIALIZATIONFAILED
            assert "ValueError: no film" in raised.description
            server.do("mta", "plan", "refuse")
            refused = failure_of(pyorpc.create_instance, ServedZ, IProbe, LOCAL, **way)
            assert (refused.hresult, refused.description) == (0x80040333, "no light")
            server.do("mta", "plan", "")
            made = pyorpc.create_instance(ServedZ, IProbe, LOCAL, **way)
            assert pid_of(made) == server.child.pid


@pytest.mark.parametrize("coinit", [STA, MTA])
@pytest.mark.parametrize("way", ["scm", "host"])
def test_a_constructor_that_hangs_is_given_up(
    server: ClassServer, coinit: COINIT, way: str
) -> None:
    server.do("mta", "plan", "wait")
    named = ways(server)[way == "host"]
    with in_apartment(coinit):
        began = time.monotonic()
        late = failure_of(pyorpc.create_instance, ServedZ, IProbe, LOCAL, timeout_s=1, **named)
        assert 0.9 < time.monotonic() - began < 1 + 2 * TOLERANCE_S
        assert isinstance(late, pyorpc.CallTimeoutError)
        assert late.hresult == HRESULT.RPC_E_TIMEOUT
        assert late.executed != "no"
        # The server has not suffered, and what the constructor makes in the end is released.
        server.do("mta", "go on")
        server.do("mta", "plan", "")
        made = pyorpc.create_instance(ServedZ, IProbe, LOCAL, **named)
        assert pid_of(made) == server.child.pid
        wait_until(lambda: server.do("mta", "alive") == 1, "what was made too late is released")


def test_an_activation_has_no_more_time_than_the_deadline_around_it(server: ClassServer) -> None:
    server.do("mta", "plan", "wait")
    with in_apartment(MTA):
        pyorpc.release(pyorpc.get_class_object(ServedZ, LOCAL))  # the SCM runs
        began = time.monotonic()
        with pytest.raises(pyorpc.CallTimeoutError), pyorpc.deadline(1):
            pyorpc.create_instance(ServedZ, IProbe, LOCAL)
        assert 0.9 < time.monotonic() - began < 1 + 2 * TOLERANCE_S
        server.do("mta", "go on")
        server.do("mta", "plan", "")
        wait_until(lambda: server.do("mta", "alive") == 0, "what was made too late is released")


def test_in_this_process_too() -> None:
    with in_apartment(STA) as runtime, ApartmentThread(runtime, MTA) as a:
        pyorpc.register_class_object(ServedX, ServedX, LOCAL)  # in an STA that does not pump
        late = a.begin(lambda: pyorpc.create_instance(ServedX, IProbe, LOCAL, timeout_s=0.3))
        with pytest.raises(pyorpc.CallTimeoutError):
            late.join()


def test_the_setting_limits_activations_that_set_no_limit(server: ClassServer) -> None:
    server.do("mta", "plan", "wait")
    with in_apartment(MTA, activation_timeout_s=2):
        late = failure_of(pyorpc.create_instance, ServedZ, IProbe, LOCAL)
        assert late.hresult == HRESULT.RPC_E_TIMEOUT


def test_a_limit_ends_with_its_activation(server: ClassServer) -> None:
    with in_apartment(STA):
        made = pyorpc.create_instance(ServedZ, IProbe, LOCAL, timeout_s=1)
        made.Sleep(1.5)
        assert pid_of(made) == server.child.pid


@pytest.mark.parametrize("timeout_s", [float("inf"), 10**30])
def test_a_limit_may_be_far(server: ClassServer, timeout_s: float) -> None:
    with in_apartment(STA):
        made = pyorpc.create_instance(ServedZ, IProbe, LOCAL, timeout_s=timeout_s)
        assert pid_of(made) == server.child.pid


def test_no_time_is_no_limit(server: ClassServer) -> None:
    wrong: list[Any] = [0, -1, float("nan"), "5"]
    with in_apartment(MTA):
        for timeout_s in wrong:
            refused = failure_of(
                pyorpc.create_instance, ServedZ, IProbe, LOCAL, timeout_s=timeout_s
            )
            assert refused.hresult == HRESULT.E_INVALIDARG


@pytest.mark.parametrize("way", ["scm", "host"])
def test_a_server_that_dies_in_a_constructor(server: ClassServer, way: str) -> None:
    server.do("mta", "plan", "die")
    with in_apartment(MTA):
        named = ways(server)[way == "host"]
        died = failure_of(pyorpc.create_instance, ServedZ, IProbe, LOCAL, **named)
        assert isinstance(died, pyorpc.DisconnectedError)
        assert died.executed != "no"  # it had begun: it is not tried elsewhere
        gone = failure_of(pyorpc.create_instance, ServedZ, IProbe, LOCAL, **named)
        expected = HRESULT.RPC_S_SERVER_UNAVAILABLE if named else HRESULT.REGDB_E_CLASSNOTREG
        assert gone.hresult == expected


# ---- class objects that come and go --------------------------------------------------------


@pytest.mark.parametrize("change", ["revoke", "suspend"])
def test_an_activation_under_way_is_finished(spawn: Spawn, change: str, home: Path) -> None:
    server = class_server(spawn)
    cookie = server.do("mta", "register", "Z")
    server.do("mta", "plan", "wait")
    with in_apartment(MTA) as runtime, ApartmentThread(runtime, MTA) as a:
        creating = a.begin(pyorpc.create_instance, ServedZ, IProbe, LOCAL)
        assert server.do("mta", "begun")
        server.do("mta", change, *([cookie] if change == "revoke" else []))
        refused = failure_of(pyorpc.create_instance, ServedZ, IProbe, LOCAL)
        assert refused.hresult == HRESULT.REGDB_E_CLASSNOTREG
        server.do("mta", "go on")
        made = creating.join()
        assert a.run(pid_of, made) == server.child.pid
        if change == "suspend":
            server.do("mta", "plan", "")
            server.do("mta", "resume")
            assert pid_of(pyorpc.create_instance(ServedZ, IProbe, LOCAL)) == server.child.pid
    server.stop()


def test_an_activation_under_way_keeps_the_server_process(server: ClassServer) -> None:
    server.do("mta", "plan", "wait")
    with in_apartment(MTA) as runtime, ApartmentThread(runtime, MTA) as a:
        server.do("mta", "add_ref")
        creating = a.begin(pyorpc.create_instance, ServedZ, IProbe, LOCAL)
        assert server.do("mta", "begun")
        assert server.do("mta", "release") == 1
        server.do("mta", "go on")
        assert a.run(pid_of, creating.join()) == server.child.pid
        assert server.do("mta", "add_ref") == 1
        assert server.do("mta", "release") == 0


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_who_holds_the_class_object_goes_on_making_objects(spawn: Spawn, coinit: COINIT) -> None:
    server = class_server(spawn)
    cookie = server.do("sta", "register", "X")
    with in_apartment(coinit):
        factory = pyorpc.get_class_object(ServedX, LOCAL)
        server.do("sta", "suspend")
        assert pid_of(factory.CreateInstance(None, IProbe)) == server.child.pid  # type: ignore[arg-type]
        server.do("sta", "resume")
        server.do("sta", "revoke", cookie)
        assert pid_of(factory.CreateInstance(None, IProbe)) == server.child.pid  # type: ignore[arg-type]
        refused = failure_of(pyorpc.get_class_object, ServedX, LOCAL)
        assert refused.hresult == HRESULT.REGDB_E_CLASSNOTREG
    server.stop()


def test_resume_offers_again_what_had_stopped(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("sta", "register", "X")
    server.do("mta", "register", "Y", REGCLS.MULTIPLEUSE | REGCLS.SUSPENDED)
    with in_apartment(STA):
        server.do("sta", "add_ref")
        assert server.do("mta", "release") == 0
        for each in (ServedX, ServedY):
            stopped = failure_of(pyorpc.create_instance, each, IProbe, LOCAL)
            assert stopped.hresult == HRESULT.REGDB_E_CLASSNOTREG
        server.do("mta", "resume")  # from any thread of the process
        for each in (ServedX, ServedY):
            assert pid_of(pyorpc.create_instance(each, IProbe, LOCAL)) == server.child.pid
    server.stop()


def test_what_is_registered_after_a_stop_can_be_had(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("sta", "register", "X")
    server.do("sta", "add_ref")
    assert server.do("sta", "release") == 0
    server.do("mta", "register", "Y")
    with in_apartment(MTA):
        assert pid_of(pyorpc.create_instance(ServedY, IProbe, LOCAL)) == server.child.pid
    server.stop()


def test_a_class_for_its_own_process_only_is_not_served(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("mta", "register", "Y", REGCLS.MULTIPLEUSE, "", CLSCTX.INPROC_SERVER)
    with in_apartment(MTA):
        for way in ways(server):
            refused = failure_of(pyorpc.create_instance, ServedY, IProbe, LOCAL, **way)
            assert refused.hresult == HRESULT.REGDB_E_CLASSNOTREG
    server.stop()


def test_a_server_for_one_use_is_used_once_at_its_own_endpoint(spawn: Spawn, home: Path) -> None:
    server = class_server(spawn)
    server.do("sta", "register", "X", REGCLS.SINGLEUSE)
    (host,) = server.endpoints
    with in_apartment(STA):
        made = pyorpc.create_instance(ServedX, IProbe, CLSCTX.REMOTE_SERVER, host=host)
        assert pid_of(made) == server.child.pid
        refused = failure_of(pyorpc.create_instance, ServedX, IProbe, host=host)
        assert refused.hresult == HRESULT.REGDB_E_CLASSNOTREG
    assert ScmSeat(home, new_identity().host).holder() is None
    server.stop()


def test_several_interfaces_at_once_from_a_server(server: ClassServer) -> None:
    with in_apartment(MTA):
        for way in ways(server):
            wanted: list[Any] = [pyorpc.IClassFactory, IProbe]
            hresult, results = pyorpc.create_instance_ex(ServedZ, wanted, LOCAL, **way)
            assert hresult == HRESULT.CO_S_NOTALLINTERFACES
            assert results[0] == (HRESULT.E_NOINTERFACE, None)
            assert isinstance(results[1][1], IProbe)
            none = failure_of(pyorpc.create_instance_ex, ServedZ, wanted[:1], LOCAL, **way)
            assert none.hresult == HRESULT.E_NOINTERFACE
            one = failure_of(pyorpc.create_instance, ServedZ, pyorpc.IClassFactory, LOCAL, **way)
            assert one.hresult == HRESULT.E_NOINTERFACE
            del results
            wait_until(lambda: server.do("mta", "alive") == 0, "nothing is left of them")


# ---- commands ------------------------------------------------------------------------------


def start_with(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with Catalog() as catalog:
        catalog.register_local_server(
            record_of(ServedX).clsid, [sys.executable, "-c", program], "Served.X"
        )


def program(flags: int, then: str, served: str = "ServedX", clsctx: int = LOCAL) -> str:
    return f"""
import time, pyorpc
from tests.support.class_server import ServedX, ServedY
with pyorpc.enter_apartment({int(STA)}):
    pyorpc.register_class_object({served}, {served}, {int(clsctx)}, {flags})
    {then}
    pyorpc.pump_messages()
"""


def test_a_started_server_may_resume_later(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    later = "time.sleep(0.5); pyorpc.resume_class_objects()"
    start_with(monkeypatch, program(REGCLS.MULTIPLEUSE | REGCLS.SUSPENDED, later))
    with in_apartment(MTA):
        for name in ("Served.X", "served.x", f"{{{record_of(ServedX).clsid}}}".upper()):
            assert pyorpc.create_instance(name, IProbe, LOCAL).Add(0, 0) == 0


@pytest.mark.parametrize(
    ("served", "clsctx"), [("ServedY", LOCAL), ("ServedX", CLSCTX.INPROC_SERVER)]
)
def test_a_started_server_that_offers_something_else(
    monkeypatch: pytest.MonkeyPatch, home: Path, served: str, clsctx: int
) -> None:
    ends = "time.sleep(3); raise SystemExit"
    start_with(monkeypatch, program(REGCLS.MULTIPLEUSE, ends, served, clsctx))
    with in_apartment(MTA):
        began = time.monotonic()
        failed = failure_of(pyorpc.create_instance, ServedX, IProbe, LOCAL, timeout_s=2)
        assert failed.hresult == HRESULT.CO_E_SERVER_EXEC_FAILURE
        assert "did not register" in failed.description
        assert time.monotonic() - began < 2 + 3 * TOLERANCE_S


def test_the_next_activation_tries_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    fails_once = f"""
import pathlib, sys
mark = pathlib.Path({str(mark)!r})
if not mark.exists():
    mark.touch()
    sys.exit("not today")
"""
    start_with(monkeypatch, fails_once + program(REGCLS.MULTIPLEUSE, ""))
    with in_apartment(MTA):
        failed = failure_of(pyorpc.create_instance, ServedX, IProbe, LOCAL)
        assert failed.hresult == HRESULT.CO_E_SERVER_EXEC_FAILURE
        assert "not today" in failed.description
        assert pyorpc.create_instance(ServedX, IProbe, LOCAL).Add(0, 0) == 0


def test_ten_who_wait_for_a_server_that_fails_are_all_told(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    start_with(monkeypatch, "import time; time.sleep(0.3); raise SystemExit('no licence')")
    with in_apartment(MTA) as runtime:
        threads = [ApartmentThread(runtime, MTA if i % 2 else STA) for i in range(10)]
        tasks = [
            each.begin(failure_of, pyorpc.create_instance, ServedX, IProbe, LOCAL)
            for each in threads
        ]
        failures = [task.join() for task in tasks]
        for each in threads:
            each.close()
    assert {failure.hresult for failure in failures} == {HRESULT.CO_E_SERVER_EXEC_FAILURE}
    assert threading.active_count() < 20
