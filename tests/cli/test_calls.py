"""`pyorpc calls` beside real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pyorpc
from tests.conftest import Spawn
from tests.support.stuck import command, json_of, stuck_call
from tests.support.waiting import wait_until


def test_an_empty_home_has_no_calls(home: Path) -> None:
    done = command("calls")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No call is in flight")
    assert json_of("calls") == []


def test_both_sides_of_a_call_are_one_line_and_the_oldest_is_first(spawn: Spawn) -> None:
    with stuck_call(spawn) as stuck:
        sleep, add = json_of("calls")
        assert (sleep["method"], sleep["state"]) == ("IProbe.Sleep", "running")
        assert (add["method"], add["state"]) == ("IProbe.Add", "on its way")
        assert add["waits_for"] == "IProbe.Sleep"
        assert sleep["since_s"] > add["since_s"]
        for call in (sleep, add):
            assert (call["caller_pid"], call["callee_pid"]) == (os.getpid(), stuck.child.pid)
            assert call["causality"] == str(pyorpc.get_current_logical_thread_id())
            assert call["apartment"].startswith("<main STA")
        assert sleep["callee_thread"] != 0 == add["callee_thread"]

        done = command("calls", "--pid", str(stuck.child.pid))
        assert (done.returncode, done.stderr) == (0, "")
        assert "which runs IProbe.Sleep" in " ".join(done.stdout.split())
        assert "runs in <main STA" in done.stdout
        assert json_of("calls", "--pid", "1") == []


def test_a_frozen_callee_does_not_answer(spawn: Spawn) -> None:
    with stuck_call(spawn) as stuck:
        stuck.child.stop()
        *calls, error = json_of("calls", "--timeout", "0.5")
        assert [call["state"] for call in calls] == ["callee does not answer"] * 2
        assert error == {"pid": stuck.child.pid, "error": "does not answer within 0.5 s"}
        stuck.child.cont()


def test_watching_ends_with_ctrl_c(spawn: Spawn) -> None:
    with stuck_call(spawn):
        watch = [sys.executable, "-m", "pyorpc", "calls", "--watch", "0.2"]
        with subprocess.Popen(watch, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            heads = 0
            while heads < 2:
                heads += b"Method" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 130
            assert b"Traceback" not in process.stderr.read()


def test_ctrl_c_ends_it_while_it_waits_for_a_frozen_process(spawn: Spawn) -> None:
    with stuck_call(spawn) as stuck:
        stuck.child.stop()
        peers = stuck.runtime.resolver.peers
        asking = [sys.executable, "-m", "pyorpc", "calls", "--timeout", "60"]
        with subprocess.Popen(asking, stdout=subprocess.PIPE) as process:
            wait_until(
                lambda: process.pid in {peer.pid for peer in list(peers.values())},
                "this process is asked, and so is the frozen one",
            )
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 130
            wait_until(lambda: len(peers) == 1, "it has said goodbye")
        stuck.child.cont()
