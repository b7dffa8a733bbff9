"""Asking processes what goes on in them, without a Runtime."""

from __future__ import annotations

import time

from pyorpc import COINIT, HRESULT, CallTimeoutError, ComError
from pyorpc.remoting.visit import visit
from pyorpc.wire.sight import CALLS, PROCESS, REFERENCES, ProcessSeen
from tests.support.far_runtime import FarRuntime
from tests.support.waiting import wait_until


def test_answers_come_in_the_order_of_the_endpoints_and_all_silence_costs_one_wait() -> None:
    with FarRuntime() as one, FarRuntime(COINIT.APARTMENTTHREADED) as other:
        doors = [each.runtime.network.process_endpoints()[0] for each in (one, other)]
        nobody = [f"{doors[0]}-{number}" for number in range(3)]
        begun = time.monotonic()
        first, *silent, last = visit([doors[0], *nobody, doors[1]], PROCESS, 0.5)
        assert time.monotonic() - begun < 1.4
        assert isinstance(first, ProcessSeen)
        assert [first.process_id, last.process_id] == [
            each.runtime.identity.process_id for each in (one, other)
        ]
        assert all(isinstance(each, CallTimeoutError) for each in silent)


def test_a_visitor_leaves_nothing_behind() -> None:
    with FarRuntime() as far:
        door = far.runtime.network.process_endpoints()[0]
        for what in (PROCESS, CALLS, REFERENCES):
            (answer,) = visit([door], what, 5)
            assert answer.pid == far.runtime.identity.pid
        wait_until(lambda: not far.runtime.resolver.peers, "they have said goodbye")


def test_a_refusal_is_an_answer() -> None:
    with FarRuntime(max_peers=1) as far:
        door = far.runtime.network.process_endpoints()[0]
        (answer,) = visit([door], "gossip", 5)
        assert isinstance(answer, ComError)
        assert answer.hresult == HRESULT.E_INVALIDARG
        assert "gossip" in answer.description
        wait_until(lambda: not far.runtime.resolver.peers, "it has said goodbye")
        far.runtime.resolver.peer("0" * 32, ())
        (full,) = visit([door], PROCESS, 5)
        assert full.hresult == HRESULT.RPC_E_OUT_OF_RESOURCES


def test_what_is_no_endpoint_gives_no_answer() -> None:
    (answer,) = visit(["nonsense"], PROCESS, 0.1)
    assert answer.hresult == HRESULT.RPC_E_TIMEOUT
