"""`pyorpc ps` beside real processes, stuck and frozen ones among them."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

from pyorpc.transport.run_directory import RunDirectory
from tests.conftest import Spawn
from tests.support.class_server import class_server
from tests.support.stuck import command, json_of, stuck_call


def of(pid: int, found: list[dict[str, Any]]) -> dict[str, Any]:
    (one,) = [each for each in found if each["pid"] == pid]
    return one


def test_an_empty_home_has_no_processes(home: Path) -> None:
    done = command("ps")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No process of")
    assert json_of("ps") == []
    assert list(home.iterdir()) == []  # not even an SCM


def test_a_stuck_apartment_shows_with_its_thread_and_queue(spawn: Spawn, home: Path) -> None:
    with stuck_call(spawn) as stuck:
        sockets = set(RunDirectory(home).path.iterdir())
        found = json_of("ps")
        assert len(found) == 2
        theirs = of(stuck.child.pid, found)
        (sta,) = theirs["apartments"]
        assert (sta["kind"], sta["state"], sta["queue_length"]) == ("STA", "running", 0)
        assert sta["thread_id"] != 0
        assert (sta["objects"], theirs["objects"]) == (1, 1)
        assert "tests.support.child_main" in theirs["program"]
        assert theirs["calls_incoming"] == 1  # the other one is unread, in the socket
        (link,) = theirs["links"]
        assert (link["pid"], link["holds"], link["calls"]) == (os.getpid(), 5, 1)
        assert link["connections"] >= 2

        ours = of(os.getpid(), found)
        assert ours["calls_outgoing"] == 2
        assert [link["held"] for link in ours["links"]] == [5]
        assert set(RunDirectory(home).path.iterdir()) == sockets  # it left none


def test_the_table_has_a_line_for_each(spawn: Spawn) -> None:
    with stuck_call(spawn) as stuck:
        done = command("ps")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[0].split()[:2] == ["PID", "Process"]
        assert f"\n{stuck.child.pid}" in done.stdout
        assert f"\n{os.getpid()}" in done.stdout
        lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
        (sta,) = [line for line in lines if "main STA" in line]
        assert re.fullmatch("main STA [0-9a-f]{16} running 1 0x[0-9a-f]+", sta)
        assert f"linked to pid {os.getpid()}" in done.stdout


def test_a_frozen_process_gets_a_line_after_a_short_wait_and_the_rest_is_shown(
    spawn: Spawn,
) -> None:
    with stuck_call(spawn) as stuck:
        stuck.child.stop()
        begun = time.monotonic()
        found = json_of("ps", "--timeout", "0.5")
        assert time.monotonic() - begun < 10
        frozen = of(stuck.child.pid, found)
        assert frozen["error"] == "does not answer within 0.5 s"
        assert "tests.support.child_main" in frozen["program"]
        assert "apartments" in of(os.getpid(), found)
        assert "does not answer within 0.5 s" in command("ps", "--timeout", "0.5").stdout
        stuck.child.cont()


def test_a_server_tells_its_classes(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("sta", "register", "X")
    (seen,) = json_of("ps")
    assert seen["classes"] == ["7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1201"]
    assert sorted(each["kind"] for each in seen["apartments"]) == ["MTA", "STA"]
    assert "idle" in {each["state"] for each in seen["apartments"]}
    server.stop()


def test_wrong_use_is_one_line_and_code_2() -> None:
    done = command("ps", "--timeout", "-1")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
