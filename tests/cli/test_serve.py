"""`pyorpc serve` as a process."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import pyorpc
from pyorpc import APTTYPE, CLSCTX, COINIT
from tests.support.child import ROOT
from tests.support.class_server import activations_end
from tests.support.probe import in_apartment
from tests.support.probe_classes import FIVE
from tests.support.probe_idl import IProbe

SERVE = [sys.executable, "-m", "pyorpc", "serve"]
CLASSES = "tests.support.probe_classes"


@pytest.fixture(autouse=True)
def _nothing_is_left(home: Path) -> Iterator[None]:
    with activations_end(home):
        yield


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SERVE, *arguments], capture_output=True, text=True, timeout=25, check=False
    )


@contextmanager
def serving(*arguments: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """The process, and the line that it prints."""
    command = [*SERVE, "--path", str(ROOT), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/") as process:
        assert process.stdout is not None
        yield process, process.stdout.readline()
        if process.poll() is None:
            process.terminate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with serving(f"{CLASSES}:ProbeBoth") as (process, line):
        assert line == "ready: Probe.Both\n"
        process.send_signal(number)
        assert process.wait(10) == 0


def test_each_class_lives_where_its_model_says() -> None:
    names = [f"{CLASSES}:{implementation.__name__}" for implementation in FIVE]
    with serving(*names) as (process, line), in_apartment(COINIT.MULTITHREADED):
        assert line == (
            "ready: Probe.None, Probe.Apartment, Probe.Free, Probe.Both, Probe.Neutral\n"
        )
        places = [
            pyorpc.create_instance(implementation, IProbe, CLSCTX.LOCAL_SERVER).Place()[1]
            for implementation in FIVE
        ]
        mta, main, neutral = APTTYPE.MTA, APTTYPE.MAINSTA, APTTYPE.NA
        assert places == [main, main, mta, mta, neutral]
        assert process.poll() is None


@pytest.mark.parametrize(("threading", "place"), [("sta", APTTYPE.MAINSTA), ("mta", APTTYPE.MTA)])
def test_the_apartment_may_be_chosen(threading: str, place: APTTYPE) -> None:
    arguments = ("--threading", threading, f"{CLASSES}:ProbeNeutral")
    with serving(*arguments), in_apartment(COINIT.APARTMENTTHREADED):
        made = pyorpc.create_instance(FIVE[4], IProbe, CLSCTX.LOCAL_SERVER)
        assert made.Place()[1] == place


def test_at_an_endpoint_it_needs_no_scm(home: Path) -> None:
    arguments = ("--endpoint", "tcp://127.0.0.1:*", "--insecure", f"{CLASSES}:ProbeFree")
    with serving(*arguments) as (_, line), in_apartment(COINIT.MULTITHREADED, insecure=True):
        endpoint = line.split()[-1]
        assert endpoint.startswith("tcp://127.0.0.1:")
        made = pyorpc.create_instance(FIVE[2], IProbe, host=endpoint)
        assert made.Add(20, 22) == 42
        assert not (home / "scm.json").exists()


def test_a_last_unlock_does_not_end_what_was_started_by_hand() -> None:
    with serving(f"{CLASSES}:ProbeBoth") as (process, _), in_apartment(COINIT.MULTITHREADED):
        factory = pyorpc.get_class_object(FIVE[3], CLSCTX.LOCAL_SERVER)
        factory.LockServer(True)
        factory.LockServer(False)
        made = pyorpc.create_instance(FIVE[3], IProbe, CLSCTX.LOCAL_SERVER)
        assert made.Add(1, 2) == 3
        assert process.poll() is None


def test_a_lock_keeps_a_launched_server(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    arguments = ("--endpoint", "tcp://127.0.0.1:*", "--insecure", f"{CLASSES}:ProbeBoth")
    monkeypatch.setenv("PYORPC__READY", str(home / "nobody"))
    monkeypatch.setenv("PYORPC_GRACE_S", "1")
    with in_apartment(COINIT.MULTITHREADED, insecure=True), serving(*arguments) as (process, line):
        endpoint = line.split()[-1]  # the SCM may take longer to start than the server waits
        factory = pyorpc.get_class_object(FIVE[3], host=endpoint)
        factory.LockServer(True)
        pyorpc.release(factory)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2.5)
        factory = pyorpc.get_class_object(FIVE[3], host=endpoint)
        made = factory.CreateInstance(None, IProbe)
        factory.LockServer(False)
        pyorpc.release(factory)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2.5)  # an object is held
        pyorpc.release(made)
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ([], 2, "Missing argument"),
        (["no-class"], 2, "expected package.module:Class"),
        (["no.such.module:Class"], 1, "there is no module no"),
        ([f"{CLASSES}:Missing"], 1, "has no class Missing"),
        (["tests.support.probe:Probe"], 1, "decorate the class"),
        ([f"{CLASSES}:ProbeSideways"], 1, "is no threading model"),
        (["--threading", "nta", f"{CLASSES}:ProbeFree"], 2, "nta"),
        (["--endpoint", "nonsense", f"{CLASSES}:ProbeFree"], 1, "endpoints"),
    ],
)
def test_a_mistake_is_told_in_one_line(arguments: list[str], code: int, text: str) -> None:
    done = run("--path", str(ROOT), *arguments)
    assert done.returncode == code
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_launched_server_without_a_client_ends(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("PYORPC__READY", str(home / "nobody"))
    monkeypatch.setenv("PYORPC_GRACE_S", "0")
    with serving(f"{CLASSES}:ProbeBoth") as (process, _):
        assert process.wait(10) == 0
