"""Processes that are known by others' words only: whether they live, they must say themselves."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pyorpc import COINIT, Runtime
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.acquaintance import expect, forget_silent
from pyorpc.remoting.exporter import PUBLIC_REFS
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.wire.packets import Count
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S, wait_until

MTA = COINIT.MULTITHREADED
STRANGER = "ab" * 16


def on_housekeeping(
    runtime: Runtime,
    process_id: str,
    endpoints: list[str],
    then: Callable[[], object] = lambda: None,
) -> None:
    """Expect that process, and do what comes next, on the thread that does so."""
    done = threading.Event()

    def act() -> None:
        expect(runtime.resolver, process_id, endpoints)
        then()
        done.set()

    runtime.housekeeping.post(act)
    assert done.wait(DEADLINE_S)


def exported(runtime: Runtime) -> tuple[StubManager, bytes]:
    manager = runtime.exporter.export(Probe(), thread_state())
    ref = runtime.exporter.reference(manager, IProbe, is_remote=False)
    return manager, ref.ipid.bytes


def dead_endpoint() -> str:
    """A socket's name that stayed when its process was killed."""
    path = Path(os.environ["XDG_RUNTIME_DIR"]) / "dead"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    return f"ipc://{path}"


def test_a_living_process_says_who_it_is() -> None:
    with FarRuntime() as far, in_apartment(MTA) as near:
        far.packet()  # so that it listens
        who = far.runtime.identity
        on_housekeeping(near, who.process_id, far.runtime.network.process_endpoints())
        wait_until(lambda: near.resolver.peers[who.process_id].pid == who.pid, "it was met")


def test_a_dead_one_that_references_go_to_is_noticed_and_they_come_back() -> None:
    with in_apartment(MTA) as near:
        manager, ipid = exported(near)
        holder = near.resolver.peer("cd" * 16, ())
        near.desk.claimed(holder, [Count(ipid, PUBLIC_REFS)])
        note = partial(near.desk.transferred, holder, [Count(ipid, 2)], STRANGER)
        on_housekeeping(near, STRANGER, [dead_endpoint()], note)
        wait_until(lambda: manager.public_refs == PUBLIC_REFS - 2, "they are released")
        assert STRANGER not in near.resolver.peers


@pytest.mark.parametrize(
    ("process_id", "endpoints"),
    [
        (STRANGER, []),
        (STRANGER, ["ipc:///tmp/nobody/here"]),
        (STRANGER, ["no endpoint"]),
        ("no id", ["ipc:///tmp/nobody/here"]),
    ],
)
def test_who_cannot_be_dialled_is_not_known(process_id: str, endpoints: list[str]) -> None:
    with in_apartment(MTA) as near:
        on_housekeeping(near, process_id, endpoints)
        assert near.resolver.peers == {}


def test_a_process_does_not_expect_itself() -> None:
    with in_apartment(MTA) as near:
        exported(near)
        on_housekeeping(near, near.identity.process_id, near.network.process_endpoints())
        assert near.resolver.peers == {}


def test_the_silent_are_forgotten_unless_they_are_needed() -> None:
    with in_apartment(MTA) as near:
        near.resolver.peer(STRANGER, ())
        needed = near.resolver.peer("cd" * 16, ())
        needed.held[b"ipid"] = 1
        forget_silent(near.resolver, 1000)
        assert len(near.resolver.peers) == 2
        forget_silent(near.resolver, -1)
        assert list(near.resolver.peers.values()) == [needed]
