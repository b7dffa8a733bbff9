from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyorpc.transport.process_identity import ProcessIdentity


def test_this_process_is_running_under_its_own_pid() -> None:
    identity = ProcessIdentity.of_this_process()
    assert identity.pid == os.getpid()
    assert identity.is_running
    assert ProcessIdentity.of(os.getpid()) == identity


def test_a_process_with_the_same_pid_and_another_start_time_is_another_one() -> None:
    identity = ProcessIdentity.of_this_process()
    assert not identity._replace(start_time=identity.start_time - 1).is_running


@pytest.mark.processes
def test_a_process_that_has_ended_is_not_running_even_while_it_is_a_zombie() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        identity = ProcessIdentity.of(child.pid)
        assert identity is not None
        assert identity.is_running

        assert child.stdin is not None
        child.stdin.close()
        # Waits for the end, and leaves the zombie for others to find.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not identity.is_running
        assert ProcessIdentity.of(child.pid) is None
    assert not identity.is_running


def test_a_pid_that_nobody_has_has_no_identity() -> None:
    beyond_the_largest = int(Path("/proc/sys/kernel/pid_max").read_text()) + 1
    assert ProcessIdentity.of(beyond_the_largest) is None


def test_a_name_with_brackets_and_blanks_does_not_confuse_the_fields(tmp_path: Path) -> None:
    odd = tmp_path / "a) Z (b"
    odd.symlink_to("/bin/cat")
    with subprocess.Popen([odd], stdin=subprocess.PIPE) as child:
        identity = ProcessIdentity.of(child.pid)
    assert identity is not None
    assert identity.start_time >= ProcessIdentity.of_this_process().start_time


def test_without_proc_a_process_does_not_know_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(RuntimeError, match="is /proc mounted"):
        ProcessIdentity.of_this_process()
