"""The SCM and the servers that it starts, as real processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, Catalog, ComError, Runtime
from pyorpc.activation.listener import Listener
from pyorpc.activation.scm_seat import ScmSeat
from pyorpc.activation.server_directory import ServerDirectory
from pyorpc.cli.scm import IDLE_S
from pyorpc.remoting.peer import new_identity
from pyorpc.wire.objref import unpack
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import ROOT, Child, Parent
from tests.support.class_server import ServedX, ServedY, activations_end, class_server
from tests.support.probe import in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
LOCAL = CLSCTX.LOCAL_SERVER
X = "tests.support.class_server:ServedX"


@pytest.fixture(autouse=True)
def _nothing_is_left(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYORPC_GRACE_S", "0.5")
    with activations_end(home):
        yield


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pyorpc", *arguments],
        capture_output=True,
        text=True,
        timeout=25,
        check=False,
        cwd=ROOT,
    )


def register_x() -> None:
    server = [sys.executable, "-m", "pyorpc", "serve", "--path", str(ROOT), X]
    with Catalog() as catalog:
        catalog.register_local_server("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1201", server, "Served.X")


def seat(home: Path) -> ScmSeat:
    return ScmSeat(home, new_identity().host)


def scm_of(home: Path) -> Listener:
    holder = seat(home).holder()
    assert holder is not None
    return holder


def servers_of(home: Path) -> list[Listener]:
    return ServerDirectory(home, new_identity().host).servers()


def pid_of(made: IProbe) -> int:
    return int(made.Echo("").rpartition(" ")[2])


def activate_at_once(test: Parent, threads: int) -> None:
    """In a child process: create an object on each of some threads, and send the servers' pids."""
    with Runtime() as runtime:
        creators = [ApartmentThread(runtime, MTA if i % 2 else STA) for i in range(threads)]
        test.send("ready")
        test.receive()

        def create() -> tuple[IProbe, int]:
            made = pyorpc.create_instance("Served.X", IProbe)
            return made, pid_of(made)

        tasks = [creator.begin(create) for creator in creators]
        test.send([task.join()[1] for task in tasks])
        test.receive()
        for creator in creators:
            creator.close()


def test_ten_activations_at_once_start_one_server(spawn: Spawn, home: Path) -> None:
    register_x()
    children: list[Child] = [spawn(activate_at_once, 5) for _ in range(2)]
    for child in children:
        assert child.receive() == "ready"
    for child in children:
        child.send("go")
    pids = [pid for child in children for pid in child.receive(20)]
    assert len(pids) == 10
    assert len(set(pids)) == 1
    assert [server.pid for server in servers_of(home)] == pids[:1]
    for child in children:
        child.send("stop")
        assert child.join() == 0


def test_a_server_that_is_used_no_more_ends(home: Path) -> None:
    register_x()
    with in_apartment(MTA):
        made = pyorpc.create_instance("Served.X", IProbe)
        (server,) = servers_of(home)
        time.sleep(1)  # longer than its grace: it must not end while it is held
        assert server.is_running
        pyorpc.release(made)
        wait_until(lambda: not server.is_running, "the server ends")
    assert servers_of(home) == []


def test_a_killed_server_is_replaced_by_the_next_activation(home: Path) -> None:
    register_x()
    with in_apartment(STA):
        first = pyorpc.create_instance("Served.X", IProbe)
        killed = pid_of(first)
        os.kill(killed, signal.SIGKILL)
        second = pyorpc.create_instance("Served.X", IProbe)
        assert pid_of(second) != killed
        with pytest.raises(pyorpc.DisconnectedError):
            first.ThreadId()
    assert len(servers_of(home)) <= 1


def test_a_killed_scm_is_replaced_and_knows_the_servers(home: Path) -> None:
    register_x()
    with in_apartment(MTA):
        first = pyorpc.create_instance("Served.X", IProbe)
        killed = scm_of(home)
        os.kill(killed.pid, signal.SIGKILL)
        second = pyorpc.create_instance("Served.X", IProbe)
        assert pid_of(second) == pid_of(first)
        assert scm_of(home).pid != killed.pid


def test_an_scm_ends_after_its_last_server_and_client(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IDLE_S, "1")
    register_x()
    with in_apartment(MTA):
        made = pyorpc.create_instance("Served.X", IProbe)
        scm = scm_of(home)
        time.sleep(1.5)  # longer than its time: a server runs
        assert scm.is_running
        pyorpc.release(made)
        (server,) = servers_of(home)
        wait_until(lambda: not server.is_running, "the server ends")
        wait_until(lambda: not scm.is_running, "the SCM ends")


def test_scm_stop_ends_it_and_leaves_the_servers(home: Path) -> None:
    register_x()
    with in_apartment(MTA):
        made = pyorpc.create_instance("Served.X", IProbe)
        scm = scm_of(home)
        stopped = command("scm", "stop")
        assert (stopped.returncode, stopped.stderr) == (0, "")
        assert not scm.is_running
        assert made.Echo("still") == f"still from {pid_of(made)}"
    assert "No SCM runs" in command("scm", "stop").stdout


def test_a_server_started_by_hand_is_found_by_an_scm_that_starts_later(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("sta", "register", "X")
    with in_apartment(STA):
        made = pyorpc.create_instance(ServedX, IProbe, LOCAL)
        assert pid_of(made) == server.child.pid
    server.stop()


def register_command(*argv: str) -> None:
    with Catalog() as catalog:
        catalog.register_local_server("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1201", argv)


def test_a_command_that_cannot_be_started(home: Path) -> None:
    register_command("/no/such/program", "serve")
    with in_apartment(MTA), pytest.raises(ComError, match="/no/such/program") as failed:
        pyorpc.create_instance(ServedX, IProbe, LOCAL)
    assert failed.value.hresult == HRESULT.CO_E_CREATEPROCESS_FAILURE


def test_a_server_that_ends_at_once_shows_what_it_wrote(home: Path) -> None:
    register_command(sys.executable, "-c", "raise SystemExit('no licence')")
    with in_apartment(MTA), pytest.raises(ComError, match="no licence") as failed:
        pyorpc.create_instance(ServedX, IProbe, LOCAL)
    assert failed.value.hresult == HRESULT.CO_E_SERVER_EXEC_FAILURE


def test_a_server_that_registers_nothing_is_given_up(home: Path) -> None:
    register_command(sys.executable, "-c", "import time; time.sleep(4)")
    with in_apartment(MTA, activation_timeout_s=1.0):
        began = time.monotonic()
        with pytest.raises(ComError) as failed:
            pyorpc.create_instance(ServedX, IProbe, LOCAL)
        assert 0.8 < time.monotonic() - began < 2.5
    assert failed.value.hresult == HRESULT.CO_E_SERVER_EXEC_FAILURE
    wait_until(lambda: not _sleepers(home), "the sleeper ends")


def _sleepers(home: Path) -> list[str]:
    found: list[str] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"time.sleep(4)" in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_a_server_inherits_what_the_activator_says_and_no_more(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "import os, sys; sys.exit(repr({n: os.environ.get(n) for n in sys.argv[1:]}))"
    names = ("PYORPC_MTA_THREADS", "PYTHONHASHSEED", "OTHER", "PYORPC_ENDPOINTS")
    with in_apartment(MTA) as runtime:
        register_x()
        pyorpc.create_instance("Served.X", IProbe)  # now the SCM runs, with an environment before
        monkeypatch.setenv("PYORPC_MTA_THREADS", "3")
        monkeypatch.setenv("PYTHONHASHSEED", "77")
        monkeypatch.setenv("OTHER", "x")
        monkeypatch.setenv("PYORPC_ENDPOINTS", "tcp://127.0.0.1:1")
        with Catalog() as catalog:
            catalog.register_local_server(
                "7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1202", [sys.executable, "-c", program, *names]
            )
        with pytest.raises(ComError) as failed:
            pyorpc.create_instance(ServedY, IProbe, LOCAL)
        assert runtime is not None
    assert "'PYORPC_MTA_THREADS': '3'" in failed.value.description
    assert "'PYTHONHASHSEED': '77'" in failed.value.description
    assert "'OTHER': None" in failed.value.description
    assert "'PYORPC_ENDPOINTS': None" in failed.value.description


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("creator", [STA, MTA])
def test_a_host_is_any_process_with_class_objects(spawn: Spawn, creator: COINIT) -> None:
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    settings: dict[str, Any] = {"endpoints": [endpoint], "insecure": True}
    server = class_server(spawn, **settings)
    server.do("mta", "register", "Y")
    with in_apartment(creator, insecure=True):
        made = pyorpc.create_instance(ServedY, IProbe, CLSCTX.REMOTE_SERVER, host=endpoint)
        assert pid_of(made) == server.child.pid
        factory = pyorpc.get_class_object(ServedY, host=endpoint)
        assert factory.CreateInstance(None, IProbe) is not None
        with pytest.raises(ComError) as unknown:
            pyorpc.create_instance(ServedX, IProbe, host=endpoint)
        assert unknown.value.hresult == HRESULT.REGDB_E_CLASSNOTREG
        server.do("mta", "suspend")
        with pytest.raises(ComError) as suspended:
            pyorpc.create_instance(ServedY, IProbe, host=endpoint)
        assert suspended.value.hresult == HRESULT.REGDB_E_CLASSNOTREG
    server.stop()


def test_a_host_that_nobody_listens_at(home: Path) -> None:
    with in_apartment(MTA, insecure=True):
        began = time.monotonic()
        with pytest.raises(pyorpc.DisconnectedError) as refused:
            pyorpc.create_instance(ServedX, IProbe, host=f"tcp://127.0.0.1:{free_port()}")
        assert refused.value.hresult == HRESULT.RPC_S_SERVER_UNAVAILABLE
        assert refused.value.executed == "no"
        assert time.monotonic() - began < 5


def test_single_use_servers_are_started_for_each_of_several_activations(home: Path) -> None:
    program = (
        "import pyorpc\n"
        "from tests.support.class_server import ServedX\n"
        f"with pyorpc.enter_apartment({int(STA)}):\n"
        f"    pyorpc.register_class_object(ServedX, ServedX, {int(LOCAL)}, 0)\n"
        "    pyorpc.pump_messages()\n"
    )
    with pytest.MonkeyPatch.context() as patch, in_apartment(MTA) as runtime:
        patch.setenv("PYTHONPATH", str(ROOT))
        register_command(sys.executable, "-c", program)
        creators = [ApartmentThread(runtime, MTA) for _ in range(3)]
        tasks = [
            creator.begin(pyorpc.create_instance, ServedX, IProbe, LOCAL) for creator in creators
        ]
        pids = [pid_of(task.join()) for task in tasks]
        for creator in creators:
            creator.close()
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    assert len(set(pids)) == 3


def test_scms_that_start_at_once_are_one(home: Path) -> None:
    register_x()
    with ThreadPoolExecutor(4) as pool:
        program = (
            "import pyorpc, tests.support.class_server as s\n"
            "from tests.support.probe_idl import IProbe\n"
            "with pyorpc.enter_apartment():\n"
            "    print(pyorpc.create_instance('Served.X', IProbe).Echo(''))\n"
        )

        def run(_: int) -> str:
            return subprocess.run(
                [sys.executable, "-c", program],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=25,
                check=True,
            ).stdout

        assert len(set(pool.map(run, range(4)))) == 1


def test_a_host_is_another_machines_scm_whose_servers_listen_there_too(home: Path) -> None:
    register_x()
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    scm = [sys.executable, "-m", "pyorpc", "scm", "--endpoint", endpoint, "--insecure"]
    with subprocess.Popen(scm, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        # This process knows nothing of that machine's home.
        with in_apartment(MTA, insecure=True, home=home / "mine"):
            made = pyorpc.create_instance(ServedX, IProbe, CLSCTX.REMOTE_SERVER, host=endpoint)
            assert pid_of(made) not in (os.getpid(), process.pid)
            bindings = unpack(pyorpc.marshal_interface(made, IProbe)).bindings
            assert any(each.address.startswith("tcp://127.0.0.1:") for each in bindings)
        process.terminate()
