"""What a process sent before it was killed counts, although it is read after its death is known."""

from __future__ import annotations

import pytest

from pyorpc import COINIT, Runtime
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.exporter import PUBLIC_REFS
from pyorpc.remoting.peer import PeerProcess
from pyorpc.remoting.resolver import MONITOR_GRACE_S
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.wire.packets import Count
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

PASSED_ON = 2


def held_by_a_peer(runtime: Runtime) -> tuple[StubManager, bytes, PeerProcess]:
    """An object all of whose references a peer has claimed."""
    manager = runtime.exporter.export(Probe(), thread_state())
    ref = runtime.exporter.reference(manager, IProbe, is_remote=False)
    peer = runtime.resolver.peer("0" * 32, ())
    runtime.desk.claimed(peer, [Count(ref.ipid.bytes, PUBLIC_REFS)])
    return manager, ref.ipid.bytes, peer


def test_references_that_a_killed_process_had_passed_on_stay() -> None:
    with in_apartment(COINIT.MULTITHREADED) as runtime:
        manager, ipid, peer = held_by_a_peer(runtime)
        runtime.resolver.peer_died(peer)
        runtime.desk.transferred(peer, [Count(ipid, PASSED_ON)])
        wait_until(lambda: manager.public_refs == PASSED_ON, "the rest is released")
        assert runtime.exporter.stub(ipid) is not None


@pytest.mark.parametrize("ending", ["peer_died", "peer_ended"])
def test_what_an_ended_process_held_is_released(ending: str) -> None:
    with in_apartment(COINIT.MULTITHREADED) as runtime:
        _, ipid, peer = held_by_a_peer(runtime)
        for _ in range(2):  # it may be noticed twice
            getattr(runtime.resolver, ending)(peer)
        assert peer.is_dead
        wait_until(lambda: runtime.exporter.stub(ipid) is None, timeout_s=MONITOR_GRACE_S + 2)
