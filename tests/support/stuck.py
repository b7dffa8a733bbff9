"""A child process whose STA is stuck in a method, and the command line beside it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyorpc
from pyorpc import COINIT, Runtime
from tests.conftest import Spawn
from tests.support.child import Child, Parent
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import wait_until


class Stuck(Probe):
    """Its Sleep says that it has begun, and lasts until it may go on."""

    def __init__(self, test: Parent) -> None:
        super().__init__()
        self._test = test

    def Sleep(self, seconds: float) -> None:
        self._test.send("started")
        assert self.may_go_on.wait(60)


def serve_stuck(test: Parent) -> None:
    """In a child: a probe in an STA; the test says when Sleep may go on, and then when to end."""
    with in_apartment(COINIT.APARTMENTTHREADED) as runtime:
        probe = Stuck(test)
        test.send(pyorpc.marshal_interface(probe, IProbe))
        ident = threading.get_ident()

        def listen() -> None:
            test.receive(120)
            probe.may_go_on.set()
            test.receive(120)
            sta = runtime.sta_of(ident)
            assert sta is not None
            sta.post_quit(0)

        listener = threading.Thread(target=listen)
        listener.start()
        pyorpc.pump_messages()
        listener.join()


@dataclass
class StuckCall:
    """A call to Sleep that runs in the child, and one to Add that waits behind it."""

    child: Child
    runtime: Runtime


@contextmanager
def stuck_call(spawn: Spawn) -> Generator[StuckCall]:
    """The calls are begun in this process, by the thread in the MTA of the current Runtime."""
    child = spawn(serve_stuck)
    with in_apartment(COINIT.MULTITHREADED) as runtime:
        probe = pyorpc.unmarshal_interface(child.receive(), IProbe)
        sleep, add = (pyorpc.create_call(probe, AsyncIProbe) for _ in range(2))
        sleep.Begin_Sleep(1)
        assert child.receive() == "started"
        add.Begin_Add(20, 22)
        wait_until(lambda: [peer.pid for peer in runtime.resolver.peers.values()] == [child.pid])
        yield StuckCall(child, runtime)
        child.send("go on")
        child.cont()
        sleep.Finish_Sleep()
        assert add.Finish_Add() == 42
        pyorpc.release(probe)
    child.send("end")
    assert child.join() == 0


def command(*arguments: str, timeout_s: float = 25) -> subprocess.CompletedProcess[str]:
    """`pyorpc ARGUMENTS` as a process."""
    return subprocess.run(
        [sys.executable, "-m", "pyorpc", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def json_of(*arguments: str) -> Any:
    """What such a command writes as JSON."""
    done = command(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)
