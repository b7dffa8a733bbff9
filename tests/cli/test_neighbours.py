"""Finding the processes of a home. (Asking them: test_ps.py, test_refs.py, test_calls.py.)"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pyorpc.cli.neighbours import ask
from pyorpc.wire.sight import PROCESS
from tests.conftest import Spawn
from tests.support.class_server import class_server
from tests.support.far_runtime import FarRuntime


def test_each_runtime_is_one(home: Path) -> None:
    with FarRuntime() as one, FarRuntime() as other:
        one.packet()
        other.packet()
        found = ask(home, PROCESS, 5)
        assert {each.answer.process_id for each in found} == {
            each.runtime.identity.process_id for each in (one, other)
        }
        assert {each.pid for each in found} == {os.getpid()}
        name = Path(sys.orig_argv[0]).name
        assert all(name in each.program for each in found)


def test_processes_of_other_homes_are_not_asked(tmp_path: Path) -> None:
    with FarRuntime() as far:
        far.packet()
        assert ask(tmp_path, PROCESS, 0.5) == []


def test_a_server_with_another_run_directory_is_found_by_its_file(
    spawn: Spawn, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = class_server(spawn)
    server.do("mta", "register", "Y")
    elsewhere = home.parent / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(elsewhere))
    (found,) = ask(home, PROCESS, 5)
    assert found.pid == server.child.pid
    assert not found.is_silent
    server.stop()
    assert ask(home, PROCESS, 5) == []
