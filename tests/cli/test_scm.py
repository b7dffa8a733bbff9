"""`pyorpc scm` as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import pyorpc
from pyorpc import COINIT
from pyorpc.activation.coclass import record_of
from pyorpc.activation.scm_seat import ScmSeat
from pyorpc.remoting.peer import new_identity
from tests.support.class_server import activations_end
from tests.support.probe import Probe, in_apartment
from tests.support.probe_classes import ProbeBoth, ProbeFree

SCM = [sys.executable, "-m", "pyorpc", "scm"]


@pytest.fixture(autouse=True)
def _nothing_is_left(home: Path) -> Iterator[None]:
    with activations_end(home):
        yield


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SCM, *arguments], capture_output=True, text=True, timeout=25, check=False
    )


@contextmanager
def running(*arguments: str) -> Generator[subprocess.Popen[str]]:
    with subprocess.Popen([*SCM, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"ready: SCM, process {process.pid}\n"
        yield process
        if process.poll() is None:
            process.terminate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number: signal.Signals, home: Path) -> None:
    with running() as process:
        process.send_signal(number)
        assert process.wait(10) == 0
    assert ScmSeat(home, new_identity().host).holder() is None


def test_there_is_one_in_a_home() -> None:
    with running():
        second = run()
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr.startswith("error: E_FAIL")
        assert "runs in" in second.stderr


def test_on_demand_it_is_content_with_another_one() -> None:
    with running():
        second = run("--on-demand")
        assert (second.returncode, second.stdout, second.stderr) == (0, "ready\n", "")


def test_stop_and_status() -> None:
    assert run("status").stdout.startswith("No SCM runs in")
    with running() as process:
        assert run("status").stdout.startswith(f"SCM: process {process.pid} at ipc://")
        stopped = run("stop")
        assert stopped.stdout == f"stopped the SCM, process {process.pid}\n"
        assert process.wait(10) == 0
    assert run("stop").stdout.startswith("No SCM runs in")


def test_status_shows_what_processes_offer() -> None:
    with in_apartment(COINIT.MULTITHREADED):
        pyorpc.register_class_object(ProbeFree, ProbeFree)
        pyorpc.register_active_object(Probe(), ProbeBoth)
        ids = [record_of(each).clsid for each in (ProbeFree, ProbeBoth)]
        assert f": {ids[0]} an active {ids[1]}\n" in run("status").stdout


def test_the_file_of_a_killed_one_is_no_obstacle() -> None:
    with running() as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    with running():
        pass


def test_tcp_wants_to_be_told_that_it_is_open() -> None:
    refused = run("--endpoint", "tcp://127.0.0.1:*")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: E_ACCESSDENIED")
