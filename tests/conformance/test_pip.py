"""PIP: pipes, bulk data that flows while a method runs. STA and MTA, near and far."""

from __future__ import annotations

import threading
import tracemalloc
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Pipe
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.piper import BLOCK, Piper, serve_piper
from tests.support.piper_idl import AsyncIPiper, IPiper
from tests.support.probe import in_apartment
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
PAIRS = [(caller, callee) for caller in (STA, MTA) for callee in (STA, MTA)]
MIB = 1024 * 1024


@contextmanager
def near_piper(caller: COINIT, callee: COINIT) -> Generator[IPiper]:
    """A piper in another apartment of this process."""
    with in_apartment(caller) as runtime:
        home = ApartmentThread(runtime, callee)
        try:
            packet = home.run(pyorpc.marshal_interface, Piper(), IPiper, pyorpc.MSHCTX.INPROC)
            yield pyorpc.unmarshal_interface(packet, IPiper)
        finally:
            home.close()


@contextmanager
def far_piper(spawn: Spawn, caller: COINIT, callee: COINIT) -> Generator[IPiper]:
    """A piper in another process."""
    child = spawn(serve_piper, int(callee), {})
    with in_apartment(caller):
        yield pyorpc.unmarshal_interface(child.receive(), IPiper)
    child.send("stop")
    assert child.join() == 0


PLACES = [
    (*pair, is_far) for pair in PAIRS for is_far in (True, False) if pair != (MTA, MTA) or is_far
]


@pytest.fixture(
    params=PLACES,
    ids=lambda place: f"{place[0].name[0]}-{place[1].name[0]}-{'far' if place[2] else 'near'}",
)
def piper(request: pytest.FixtureRequest, spawn: Spawn) -> Iterator[IPiper]:
    caller, callee, is_far = request.param
    block = far_piper(spawn, caller, callee) if is_far else near_piper(caller, callee)
    with block as found:
        yield found


def checksum(content: bytes) -> int:
    sum_ = zlib.crc32(content)
    return sum_ - (1 << 32 if sum_ >> 31 else 0)


def pull_all(pipe: Pipe[list[int]], counts: list[int]) -> list[int]:
    found: list[int] = []
    for at in range(10**6):
        count = counts[at % len(counts)]
        piece = pipe.Pull(count)
        assert len(piece) <= count
        if not piece:
            return found
        found += piece
    raise AssertionError("no end")


def code_of(call: Callable[[], object]) -> HRESULT:
    with pytest.raises(ComError) as raised:
        call()
    return raised.value.hresult


# ---- PIP-01: Pull -------------------------------------------------------------------------


def test_PIP_01_pull_gives_the_exact_sequence_and_then_empty_lists(piper: IPiper) -> None:
    pipe = piper.Count(100_000, 1_000)
    assert pull_all(pipe, [1, 7, 999, 1_000, 5_000]) == list(range(100_000))
    for _ in range(3):
        assert pipe.Pull(10) == []
        assert pyorpc.last_hresult() == HRESULT.S_OK


# ---- PIP-02: Push -------------------------------------------------------------------------


def test_PIP_02_pushed_bytes_arrive_in_order_until_the_empty_chunk(piper: IPiper) -> None:
    pipe: Pipe[bytes] = Pipe()
    chunks = [BLOCK[at : at + 10_000] for at in range(0, len(BLOCK), 10_000)] * 40
    late: list[HRESULT] = []

    def push() -> None:
        for chunk in (*chunks, b""):
            pipe.Push(chunk)
        late.append(code_of(lambda: pipe.Push(b"late")))

    pusher = threading.Thread(target=push)
    pusher.start()
    content = b"".join(chunks)
    assert piper.Sum(pipe) == (len(content), checksum(content))
    pusher.join(DEADLINE_S)
    assert late == [HRESULT.RPC_X_PIPE_CLOSED]


# ---- PIP-03: an iterable instead of pushes ------------------------------------------------


def test_PIP_03_an_iterable_of_chunks_is_pulled_from(piper: IPiper) -> None:
    content = BLOCK * 20
    assert piper.Sum(iter([content[:5], content[5:]])) == (len(content), checksum(content))  # type: ignore[arg-type]
    assert piper.Sum(Pipe([])) == (0, 0)
    assert piper.Sum(Pipe([b"", bytearray(b"ab"), memoryview(b"c")])) == (3, checksum(b"abc"))  # type: ignore[list-item]


# ---- PIP-04: asynchronous calls -----------------------------------------------------------


def test_PIP_04_data_flows_between_begin_and_finish(piper: IPiper) -> None:
    source: Pipe[list[int]] = Pipe()
    others = [pyorpc.create_call(piper, AsyncIPiper) for _ in range(3)]
    for at, other in enumerate(others):
        other.Begin_Ping(at)
    call = pyorpc.create_call(piper, AsyncIPiper)
    scaled = call.Begin_Scale(source, 3)
    found: list[int] = []
    for number in range(50):  # strictly in turn: no chunk waits for the next one
        source.Push([number])
        found += scaled.Pull(10)
    source.Push([])
    assert scaled.Pull(10) == []
    assert found == [3 * number for number in range(50)]
    assert call.Finish_Scale() is scaled
    assert [other.Finish_Ping() for other in others] == [0, 1, 2]


def test_PIP_04_the_results_equal_those_of_the_blocking_form(piper: IPiper) -> None:
    chunks = [list(range(at, at + 100)) for at in range(0, 5_000, 100)]
    blocking = list(piper.Scale(Pipe(chunks), -2))
    call = pyorpc.create_call(piper, AsyncIPiper)
    begun = call.Begin_Scale(Pipe(chunks), -2)
    assert list(call.Finish_Scale()) == blocking
    assert list(begun) == []
    assert blocking == [[-2 * number for number in chunk] for chunk in chunks]


# ---- PIP-05: failures ---------------------------------------------------------------------


def test_PIP_05_a_failure_is_raised_by_the_pull_that_meets_it_and_by_later_ones(
    piper: IPiper,
) -> None:
    pipe = piper.FailAfter(5, HRESULT.E_ABORT)
    assert [pipe.Pull(3) for _ in range(5)] == [[0], [1], [2], [3], [4]]
    for _ in range(3):
        with pytest.raises(ComError, match="the producer fails") as raised:
            pipe.Pull(3)
        assert raised.value.hresult == HRESULT.E_ABORT


def test_PIP_05_a_failed_call_closes_the_iterable_and_ends_the_pushes(piper: IPiper) -> None:
    closed = threading.Event()

    def chunks() -> Iterator[bytes]:
        try:
            while True:
                yield BLOCK
        finally:
            closed.set()

    assert code_of(lambda: piper.FailIn(chunks(), HRESULT.E_FAIL)) == HRESULT.E_FAIL  # type: ignore[arg-type]
    assert closed.wait(DEADLINE_S)
    pipe: Pipe[bytes] = Pipe()
    pipe.Push(b"one")
    assert code_of(lambda: piper.FailIn(pipe, HRESULT.E_FAIL)) == HRESULT.E_FAIL
    assert code_of(lambda: pipe.Push(b"two")) == HRESULT.E_FAIL


# ---- constant memory ----------------------------------------------------------------------


def test_PIP_64_mib_flow_both_ways_in_constant_memory(spawn: Spawn) -> None:
    with far_piper(spawn, MTA, MTA) as far:
        far.Sum(Pipe([BLOCK]))
        list(far.Flood(MIB, 100_000))
        tracemalloc.start()
        try:
            length, _ = far.Sum(Pipe(BLOCK for _ in range(64 * MIB // len(BLOCK))))
            taken = sum(len(chunk) for chunk in far.Flood(64 * MIB, 128 * 1024))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert length > 63 * MIB
        assert taken == 64 * MIB
        assert peak < 4 * MIB


# ---- ends ---------------------------------------------------------------------------------


class Notes(Piper):
    """Says when Sum has begun, and how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Event()
        self.code: HRESULT | None = None

    def Sum(self, content: Pipe[bytes]) -> tuple[int, int]:
        try:
            return super().Sum(content)
        except ComError as error:
            self.code = error.hresult
            raise
        finally:
            self.ended.set()


def test_PIP_a_producers_sta_that_ends_ends_the_pulls_that_wait_for_it() -> None:
    piper = Notes()
    with pyorpc.Runtime() as runtime, ApartmentThread(runtime, MTA) as callee:
        packet = callee.run(pyorpc.marshal_interface, piper, IPiper, pyorpc.MSHCTX.INPROC)
        caller = ApartmentThread(runtime, STA)

        def begin() -> AsyncIPiper:
            found = pyorpc.unmarshal_interface(packet, IPiper)
            call = pyorpc.create_call(found, AsyncIPiper)
            call.Begin_Sum(Pipe())  # nobody pushes
            return call

        begun = [caller.run(begin)]
        home = runtime.main_sta
        assert home is not None
        wait_until(lambda: home.deferred, "a Pull waits for what is pushed")
        caller.close()
        assert piper.ended.wait(DEADLINE_S)
        assert piper.code in (HRESULT.RPC_E_DISCONNECTED, HRESULT.CO_E_OBJNOTCONNECTED)
        begun.clear()
