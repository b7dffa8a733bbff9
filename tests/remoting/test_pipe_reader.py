from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Pipe
from pyorpc.functions.calls import cancel_object_of
from pyorpc.remoting.call_object import CallObject
from pyorpc.remoting.chunk_queue import CREDIT
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.piper import Piper, serve_piper
from tests.support.piper_idl import AsyncIPiper, IPiper
from tests.support.probe import in_apartment
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
PIECE = 64 * 1024
DEAD = {
    HRESULT.RPC_E_DISCONNECTED,
    HRESULT.RPC_S_CALL_FAILED,
    HRESULT.RPC_S_SERVER_UNAVAILABLE,
    HRESULT.RPC_E_SERVER_DIED,
    HRESULT.CO_E_OBJNOTCONNECTED,
}


class Near:
    """A piper in an STA of the test's own Runtime."""

    def __init__(self, runtime: pyorpc.Runtime, callee: COINIT = STA) -> None:
        self.piper = Piper()
        self.home = ApartmentThread(runtime, callee)

    def pointer(self) -> IPiper:
        packet = self.home.run(pyorpc.marshal_interface, self.piper, IPiper, pyorpc.MSHCTX.INPROC)
        return pyorpc.unmarshal_interface(packet, IPiper)


@pytest.fixture(params=[STA, MTA])
def near(request: pytest.FixtureRequest) -> Iterator[Near]:
    with in_apartment(request.param) as runtime:
        found = Near(runtime)
        yield found
        found.home.close()


def test_the_consumer_bounds_the_producer(near: Near) -> None:
    pipe = near.pointer().Flood(0, PIECE)
    taken = 0
    for _ in range(100):
        taken += len(pipe.Pull(PIECE))
        assert near.piper.produced - taken <= CREDIT
    time.sleep(0.1)  # however long it is given
    assert near.piper.produced - taken <= CREDIT


def test_it_reads_ahead_while_the_consumer_is_busy(near: Near) -> None:
    pipe = near.pointer().Flood(0, PIECE)
    pipe.Pull(1)
    wait_until(lambda: near.piper.produced > PIECE)


def test_a_producer_runs_on_the_thread_of_its_sta(near: Near) -> None:
    list(near.pointer().Flood(1024 * 1024, PIECE))
    assert near.piper.threads == {near.home.ident}


def test_large_chunks_are_cut(near: Near) -> None:
    pieces = list(near.pointer().Flood(1_000_000, 1_000_000))
    assert max(map(len, pieces)) == PIECE
    assert sum(map(len, pieces)) == 1_000_000


def test_an_abandoned_pipe_closes_its_producer(near: Near) -> None:
    pipe = near.pointer().Flood(0, PIECE)
    pipe.Pull(1)
    del pipe
    gc.collect()
    wait_until(lambda: near.piper.is_closed)


def test_a_pipe_that_was_never_pulled_from_costs_nothing(near: Near) -> None:
    pipe = near.pointer().Flood(0, PIECE)
    assert near.piper.produced == 0
    pipe.close()
    with pytest.raises(ComError) as raised:
        pipe.Pull(1)
    assert raised.value.hresult == HRESULT.RPC_X_PIPE_CLOSED


def test_a_closed_pipe_closes_its_producer(near: Near) -> None:
    with near.pointer().Flood(0, PIECE) as pipe:
        pipe.Pull(1)
    wait_until(lambda: near.piper.is_closed)


def test_a_pull_elsewhere_than_in_its_apartment_is_refused_and_harms_nothing() -> None:
    with in_apartment(STA) as runtime:
        found = Near(runtime)
        other = ApartmentThread(runtime, STA)
        pipe = found.pointer().Count(3, 3)
        with pytest.raises(ComError) as raised:
            other.run(pipe.Pull, 3)
        assert raised.value.hresult == HRESULT.RPC_E_WRONG_THREAD
        assert pipe.Pull(3) == [0, 1, 2]
        other.close()
        found.home.close()


# ---- another process, and its death -------------------------------------------------------


@pytest.mark.parametrize("caller", [STA, MTA])
def test_each_pull_ends_with_an_error_once_the_producer_was_killed(
    spawn: Spawn, caller: COINIT
) -> None:
    child = spawn(serve_piper, int(MTA), {})
    with in_apartment(caller):
        piper = pyorpc.unmarshal_interface(child.receive(), IPiper)
        pipe = piper.Flood(0, PIECE)
        pipe.Pull(PIECE)
        child.kill9()
        codes: set[HRESULT] = set()
        with pytest.raises(ComError) as raised:
            list(pipe)  # what has arrived may still be taken
        codes.add(raised.value.hresult)
        for _ in range(2):
            with pytest.raises(ComError) as raised:
                pipe.Pull(PIECE)
            codes.add(raised.value.hresult)
        assert len(codes) == 1
        assert codes <= DEAD


@pytest.mark.parametrize("caller", [STA, MTA])
def test_each_push_ends_with_an_error_once_the_consumer_was_killed(
    spawn: Spawn, caller: COINIT
) -> None:
    child = spawn(serve_piper, int(MTA), {})
    with in_apartment(caller):
        piper = pyorpc.unmarshal_interface(child.receive(), IPiper)
        pipe: Pipe[bytes] = Pipe()
        codes: list[HRESULT] = []

        def push() -> None:
            pipe.Push(bytes(PIECE))
            child.kill9()
            with pytest.raises(ComError) as raised:
                push_for_ever(pipe)
            codes.append(raised.value.hresult)

        pusher = threading.Thread(target=push)
        pusher.start()
        with pytest.raises(ComError) as raised:
            piper.Sum(pipe)
        assert raised.value.hresult in DEAD
        pusher.join(DEADLINE_S)
        assert codes[0] in DEAD


def test_a_consumer_that_was_killed_closes_the_producer(spawn: Spawn) -> None:
    with in_apartment(MTA):
        piper = Piper()
        child = spawn(pull_for_ever)
        child.send(pyorpc.marshal_interface(piper, IPiper))
        assert child.receive() == "pulled"
        child.kill9()
        wait_until(lambda: piper.is_closed)


def push_for_ever(pipe: Pipe[bytes]) -> None:
    while True:
        pipe.Push(bytes(PIECE))


def pull_for_ever(test: Parent) -> None:
    """In a child process: pull once from a piper's flood, and wait."""
    with in_apartment(MTA):
        pipe = pyorpc.unmarshal_interface(test.receive(), IPiper).Flood(0, PIECE)
        pipe.Pull(1)
        test.send("pulled")
        test.receive()


@pytest.mark.parametrize("near", [MTA], indirect=True)
def test_a_cancelled_call_closes_its_iterable(near: Near) -> None:
    pipe: Pipe[bytes] = Pipe()
    call = pyorpc.create_call(near.pointer(), AsyncIPiper)
    assert isinstance(call, CallObject)
    call.Begin_Sum(pipe)
    pipe.Push(b"a")
    assert cancel_object_of(call).Cancel(0) == HRESULT.S_OK
    with pytest.raises(ComError) as raised:
        pipe.Push(b"b")
    assert raised.value.hresult == HRESULT.RPC_E_CALL_CANCELED
    with pytest.raises(ComError) as raised:
        call.Finish_Sum()
    assert raised.value.hresult == HRESULT.RPC_E_CALL_CANCELED
