"""Of a process that has ended, a packet may still come: it is known as dead."""

from __future__ import annotations

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT
from pyorpc.remoting.obituaries import LATEST, Obituaries
from pyorpc.remoting.peer import PeerProcess
from tests.support.far_runtime import FarRuntime
from tests.support.probe import in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

MTA = COINIT.MULTITHREADED


def test_the_latest_are_kept_and_no_more() -> None:
    obituaries = Obituaries()
    for number in range(LATEST + 1):
        obituaries.add(PeerProcess(str(number), ()))
    assert obituaries.get("0") is None
    found = obituaries.get(str(LATEST))
    assert found is not None
    assert found.process_id == str(LATEST)


def test_a_packet_of_a_process_that_has_ended_makes_no_stranger_of_it() -> None:
    with in_apartment(MTA) as near:
        with FarRuntime() as far:
            first, later = far.packet(), far.packet()
            probe = pyorpc.unmarshal_interface(first, IProbe)
            assert probe.Add(1, 2) == 3
        wait_until(lambda: near.resolver.peers == {}, "its goodbye is heard")
        for _ in range(2):
            pointer = pyorpc.unmarshal_interface(later, IProbe)
            with pytest.raises(pyorpc.DisconnectedError) as gone:
                pointer.Add(1, 2)
            assert gone.value.hresult == HRESULT.RPC_S_SERVER_UNAVAILABLE
            assert gone.value.executed == "no"
        assert near.resolver.peers == {}


def test_a_process_that_was_lost_and_is_met_again_is_called_and_given_back_anew() -> None:
    with in_apartment(MTA) as near, FarRuntime() as far:
        lost = far.pointer()
        assert lost.Add(1, 2) == 3
        peer = near.resolver.peers[far.runtime.identity.process_id]
        near.resolver.peer_ended(peer, is_proven=False)
        found = far.pointer()
        assert found.Add(1, 2) == 3
        assert found == lost
        again = near.resolver.peers[far.runtime.identity.process_id]
        assert pyorpc.release(found) == 0
        assert again.held == {}
