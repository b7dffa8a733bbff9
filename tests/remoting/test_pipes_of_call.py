from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Pipe
from tests.remoting.test_pipe_reader import Near
from tests.support.piper import BLOCK
from tests.support.probe import in_apartment

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


@pytest.fixture(params=[STA, MTA])
def near(request: pytest.FixtureRequest) -> Iterator[Near]:
    with in_apartment(request.param) as runtime:
        found = Near(runtime)
        yield found
        found.home.close()


def test_several_pipes_go_both_ways_in_one_call(near: Near) -> None:
    pushed: Pipe[list[int]] = Pipe()
    for chunk in ([1, 2], [3], []):
        pushed.Push(chunk)
    sums, products = near.pointer().Zip(Pipe([[10], [20, 30]]), pushed)
    assert (sums.Pull(10), products.Pull(10)) == ([11, 22, 33], [10, 40, 90])


def test_the_iterable_runs_on_the_caller_s_thread_while_it_waits() -> None:
    threads: set[int] = set()

    def chunks() -> Iterator[bytes]:
        for _ in range(10):
            threads.add(threading.get_ident())
            yield BLOCK

    with in_apartment(STA) as runtime:
        near = Near(runtime, MTA)
        near.pointer().Sum(Pipe(chunks()))
        assert threads == {threading.get_ident()}
        near.home.close()


def test_a_callee_that_returns_early_closes_the_iterable_and_cannot_pull_later(near: Near) -> None:
    closed: list[bool] = []

    def chunks() -> Iterator[bytes]:
        try:
            while True:
                yield BLOCK
        finally:
            closed.append(True)

    assert near.pointer().Sip(Pipe(chunks()), 10) == 10
    assert closed == [True]
    assert near.piper.kept is not None
    with pytest.raises(ComError) as raised:
        near.home.run(near.piper.kept.Pull, 1)
    assert raised.value.hresult == HRESULT.RPC_X_PIPE_CLOSED
    pipe: Pipe[bytes] = Pipe()
    pipe.Push(BLOCK)
    assert near.pointer().Sip(pipe, 10) == 10
    with pytest.raises(ComError) as raised:
        pipe.Push(BLOCK)
    assert raised.value.hresult == HRESULT.RPC_X_PIPE_CLOSED


def test_an_out_pipe_may_read_from_an_in_pipe_after_the_call(near: Near) -> None:
    scaled = near.pointer().Scale(Pipe([number] for number in range(100)), 2)
    assert [chunk[0] for chunk in scaled] == [2 * number for number in range(100)]


@pytest.mark.parametrize("wrong", [None, 7, b"no chunks"])
def test_what_is_no_pipe_is_refused(near: Near, wrong: object) -> None:
    with pytest.raises(ComError) as raised:
        near.pointer().Sum(wrong)  # type: ignore[arg-type]
    assert raised.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA


def test_a_pushed_pipe_is_passed_once(near: Near) -> None:
    pipe: Pipe[bytes] = Pipe()
    pipe.Push(b"")
    assert near.pointer().Sum(pipe) == (0, 0)
    with pytest.raises(ComError) as raised:
        near.pointer().Sum(pipe)
    assert raised.value.hresult == HRESULT.E_INVALIDARG


def test_a_failure_of_the_caller_s_own_iterable_reaches_the_callee(near: Near) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"a"
        raise ComError(HRESULT.E_ABORT, "no more")

    with pytest.raises(ComError, match="no more") as raised:
        near.pointer().Sum(Pipe(chunks()))
    assert raised.value.hresult == HRESULT.E_ABORT


def test_at_home_the_object_gets_the_pipe_itself() -> None:
    with in_apartment(MTA) as runtime:
        near = Near(runtime, MTA)
        pipe: Pipe[bytes] = Pipe()
        for chunk in (b"ab", b""):
            pipe.Push(chunk)
        assert near.pointer().Sum(pipe)[0] == 2
        assert pyorpc.is_same_object(near.pointer(), near.piper)
        near.home.close()
