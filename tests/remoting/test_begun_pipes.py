from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Pipe
from tests.remoting.test_pipe_reader import Near
from tests.support.piper_idl import AsyncIPiper
from tests.support.probe import in_apartment
from tests.support.waiting import wait_until


@pytest.fixture(params=[COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED])
def near(request: pytest.FixtureRequest) -> Iterator[Near]:
    with in_apartment(request.param) as runtime:
        found = Near(runtime)
        yield found
        found.home.close()


def begin(near: Near) -> AsyncIPiper:
    return pyorpc.create_call(near.pointer(), AsyncIPiper)


def test_a_promised_pipe_outlives_its_call_object(near: Near) -> None:
    pipe = begin(near).Begin_Count(5, 2)
    gc.collect()
    assert list(pipe) == [[0, 1], [2, 3], [4]]


def test_finish_returns_the_pipes_that_begin_returned(near: Near) -> None:
    call = begin(near)
    begun = call.Begin_Zip(Pipe([[1]]), Pipe([[2]]))
    assert begun[0].Pull(5) == [3]
    finished = call.Finish_Zip()
    assert finished[0] is begun[0]
    assert finished[1] is begun[1]
    assert begun[1].Pull(5) == [2]


def test_a_call_object_is_used_again(near: Near) -> None:
    call = begin(near)
    for total in (3, 4):
        call.Begin_Count(total, 10)
        assert call.Finish_Count().Pull(10) == list(range(total))


def test_a_second_begin_harms_nothing(near: Near) -> None:
    call = begin(near)
    pipe = call.Begin_Count(3, 3)
    with pytest.raises(ComError) as raised:
        call.Begin_Sum(Pipe([b"a"]))
    assert raised.value.hresult == HRESULT.RPC_S_CALLPENDING
    with pytest.raises(ComError) as raised:
        call.Finish_Sum()
    assert raised.value.hresult == HRESULT.RPC_E_CALL_COMPLETE
    assert call.Finish_Count() is pipe
    with pytest.raises(ComError):
        call.Finish_Count()
    assert pipe.Pull(9) == [0, 1, 2]


def test_a_failed_call_is_what_its_pipes_raise(near: Near) -> None:
    call = begin(near)
    scaled = call.Begin_Scale(Pipe([["x"]]), 1)  # type: ignore[list-item]
    with pytest.raises(ComError):
        scaled.Pull(1)
    pipe: Pipe[bytes] = Pipe()
    call = begin(near)
    call.Begin_FailIn(pipe, HRESULT.E_FAIL)
    pipe.Push(b"a")
    with pytest.raises(ComError) as raised:
        call.Finish_FailIn()
    assert raised.value.hresult == HRESULT.E_FAIL
    with pytest.raises(ComError) as raised:
        pipe.Push(b"b")
    assert raised.value.hresult == HRESULT.E_FAIL


def test_a_promise_that_is_not_kept_gives_its_references_back(near: Near) -> None:
    call = begin(near)
    pipe = call.Begin_Flood(0, 1000)
    pipe.Pull(1)
    del call, pipe
    gc.collect()
    wait_until(lambda: near.piper.is_closed)
