"""`pyorpc call` as a process, with servers that it starts or that run already."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Spawn
from tests.support.child import ROOT
from tests.support.class_server import activations_end, class_server
from tests.support.stuck import command

X = "7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1201"
MODULE = ("--module", "tests.support.probe_idl", "--path", str(ROOT))
IDL = ("--idl", str(ROOT / "tests" / "support" / "probe.idl"))
REGISTERED = "tests.support.probe_classes:ProbeFree"


@pytest.fixture(autouse=True)
def _nothing_is_left(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYORPC_GRACE_S", "0.2")
    with activations_end(home):
        yield


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return command("call", *arguments)


def test_a_registered_class_needs_nothing_else_and_its_server_is_started() -> None:
    assert command("register", REGISTERED, "--path", str(ROOT)).returncode == 0
    added = call("Probe.Free", "IProbe.Add", "40", "2")
    assert (added.returncode, added.stdout, added.stderr) == (0, "42\n", "")
    other = call("Probe.Free", "IProbeMore.Log")
    assert (other.returncode, other.stdout) == (0, '""\n')
    several = call("Probe.Free", "IProbe.Squares", "3")
    assert json.loads(several.stdout) == [3, [0, 1, 4]]


def test_a_running_server_is_called_without_an_scm(spawn: Spawn, home: Path) -> None:
    server = class_server(spawn)
    server.do("mta", "register", "X")
    for where in (MODULE, IDL):
        said = call(X, "IProbe.Echo", "null", *where)
        assert (said.returncode, said.stderr) == (0, "")
        assert json.loads(said.stdout) == f"null from {server.child.pid}"
    assert not (home / "scm.json").exists()
    server.stop()


def test_a_host_is_asked_directly(spawn: Spawn, home: Path) -> None:
    server = class_server(spawn, endpoints=["tcp://127.0.0.1:*"], insecure=True)
    server.do("mta", "register", "X")
    (tcp,) = [each for each in server.endpoints if each.startswith("tcp:")]
    arguments = (X, "IProbe.Echo", "here", "--host", tcp, *MODULE)
    said = call(*arguments, "--insecure")
    assert json.loads(said.stdout) == f"here from {server.child.pid}"
    server.stop()


def test_nothing_is_printed_for_nothing_and_a_pointer_shows_as_one(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("mta", "register", "X")
    nothing = call(X, "IProbe.LetGo", *MODULE)
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "")
    pointer = call(X, "IProbe.Make", *MODULE)
    assert pointer.stdout.startswith('"<IProbe ')
    assert json.loads(call(X, "IProbe.Same", "null", *MODULE).stdout or "null") is None
    server.stop()


def test_what_the_method_raises_is_one_line_and_code_1(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("mta", "register", "X")
    failed = call(X, "IProbe.Fail", "-2147024809", "no such thing", *MODULE)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "error: E_INVALIDARG (0x80070057): no such thing\n"
    server.stop()


def test_a_time_limit_ends_the_wait_for_a_stuck_method(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("mta", "register", "X")
    begun = time.monotonic()
    late = call(X, "IProbe.Sleep", "4", "--timeout", "0.3", *MODULE)
    assert (late.returncode, late.stdout) == (1, "")
    assert late.stderr.startswith("error: RPC_E_TIMEOUT")
    assert "Traceback" not in late.stderr
    assert time.monotonic() - begun < 10
    server.stop()


def test_ctrl_c_ends_it(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("mta", "register", "X")
    calling = [sys.executable, "-m", "pyorpc", "call", X, "IProbe.Sleep", "6", *MODULE]
    with subprocess.Popen(calling, stderr=subprocess.PIPE, cwd=ROOT) as process:
        deadline = time.monotonic() + 20
        while "IProbe.Sleep" not in command("calls").stdout:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    server.stop()


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ([], 2, "Missing argument"),
        ([X, "Add", *MODULE], 2, "is no INTERFACE.METHOD"),
        ([X, "IProbe.Subtract", *MODULE], 2, "has no method Subtract; it has Add, Echo"),
        ([X, "IProbe.Add", "1", *MODULE], 2, "IProbe.Add(a, b) takes 2 arguments"),
        ([X, "IProbe.Add", "1", "two", *MODULE], 2, "'two' is not a whole number"),
        ([X, "IProbe.Add", "1", "2147483648", *MODULE], 2, "<= 2147483647"),
        ([X, "IProbe.CallBack", "x", *MODULE], 2, "only null can"),
        ([X, "IProbe.Add", "1", "2", *MODULE, *IDL], 2, "exclude each other"),
        ([X, "IProbe.Add", "1", "2", "--idl", "nowhere.idl"], 2, "does not exist"),
        ([X, "INone.Add", "1", *MODULE], 1, "has no class INone"),
        ([X, "INone.Add", "1", *IDL], 1, "has no class INone"),
        ([X, "Guid.new", "--module", "pyorpc.ids"], 1, "is no interface"),
        ([X, "IProbe.Add", "1", "--module", "no.such"], 1, "there is no module no"),
        ([X, "IProbe.Add", "1", "2", *MODULE], 1, "REGDB_E_CLASSNOTREG"),
        (["Nobody.Here", "IProbe.Add", "1", "2"], 1, "CO_E_CLASSSTRING"),
        (["not a class", "IProbe.Add", "1", "2"], 1, "CO_E_CLASSSTRING"),
        ([X, "IProbe.Add", "1", "2", "--host", "nonsense", *MODULE], 1, "is no endpoint"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(arguments: list[str], code: int, text: str) -> None:
    done = call(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert text in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_mistakes_in_an_idl_file_are_reported_as_the_compiler_does(tmp_path: Path) -> None:
    bad = tmp_path / "bad.idl"
    bad.write_text("interface IBad : INowhere { };\n")
    done = call(X, "IBad.Do", "--idl", str(bad))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{bad}:1:" in done.stderr
    assert "error ORPC" in done.stderr


def test_a_class_without_python_code_needs_to_be_told_the_interface() -> None:
    assert command("register", X, "--command", "true", "--progid", "Some.Thing").returncode == 0
    done = call("Some.Thing", "IProbe.Add", "1", "2")
    assert done.returncode == 2
    assert "say --idl FILE or --module NAME" in " ".join(done.stderr.split())


def test_a_property_is_read_and_set() -> None:
    named = "tests.support.named_class:NamedThing"
    assert command("register", named, "--path", str(ROOT)).returncode == 0
    for how in ("INamed.Name", "INamed.get_Name"):
        done = call("Probe.Named", how)
        assert (done.returncode, done.stdout, done.stderr) == (0, '"first"\n', "")
    for how in ("INamed.Name", "INamed.put_Name"):
        done = call("Probe.Named", how, "other")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        done = call("Probe.Named", how, "")
        assert (done.returncode, done.stdout) == (1, "")
        assert "a name is not empty" in done.stderr
    done = call("Probe.Named", "INamed.put_Name")
    assert done.returncode == 2
    assert "INamed.put_Name(name) takes 1 argument." in " ".join(done.stderr.split())


def test_help_has_examples() -> None:
    done = command("call", "--help")
    assert done.returncode == 0
    assert "pyorpc call Readme.Thermometer IThermometer.Read" in done.stdout
