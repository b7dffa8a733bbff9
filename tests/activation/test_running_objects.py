"""Active objects of other processes: found, passed over, gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, Catalog, ComError
from pyorpc.activation.coclass import record_of
from pyorpc.activation.listener import Listener
from pyorpc.activation.scm_seat import ScmSeat
from pyorpc.activation.server_directory import ServerDirectory
from pyorpc.remoting.peer import new_identity
from tests.conftest import Spawn
from tests.support.child import ROOT
from tests.support.class_server import ServedX, activations_end, class_server
from tests.support.probe import in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
X = record_of(ServedX).clsid


@pytest.fixture(autouse=True)
def _nothing_is_left(home: Path) -> Iterator[None]:
    with activations_end(home):
        yield


def pid_of(made: IProbe) -> int:
    return int(made.Echo("").rpartition(" ")[2])


def found(host: str | None = None) -> HRESULT:
    try:
        pyorpc.get_active_object(ServedX, IProbe, host=host)
    except ComError as error:
        return error.hresult
    return HRESULT.S_OK


def servers_of(home: Path) -> list[Listener]:
    return ServerDirectory(home, new_identity().host).servers()


@pytest.mark.parametrize("coinit", [STA, MTA])
@pytest.mark.parametrize("where", ["sta", "mta"])
def test_another_process_finds_it_without_an_scm(
    spawn: Spawn, home: Path, coinit: COINIT, where: str
) -> None:
    server = class_server(spawn)
    with in_apartment(coinit):
        assert found() == HRESULT.MK_E_UNAVAILABLE
        cookie = server.do(where, "register_active", "X")
        first = pyorpc.get_active_object(ServedX, IProbe)
        assert pid_of(first) == server.child.pid
        assert first == pyorpc.get_active_object(str(X), IProbe)  # one object, not one each
        assert (first.ThreadId() == server.do("sta", "ident")) == (where == "sta")
        assert server.do(where, "revoke_active", cookie) is None
        assert found() == HRESULT.MK_E_UNAVAILABLE
        assert pid_of(first) == server.child.pid
    assert ScmSeat(home, new_identity().host).holder() is None
    assert servers_of(home) == []
    server.stop()


def test_it_does_not_make_its_class_activatable(spawn: Spawn, home: Path) -> None:
    server = class_server(spawn)
    server.do("sta", "register_active", "X")
    (listener,) = servers_of(home)
    assert listener.classes == ()
    with in_apartment(MTA), pytest.raises(ComError) as failed:
        pyorpc.create_instance(X, IProbe, CLSCTX.LOCAL_SERVER)
    assert failed.value.hresult == HRESULT.REGDB_E_CLASSNOTREG
    server.stop()


def test_the_oldest_registration_is_found_and_a_dead_one_is_passed_over(spawn: Spawn) -> None:
    late, early = class_server(spawn), class_server(spawn)
    early.do("sta", "register_active", "X")
    late.do("sta", "register_active", "X")
    with in_apartment(STA):
        assert pid_of(pyorpc.get_active_object(ServedX, IProbe)) == early.child.pid
        early.child.kill9()
        assert pid_of(pyorpc.get_active_object(ServedX, IProbe)) == late.child.pid
        late.child.kill9()
        assert found() == HRESULT.MK_E_UNAVAILABLE


def test_ones_own_come_first(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("sta", "register_active", "X")
    with in_apartment(STA):
        mine = ServedX()
        cookie = pyorpc.register_active_object(mine, ServedX)
        assert pyorpc.get_active_object(ServedX, IProbe) is mine
        pyorpc.revoke_active_object(cookie)
        assert pid_of(pyorpc.get_active_object(ServedX, IProbe)) == server.child.pid
    server.stop()


def test_an_interface_that_it_lacks_is_not_looked_for_elsewhere(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("sta", "register_active", "X")
    with in_apartment(MTA), pytest.raises(ComError) as refused:
        pyorpc.get_active_object(ServedX, pyorpc.IClassFactory)
    assert refused.value.hresult == HRESULT.E_NOINTERFACE
    server.stop()


def test_a_foreign_object_may_be_registered_until_its_process_ends(spawn: Spawn) -> None:
    owner, agent = class_server(spawn), class_server(spawn)
    cookie = owner.do("sta", "register_active", "X")
    again = agent.do("mta", "register_again", "X")
    owner.do("sta", "revoke_active", cookie)
    with in_apartment(STA):
        # The agent's registration keeps it, and its calls do not go through the agent.
        assert pid_of(pyorpc.get_active_object(ServedX, IProbe)) == owner.child.pid
        owner.child.kill9()
        assert found() == HRESULT.MK_E_UNAVAILABLE
    assert agent.do("mta", "revoke_active", again) is None
    agent.stop()


def test_a_host_is_a_process_with_an_active_object(spawn: Spawn) -> None:
    server = class_server(spawn, endpoints=["tcp://127.0.0.1:*"], insecure=True)
    (endpoint,) = (name for name in server.endpoints if name.startswith("tcp:"))
    with in_apartment(MTA, insecure=True, home=Path("/nowhere")):
        assert found(endpoint) == HRESULT.MK_E_UNAVAILABLE
        server.do("sta", "register_active", "X")
        assert found() == HRESULT.MK_E_UNAVAILABLE
        made = pyorpc.get_active_object(ServedX, IProbe, host=endpoint)
        assert pid_of(made) == server.child.pid
        with pytest.raises(ComError) as failed:
            pyorpc.create_instance(ServedX, IProbe, host=endpoint)
        assert failed.value.hresult == HRESULT.REGDB_E_CLASSNOTREG
        server.child.kill9()
        assert found(endpoint) == HRESULT.RPC_S_SERVER_UNAVAILABLE


def test_a_host_is_an_scm_which_looks_in_its_home(spawn: Spawn, home: Path) -> None:
    server = class_server(spawn)
    server.do("sta", "register_active", "X")
    command = [sys.executable, "-m", "pyorpc", "scm"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        scm = ScmSeat(home, new_identity().host).holder()
        assert scm is not None
        with in_apartment(MTA, home=home / "mine"):
            made = pyorpc.get_active_object(ServedX, IProbe, host=scm.endpoint)
            assert pid_of(made) == server.child.pid
            server.stop()
            assert found(scm.endpoint) == HRESULT.MK_E_UNAVAILABLE
        process.terminate()


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_a_process_may_name_itself(coinit: COINIT) -> None:
    with in_apartment(coinit) as runtime:
        endpoint = runtime.network.process_endpoints()[0]
        assert found(endpoint) == HRESULT.MK_E_UNAVAILABLE
        pyorpc.register_active_object(ServedX(), ServedX)
        assert found(endpoint) == HRESULT.S_OK
        with pytest.raises(ComError) as failed:
            pyorpc.create_instance(ServedX, IProbe, host=endpoint)
        assert failed.value.hresult == HRESULT.REGDB_E_CLASSNOTREG
        pyorpc.register_class_object(ServedX, ServedX)
        assert pid_of(pyorpc.create_instance(ServedX, IProbe, host=endpoint)) == os.getpid()


REGISTERING_SERVER = """
import pyorpc
from tests.support.class_server import Served
from pyorpc import coclass
@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1201", "Served.X")
class Registering(Served):
    def Add(self, a, b):
        if a:
            pyorpc.revoke_active_object(a)
            return 0
        return pyorpc.register_active_object(self, Registering)
"""


def test_a_started_server_goes_on_while_its_object_is_registered(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYORPC_GRACE_S", "0.5")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "registering.py").write_text(REGISTERING_SERVER)
    serve: list[Any] = [sys.executable, "-m", "pyorpc", "serve", "--path", tmp_path]
    with Catalog() as catalog, in_apartment(MTA):
        catalog.register_local_server(X, [*serve, "registering:Registering"])
        made = pyorpc.create_instance(X, IProbe, CLSCTX.LOCAL_SERVER)
        cookie, pid = made.Add(0, 0), pid_of(made)
        pyorpc.release(made)
        (server,) = servers_of(home)
        assert not server.wait_end(1.5)  # three times its grace: it is registered
        found_again = pyorpc.get_active_object(X, IProbe)
        assert pid_of(found_again) == pid
        found_again.Add(cookie, 0)
        pyorpc.release(found_again)
        assert server.wait_end(5)


def test_a_frozen_process_is_passed_over(spawn: Spawn) -> None:
    frozen, running = class_server(spawn), class_server(spawn)
    for server in (frozen, running):
        server.do("sta", "register_active", "X")
    os.kill(frozen.child.pid, signal.SIGSTOP)
    try:
        with in_apartment(MTA, handshake_s=1.0, heartbeat_s=0.3):
            assert pid_of(pyorpc.get_active_object(ServedX, IProbe)) == running.child.pid
    finally:
        os.kill(frozen.child.pid, signal.SIGCONT)
    for server in (frozen, running):
        server.stop()


def test_registrants_come_and_go_while_others_look(spawn: Spawn) -> None:
    server = class_server(spawn)
    with in_apartment(MTA):
        for _ in range(20):
            cookie = server.do("sta", "register_active", "X")
            assert found() == HRESULT.S_OK
            server.do("sta", "revoke_active", cookie)
            assert found() == HRESULT.MK_E_UNAVAILABLE
    server.stop()
    wait_until(lambda: not server.child.is_running)
