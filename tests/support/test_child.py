"""A child does what its test says and never outlives it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Spawn
from tests.support.child import Child, Parent
from tests.support.waiting import wait_until


def echo(test: Parent, *args: object) -> None:
    test.send(args)
    while (message := test.receive()) != "stop":
        test.send(message)


def fail(_test: Parent) -> None:
    raise RuntimeError("the reason")


def hang(test: Parent) -> None:
    print("about to hang", file=sys.stderr, flush=True)
    test.send("hanging")
    time.sleep(60)


def bear(test: Parent) -> None:
    with Child(hang) as grandchild:
        test.send(grandchild.receive())
        test.send(grandchild.pid)
        time.sleep(60)


def is_gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(") ")[2][:1] == "Z"


def test_a_child_gets_arguments_and_exchanges_messages(spawn: Spawn) -> None:
    child = spawn(echo, 1, b"\x00\xff", {"a": [None, "x"]})
    assert child.receive() == [1, b"\x00\xff", {"a": [None, "x"]}]
    child.send("hello")
    assert child.receive() == "hello"
    child.send("stop")
    assert child.join() == 0


def test_a_child_has_the_tests_home(spawn: Spawn, home: Path) -> None:
    assert os.environ["PYORPC_HOME"] == str(home)
    child = spawn(tell_home, environment={"PYORPC_DEBUG": "1"})
    assert child.receive() == [str(home), "1"]
    assert child.join() == 0


def tell_home(test: Parent) -> None:
    test.send([os.environ["PYORPC_HOME"], os.environ["PYORPC_DEBUG"]])


def test_a_child_that_fails_tells_why(spawn: Spawn) -> None:
    child = spawn(fail)
    with pytest.raises(EOFError, match="RuntimeError: the reason"):
        child.receive()
    assert child.join() == 1


def test_a_time_out_shows_where_the_child_hangs(spawn: Spawn) -> None:
    child = spawn(hang)
    assert child.receive() == "hanging"
    with pytest.raises(TimeoutError, match="in hang"):
        child.receive(timeout_s=0.05)
    with pytest.raises(TimeoutError, match="has not ended"):
        child.join(timeout_s=0.05)


def test_closing_ends_the_child(spawn: Spawn) -> None:
    child = spawn(hang)
    assert child.receive() == "hanging"
    child.close()
    assert is_gone(child.pid)


def test_a_stopped_child_is_silent_until_it_continues(spawn: Spawn) -> None:
    child = spawn(echo)
    assert child.receive() == []
    child.stop()
    child.send("hello")
    with pytest.raises(TimeoutError):
        child.receive(timeout_s=0.1)
    child.cont()
    assert child.receive() == "hello"


def test_a_stopped_child_can_be_closed(spawn: Spawn) -> None:
    child = spawn(hang)
    assert child.receive() == "hanging"
    child.stop()
    child.close()
    assert is_gone(child.pid)


def test_a_killed_child_is_gone_at_once(spawn: Spawn) -> None:
    child = spawn(hang)
    assert child.receive() == "hanging"
    child.kill9()
    assert child.join() == -signal.SIGKILL


def test_a_grandchild_dies_with_the_child(spawn: Spawn) -> None:
    child = spawn(bear)
    assert child.receive() == "hanging"
    grandchild = child.receive()
    child.kill9()
    wait_until(lambda: is_gone(grandchild), "the grandchild ends")


def test_a_failing_with_block_carries_the_childs_stderr() -> None:
    def fail_beside_it() -> None:
        with Child(hang) as child:
            child.receive()
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as failure:
        fail_beside_it()
    assert "about to hang" in failure.value.__notes__[0]
