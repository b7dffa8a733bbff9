"""Finding other processes, and learning that they are gone: always an answer, never a hang."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.context.thread_state import thread_state
from pyorpc.wire.objref import Binding, ObjRef, Tower, unpack
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe, IProbeMore
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


@contextmanager
def mute_listener() -> Generator[str]:
    """A TCP port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def take() -> None:
            with suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(DEADLINE_S)
            for each in taken:
                each.close()


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"tcp://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("coinit", [STA, MTA])
@pytest.mark.parametrize("endpoint", ["ipc:///tmp/nobody/here", "tcp://127.0.0.1:PORT"])
def test_an_endpoint_where_nobody_listens_is_unavailable_at_once(
    coinit: COINIT, endpoint: str
) -> None:
    with in_apartment(coinit, insecure=True) as runtime:
        begun = time.monotonic()
        # Bound and not listening: nobody else can come to listen there.
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            where = endpoint.replace("PORT", str(bound.getsockname()[1]))
            with pytest.raises(pyorpc.DisconnectedError) as refused:
                runtime.resolver.activator_at(where, thread_state(), 5)
        assert refused.value.hresult == HRESULT.RPC_S_SERVER_UNAVAILABLE
        assert refused.value.executed == "no"
        assert time.monotonic() - begun < 2
        wait_until(lambda: runtime.resolver.peers == {}, "nothing is remembered of it")


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_an_endpoint_that_does_not_answer_is_unavailable_after_the_handshake_time(
    coinit: COINIT,
) -> None:
    with (
        mute_listener() as endpoint,
        in_apartment(coinit, insecure=True, handshake_s=0.3) as runtime,
    ):
        begun = time.monotonic()
        with pytest.raises(pyorpc.DisconnectedError) as mute:
            runtime.resolver.activator_at(endpoint, thread_state(), 5)
        assert mute.value.hresult == HRESULT.RPC_S_SERVER_UNAVAILABLE
        assert mute.value.executed == "no"
        assert time.monotonic() - begun < 2


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_a_call_to_an_apartment_that_does_not_answer_ends_after_the_handshake_time(
    coinit: COINIT,
) -> None:
    with (
        mute_listener() as endpoint,
        FarRuntime() as far,
        in_apartment(coinit, insecure=True, handshake_s=0.3),
    ):
        ref = unpack(far.packet())
        kept = tuple(binding for binding in ref.bindings if binding.tower != Tower.APARTMENT)
        packet = ref._replace(bindings=(Binding(Tower.APARTMENT, endpoint), *kept)).pack()
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        begun = time.monotonic()
        with pytest.raises(pyorpc.DisconnectedError) as mute:
            probe.Add(1, 2)
        assert mute.value.hresult == HRESULT.RPC_S_SERVER_UNAVAILABLE
        assert mute.value.executed == "no"
        assert time.monotonic() - begun < 2


def test_a_process_without_class_objects_says_so() -> None:
    with FarRuntime() as far, in_apartment(MTA) as near:
        endpoint = far.runtime.network.process_endpoints()[0]
        with pytest.raises(ComError) as none:
            near.resolver.activator_at(endpoint, thread_state(), 5)
        assert none.value.hresult == HRESULT.REGDB_E_CLASSNOTREG


def test_a_process_that_is_dialled_again_by_another_name_is_dialled_once() -> None:
    """Its own endpoints are no list of the names that it can be reached by."""
    port = free_port().rpartition(":")[2]
    with (
        FarRuntime(insecure=True, endpoints=[f"tcp://127.0.0.1:{port}"]) as far,
        in_apartment(MTA, insecure=True) as near,
    ):
        assert far.runtime.network.process_endpoints()
        for _ in range(3):
            with pytest.raises(ComError) as none:
                near.resolver.activator_at(f"tcp://localhost:{port}", thread_state(), 5)
            assert none.value.hresult == HRESULT.REGDB_E_CLASSNOTREG
        assert len(near.resolver.peers) == 1
        port_of_housekeeping = near.housekeeping.start()
        dealers = [raw for raw in port_of_housekeeping._sockets.values() if raw.connection]
        assert len(dealers) <= 2  # the connection and its monitor


def test_a_packet_without_a_way_to_its_process_is_refused_with_the_reason() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        ref: ObjRef = unpack(far.packet())
        with pytest.raises(ComError) as lost:
            pyorpc.unmarshal_interface(ref._replace(bindings=()).pack(), IProbe)
        assert lost.value.hresult == HRESULT.OR_INVALID_OXID
        only_process = tuple(each for each in ref.bindings if each.tower == Tower.PROCESS_ID)
        probe = pyorpc.unmarshal_interface(ref._replace(bindings=only_process).pack(), IProbe)
        with pytest.raises(ComError) as unreachable:
            probe.Add(1, 2)
        assert unreachable.value.hresult == HRESULT.OR_INVALID_OXID
        assert "no endpoint" in unreachable.value.description


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_after_a_goodbye_calls_are_refused_as_not_executed(coinit: COINIT) -> None:
    far = FarRuntime()
    with in_apartment(coinit) as near:
        probe = far.pointer()
        assert probe.Add(1, 2) == 3
        far.close()
        wait_until(lambda: near.resolver.peers == {}, "the goodbye is heard")
        begun = time.monotonic()
        with pytest.raises(pyorpc.DisconnectedError) as gone:
            probe.Add(1, 2)
        assert gone.value.executed == "no"
        with pytest.raises(pyorpc.DisconnectedError):
            probe.QueryInterface(IProbeMore)
        assert pyorpc.release(probe) == 0
        assert time.monotonic() - begun < 2


def test_a_goodbye_releases_what_its_process_held() -> None:
    with FarRuntime() as far:
        with in_apartment(MTA):
            probe = far.pointer()
            assert probe.Add(1, 2) == 3
            held = [probe.Make() for _ in range(5)]
            assert far.objects() == 6
            assert held
        wait_until(lambda: far.objects() == 0, "nothing is exported any more")


def test_peers_of_one_runtime_do_not_hear_of_each_other() -> None:
    with FarRuntime() as far, Runtime() as other, in_apartment(MTA) as near:
        assert far.pointer().Add(1, 2) == 3
        assert len(near.resolver.peers) == 1
        assert other.resolver.peers == {}
        assert Probe() is not None
