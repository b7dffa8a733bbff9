"""`pyorpc refs` beside real processes."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.conftest import Spawn
from tests.support.stuck import command, json_of, stuck_call


def test_an_empty_home_has_no_references(home: Path) -> None:
    done = command("refs")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Nobody holds an object")
    assert json_of("refs") == []


def test_who_holds_what_also_while_the_object_is_stuck(spawn: Spawn) -> None:
    begun = time.time()
    with stuck_call(spawn) as stuck:
        found = {each["pid"]: each["references"] for each in json_of("refs")}
        (one,) = found[stuck.child.pid]
        assert (one["type_name"], one["interface"], one["count"]) == ("Stuck", "IProbe", 5)
        assert (one["kind"], one["pid"], one["last_ping"]) == ("process", os.getpid(), None)
        assert begun <= one["since"] <= time.time()
        assert len(one["oid"]) == 16
        assert found[os.getpid()] == []
        done = command("refs", "--pid", str(stuck.child.pid))
        assert (done.returncode, done.stderr) == (0, "")
        assert f"pid {os.getpid()}>" in done.stdout
        assert "never" in done.stdout


def test_a_frozen_process_has_its_line(spawn: Spawn) -> None:
    with stuck_call(spawn) as stuck:
        stuck.child.stop()
        done = command("refs", "--timeout", "0.5")
        assert f"{stuck.child.pid} does not answer within 0.5 s" in " ".join(done.stdout.split())
        found = {each["pid"]: each for each in json_of("refs", "--timeout", "0.5")}
        assert "error" in found[stuck.child.pid]
        assert "references" in found[os.getpid()]
        stuck.child.cont()
