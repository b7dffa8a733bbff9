from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from pyorpc.errors import HRESULT, AccessDeniedError, ComError
from pyorpc.transport.process_identity import ProcessIdentity
from pyorpc.transport.run_directory import RunDirectory, forget_endpoint

HOME = Path("/srv/home")
OTHER_USER = 12_345
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def short() -> Iterator[Path]:
    """A directory whose name is short enough for sockets, wherever the tests run."""
    with tempfile.TemporaryDirectory(prefix="rd", dir="/tmp") as directory:
        yield Path(directory)


@pytest.fixture
def environ(short: Path) -> dict[str, str]:
    return {"XDG_RUNTIME_DIR": str(short)}


def socket_path(endpoint: str) -> Path:
    return Path(endpoint.removeprefix("ipc://"))


def leave_socket(path: Path) -> None:
    """What a killed process leaves: a socket that nobody listens on."""
    with socket.socket(socket.AF_UNIX) as abandoned:
        abandoned.bind(os.fspath(path))


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ---- Where it is -------------------------------------------------------------------------


def test_it_is_in_the_users_runtime_directory_and_made_for_the_user_alone(
    short: Path, environ: dict[str, str]
) -> None:
    directory = RunDirectory(HOME, environ).path
    assert directory.parent == short / "pyorpc"
    assert re.fullmatch("[0-9a-f]{12}", directory.name)
    assert mode_of(directory) == mode_of(directory.parent) == 0o700


def test_each_home_has_its_own_and_always_the_same(environ: dict[str, str], tmp_path: Path) -> None:
    here = RunDirectory(tmp_path / "home", environ).path
    assert RunDirectory(tmp_path / "home", environ).path == here
    assert RunDirectory(tmp_path / "x" / ".." / "home", environ).path == here
    assert RunDirectory(tmp_path / "other", environ).path != here


@pytest.mark.parametrize("runtime", [None, "", "relative", "/no/such/directory"])
def test_without_a_runtime_directory_it_is_a_per_user_one_under_the_temporary_directory(
    runtime: str | None, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    environ = {} if runtime is None else {"XDG_RUNTIME_DIR": runtime}
    directory = RunDirectory(HOME, environ).path
    assert directory.parent == short / f"pyorpc-{os.geteuid()}"
    assert mode_of(directory.parent) == 0o700


@needs_root
def test_another_users_runtime_directory_is_not_entered(
    short: Path, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    os.chown(short, OTHER_USER, -1)
    assert RunDirectory(HOME, environ).path.parent == tmp_path / "pyorpc-0"
    assert not list(short.iterdir())


# ---- What it refuses ---------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o770, 0o777, 0o704])
def test_a_directory_that_is_open_to_others_is_refused(environ: dict[str, str], mode: int) -> None:
    directory = RunDirectory(HOME, environ).path
    directory.chmod(mode)
    with pytest.raises(AccessDeniedError) as caught:
        RunDirectory(HOME, environ)
    assert caught.value.hresult == HRESULT.E_ACCESSDENIED
    assert caught.value.description == (
        f"cannot use {directory} as the run directory: "
        f"its mode is {mode:03o}, open to others: make it 700"
    )


def test_the_directory_above_is_looked_at_too(short: Path, environ: dict[str, str]) -> None:
    (short / "pyorpc").mkdir()
    (short / "pyorpc").chmod(0o755)
    with pytest.raises(AccessDeniedError, match="its mode is 755"):
        RunDirectory(HOME, environ)


@needs_root
def test_a_foreign_directory_is_refused(environ: dict[str, str]) -> None:
    directory = RunDirectory(HOME, environ).path
    os.chown(directory, OTHER_USER, -1)
    with pytest.raises(AccessDeniedError, match=f"it belongs to user {OTHER_USER}, not to 0"):
        RunDirectory(HOME, environ)


def test_a_file_in_its_place_is_refused(short: Path, environ: dict[str, str]) -> None:
    (short / "pyorpc").touch()
    with pytest.raises(AccessDeniedError, match="it is no directory"):
        RunDirectory(HOME, environ)


def test_a_symbolic_link_in_its_place_is_refused(short: Path, environ: dict[str, str]) -> None:
    (short / "elsewhere").mkdir(mode=0o700)
    (short / "pyorpc").symlink_to(short / "elsewhere")
    with pytest.raises(AccessDeniedError, match="it is no directory"):
        RunDirectory(HOME, environ)


def test_a_place_where_anybody_could_replace_it_is_refused(
    short: Path, environ: dict[str, str]
) -> None:
    short.chmod(0o777)
    with pytest.raises(AccessDeniedError, match="anybody can replace it"):
        RunDirectory(HOME, environ)
    short.chmod(0o1777)
    assert RunDirectory(HOME, environ).path.is_dir()


def test_a_place_in_which_nothing_can_be_made_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc/self")
    with pytest.raises(AccessDeniedError, match="cannot use /proc/self/pyorpc-"):
        RunDirectory(HOME, {})


# ---- Endpoints ---------------------------------------------------------------------------


def test_an_endpoint_names_its_kind_and_its_process_and_is_never_given_twice(
    environ: dict[str, str],
) -> None:
    directory = RunDirectory(HOME, environ)
    pid, start = ProcessIdentity.of_this_process()
    endpoints = {directory.new_endpoint("sta") for _ in range(100)}
    assert len(endpoints) == 100
    for endpoint in endpoints:
        assert re.fullmatch(f"ipc://{directory.path}/sta-{pid}-{start:x}-[0-9a-f]{{12}}", endpoint)


def test_zeromq_can_bind_and_reach_an_endpoint(environ: dict[str, str]) -> None:
    endpoint = RunDirectory(HOME, environ).new_endpoint("mta")
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as inlet,
        context.socket(zmq.PUSH) as outlet,
    ):
        inlet.bind(endpoint)
        outlet.connect(endpoint)
        outlet.send(b"here")
        assert inlet.poll(5_000)
        assert inlet.recv() == b"here"


@pytest.mark.parametrize("kind", ["", "STA", "a-b", "../x", "sta 1", "averylongname", "1sta"])
def test_a_kind_is_one_short_word(environ: dict[str, str], kind: str) -> None:
    with pytest.raises(ValueError, match="no kind of endpoint"):
        RunDirectory(HOME, environ).new_endpoint(kind)


def test_an_endpoint_too_long_for_a_socket_is_refused_with_advice(short: Path) -> None:
    deep = short / ("x" * 90)
    deep.mkdir(mode=0o700)
    directory = RunDirectory(HOME, {"XDG_RUNTIME_DIR": str(deep)})
    with pytest.raises(ComError, match="107 are the most: set XDG_RUNTIME_DIR") as caught:
        directory.new_endpoint("sta")
    assert caught.value.hresult == HRESULT.E_INVALIDARG


def test_the_longest_path_that_is_given_can_be_bound(short: Path) -> None:
    size = len(RunDirectory(HOME, {"XDG_RUNTIME_DIR": str(short)}).new_endpoint("sta")) - len(
        "ipc://"
    )
    exact = short / ("x" * (107 - size - 1))
    exact.mkdir(mode=0o700)
    path = socket_path(RunDirectory(HOME, {"XDG_RUNTIME_DIR": str(exact)}).new_endpoint("sta"))
    assert len(os.fsencode(path)) == 107
    leave_socket(path)
    assert path.is_socket()

    longer = short / ("x" * (107 - size))
    longer.mkdir(mode=0o700)
    with pytest.raises(ComError, match="108 bytes"):
        RunDirectory(HOME, {"XDG_RUNTIME_DIR": str(longer)}).new_endpoint("sta")


# ---- Sweeping ----------------------------------------------------------------------------


@pytest.mark.processes
def test_what_a_killed_process_left_is_swept(environ: dict[str, str]) -> None:
    code = (
        "import os, sys, socket; from pathlib import Path;"
        "from pyorpc.transport.run_directory import RunDirectory;"
        "path = RunDirectory(Path('/srv/home')).new_endpoint('sta').removeprefix('ipc://');"
        "s = socket.socket(socket.AF_UNIX); s.bind(path); s.listen(); print(path, flush=True);"
        "sys.stdin.read()"
    )
    directory = RunDirectory(HOME, environ)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        left = Path(child.stdout.readline().strip())
        assert directory.sweep() == []
        assert left.is_socket()
        child.kill()
    assert directory.sweep() == [left]
    assert not left.exists()
    assert directory.sweep() == []


def test_a_later_process_with_the_same_pid_does_not_keep_a_socket_alive(
    environ: dict[str, str],
) -> None:
    directory = RunDirectory(HOME, environ)
    pid, start = ProcessIdentity.of_this_process()
    left = directory.path / f"sta-{pid}-{start - 1:x}-0123456789ab"
    leave_socket(left)
    assert directory.sweep() == [left]


def test_the_sockets_of_running_processes_stay_even_before_they_listen(
    environ: dict[str, str],
) -> None:
    directory = RunDirectory(HOME, environ)
    path = socket_path(directory.new_endpoint("sta"))
    leave_socket(path)
    assert directory.sweep() == []
    assert path.exists()


def test_a_socket_on_which_somebody_listens_stays_although_its_process_is_not_seen(
    environ: dict[str, str],
) -> None:
    directory = RunDirectory(HOME, environ)
    path = directory.path / "sta-1-1-0123456789ab"  # pid 1 did not start at tick 1: another one's
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(path))
        listener.listen()
        assert directory.sweep() == []
    assert directory.sweep() == [path]


def test_what_is_not_ours_is_left_alone(environ: dict[str, str]) -> None:
    directory = RunDirectory(HOME, environ)
    (directory.path / "sta-1-1-0123456789ab").write_text("no socket")
    leave_socket(directory.path / "somebody.sock")
    (directory.path / "notes").mkdir()
    assert directory.sweep() == []
    assert len(list(directory.path.iterdir())) == 3


def test_two_may_sweep_at_the_same_time(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # 1. One finds the socket stale. 2. The other deletes it. 3. The first comes to delete it.
    directory = RunDirectory(HOME, environ)
    left = directory.path / "sta-1-1-0123456789ab"
    leave_socket(left)
    delete = Path.unlink

    def after_the_other(path: Path) -> None:
        delete(path)
        delete(path)

    monkeypatch.setattr(Path, "unlink", after_the_other)
    assert directory.sweep() == []
    assert not left.exists()


def test_an_endpoint_that_was_closed_leaves_nothing(environ: dict[str, str]) -> None:
    directory = RunDirectory(HOME, environ)
    endpoint = directory.new_endpoint("sta")
    with zmq.Context() as context, context.socket(zmq.ROUTER) as listener:
        listener.bind(endpoint)
    forget_endpoint(endpoint)
    assert list(directory.path.iterdir()) == []
    forget_endpoint(endpoint)  # it may be gone
    forget_endpoint("tcp://127.0.0.1:5555")


# ---- Who listens in it ---------------------------------------------------------------------


def test_the_endpoints_of_a_kind_are_listed_with_their_pids(environ: dict[str, str]) -> None:
    directory = RunDirectory(HOME, environ)
    with zmq.Context() as context, context.socket(zmq.ROUTER) as listener:
        endpoints = [directory.new_endpoint("process") for _ in range(2)]
        for endpoint in (*endpoints, directory.new_endpoint("apt")):
            listener.bind(endpoint)
        pid, start_time = ProcessIdentity.of_this_process()
        leave_socket(directory.path / f"process-{pid}-{start_time + 1:x}-0123456789ab")
        (directory.path / "notes").touch()
        assert directory.listening("process") == sorted((each, pid) for each in endpoints)
